// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Calibration/GatherGramMatrices.h"

#include "SampleRun.h"

using namespace halftone;

static llvm::Error addTo(GramRequest &request, llvm::ArrayRef<float> values,
                         llvm::ArrayRef<int64_t> dims) {
  if (request.windows)
    return request.gram.addWindows(values, dims, *request.windows);
  return request.gram.add(values);
}

llvm::Error halftone::gatherGramMatrices(llvm::StringRef modulePath,
                                         const CalibrationOptions &options,
                                         std::vector<GramRequest> &requests) {
  auto visit = [&](llvm::StringRef tensor, llvm::ArrayRef<float> values,
                   llvm::ArrayRef<int64_t> dims) -> llvm::Error {
    for (GramRequest &request : requests)
      if (request.tensor == tensor)
        if (llvm::Error error = addTo(request, values, dims))
          return llvm::createStringError("tensor '" + tensor +
                                         "': " + llvm::toString(std::move(error)));
    return llvm::Error::success();
  };
  llvm::Expected<std::unique_ptr<SampleRun>> run =
      SampleRun::open(modulePath, options.samples.data, options.threads, visit);
  if (!run)
    return run.takeError();
  int64_t numSamples = (*run)->getNumSamples();
  for (int64_t number = 0; number != numSamples; ++number) {
    if (llvm::Error error = (*run)->run())
      return llvm::createStringError("calibration sample " + llvm::Twine(number) + ": " +
                                     llvm::toString(std::move(error)));
    if (options.progress)
      options.progress(number + 1, numSamples);
  }
  return llvm::Error::success();
}
