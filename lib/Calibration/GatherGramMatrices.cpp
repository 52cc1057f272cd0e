// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Calibration/GatherGramMatrices.h"

#include "SampleRun.h"

using namespace halftone;

// Each group reads its part of the channels of an image.
static llvm::Error addGroups(llvm::MutableArrayRef<GramMatrix> grams, llvm::ArrayRef<float> values,
                             llvm::ArrayRef<int64_t> dims, const ConvolutionWindows &windows) {
  auto groups = int64_t(grams.size());
  if (dims.size() < 2 || dims[1] % groups != 0)
    return llvm::createStringError("its shape is not that of the convolution's input");
  llvm::SmallVector<int64_t> part(dims);
  part[0] = 1;
  part[1] = dims[1] / groups;
  size_t size = values.empty() ? 0 : values.size() / size_t(dims[0] * groups);
  for (int64_t image = 0; image != dims[0]; ++image)
    for (int64_t group = 0; group != groups; ++group)
      if (llvm::Error error = grams[group].addWindows(
              values.slice(size_t(image * groups + group) * size, size), part, windows))
        return error;
  return llvm::Error::success();
}

static llvm::Error addTo(GramRequest &request, bool isHeldBack, llvm::ArrayRef<float> values,
                         llvm::ArrayRef<int64_t> dims) {
  bool goesApart = isHeldBack && !request.heldBack.empty();
  llvm::MutableArrayRef<GramMatrix> grams = goesApart ? request.heldBack : request.grams;
  if (!request.windows)
    return grams.front().add(values);
  if (grams.size() == 1)
    return grams.front().addWindows(values, dims, *request.windows);
  return addGroups(grams, values, dims, *request.windows);
}

bool halftone::isHeldBack(int64_t sample, int64_t numSamples) {
  int64_t stride = std::min<int64_t>(numSamples, 5);
  return sample % stride == stride - 1;
}

llvm::Error halftone::gatherGramMatrices(llvm::StringRef modulePath,
                                         const CalibrationOptions &options,
                                         std::vector<GramRequest> &requests) {
  bool isApart = false;
  auto visit = [&](llvm::StringRef tensor, llvm::ArrayRef<float> values,
                   llvm::ArrayRef<int64_t> dims) -> llvm::Error {
    for (GramRequest &request : requests)
      if (request.tensor == tensor)
        if (llvm::Error error = addTo(request, isApart, values, dims))
          return llvm::createStringError("tensor '" + tensor +
                                         "': " + llvm::toString(std::move(error)));
    return llvm::Error::success();
  };
  llvm::Expected<std::unique_ptr<SampleRun>> run =
      SampleRun::open(modulePath, options.samples.data, options.threads, visit);
  if (!run)
    return run.takeError();
  int64_t numSamples = (*run)->getNumSamples();
  auto holdsBack = [](const GramRequest &request) { return !request.heldBack.empty(); };
  if (numSamples < 2 && llvm::any_of(requests, holdsBack))
    return llvm::createStringError("'" + options.samples.data +
                                   "' has one sample: some are held back to judge the rounding by, "
                                   "so that there must be at least two");
  for (int64_t number = 0; number != numSamples; ++number) {
    isApart = isHeldBack(number, numSamples);
    if (llvm::Error error = (*run)->run())
      return llvm::createStringError("calibration sample " + llvm::Twine(number) + ": " +
                                     llvm::toString(std::move(error)));
    if (options.progress)
      options.progress(number + 1, numSamples);
  }
  return llvm::Error::success();
}
