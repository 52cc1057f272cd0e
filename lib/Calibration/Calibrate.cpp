// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Calibration/Calibrate.h"

#include "SampleRun.h"

using namespace halftone;

static llvm::Error inSample(uint64_t number, llvm::Error error) {
  return llvm::createStringError("calibration sample " + llvm::Twine(number) + ": " +
                                 llvm::toString(std::move(error)));
}

namespace {
/// Positions [begin, end) in the data.
struct Positions {
  int64_t begin, end;
};
} // namespace

static Positions selectPositions(const SampleSelection &samples, int64_t size) {
  auto bound = [&](int64_t shard) {
    return size / samples.numShards * shard + size % samples.numShards * shard / samples.numShards;
  };
  return {bound(samples.shard), bound(samples.shard + 1)};
}

llvm::Error halftone::calibrate(llvm::StringRef modulePath, const CalibrationOptions &options,
                                Observations &observations) {
  uint64_t number = 0;
  auto visit = [&](llvm::StringRef tensor, llvm::ArrayRef<float> values,
                   llvm::ArrayRef<int64_t> dims) -> llvm::Error {
    auto axis = options.channelAxes.find(tensor);
    llvm::Expected<TensorStatistics *> statistics = observations.getOrCreate(
        tensor, axis == options.channelAxes.end() ? std::nullopt : std::optional(axis->second));
    if (!statistics)
      return statistics.takeError();
    return (*statistics)->observe(number, values, dims);
  };
  llvm::Expected<std::unique_ptr<SampleRun>> run =
      SampleRun::open(modulePath, options.samples.data, options.threads, visit);
  if (!run)
    return run.takeError();

  auto [begin, end] = selectPositions(options.samples, (*run)->getNumSamples());
  for (int64_t position = 0; position < end; ++position) {
    number = options.samples.firstNumber + uint64_t(position);
    if (position < begin || observations.getSamples().contains(number)) {
      if (llvm::Error error = (*run)->skip())
        return inSample(number, std::move(error));
      continue;
    }
    if (llvm::Error error = (*run)->run())
      return inSample(number, std::move(error));
    observations.addSample(number);
    if (options.checkpoint)
      if (llvm::Error error = options.checkpoint())
        return error;
    if (options.progress)
      options.progress(position + 1 - begin, end - begin);
  }
  return llvm::Error::success();
}
