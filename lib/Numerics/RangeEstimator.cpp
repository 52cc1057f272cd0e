// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/RangeEstimator.h"

#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/TensorStatistics.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/ErrorHandling.h"

#include <algorithm>
#include <cmath>

using namespace halftone;

llvm::StringRef halftone::stringifyRangeMethod(RangeMethod method) {
  switch (method) {
  case RangeMethod::MinMax:
    return "min-max";
  case RangeMethod::MovingAverage:
    return "moving-average";
  case RangeMethod::Percentile:
    return "percentile";
  case RangeMethod::Entropy:
    return "entropy";
  case RangeMethod::MeanSquaredError:
    return "mse";
  case RangeMethod::Clip:
    return "clip";
  }
  llvm_unreachable("every range method has a name");
}

std::optional<RangeMethod> halftone::parseRangeMethod(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<RangeMethod>>(name)
      .Case("min-max", RangeMethod::MinMax)
      .Case("moving-average", RangeMethod::MovingAverage)
      .Case("percentile", RangeMethod::Percentile)
      .Case("entropy", RangeMethod::Entropy)
      .Case("mse", RangeMethod::MeanSquaredError)
      .Case("clip", RangeMethod::Clip)
      .Default(std::nullopt);
}

static llvm::Error checkOptions(const RangeOptions &options) {
  // NaN fails every comparison.
  bool hasMomentum = options.momentum >= 0 && options.momentum < 1;
  if (!hasMomentum)
    return llvm::createStringError("momentum must be in [0, 1), not %g", options.momentum);
  bool hasPercentile = options.percentile > 0 && options.percentile <= 100;
  if (!hasPercentile)
    return llvm::createStringError("percentile must be in (0, 100], not %g", options.percentile);
  if (options.entropyLevels && *options.entropyLevels == 0)
    return llvm::createStringError("entropy needs at least one level");
  Range clip = options.clip;
  bool hasClip = std::isfinite(clip.min) && std::isfinite(clip.max) && clip.min <= clip.max;
  if (options.method == RangeMethod::Clip && !hasClip)
    return llvm::createStringError("clip range [%g, %g] is not a finite interval", clip.min,
                                   clip.max);
  return llvm::Error::success();
}

static Range movingAverage(const TensorStatistics &statistics, double momentum) {
  double min = 0, max = 0;
  bool isFirst = true;
  for (auto &[sample, range] : statistics.getRecentSamples()) {
    double past = isFirst ? 0 : momentum;
    min = past * min + (1 - past) * range.min;
    max = past * max + (1 - past) * range.max;
    isFirst = false;
  }
  return {float(min), float(max)};
}

// The part of `range` within [-threshold, threshold].
static Range clipMagnitude(Range range, double threshold) {
  return {std::max(range.min, float(-threshold)), std::min(range.max, float(threshold))};
}

// The bin that holds the value of the given rank, from 1, when bins are gone through in order.
template <typename GetCount>
static size_t findRank(uint64_t rank, size_t numBins, GetCount getCount) {
  uint64_t seen = 0;
  for (size_t bin = 0; bin != numBins; ++bin) {
    seen += getCount(bin);
    if (seen >= rank)
      return bin;
  }
  return numBins - 1;
}

// How many of `count` values make up `percent` of them, rounded up. The small factor absorbs the
// rounding of the product, so that 99.9 % of 1000 are 999.
static uint64_t rankOf(double percent, uint64_t count) {
  auto rank = uint64_t(std::ceil(double(count) * (percent / 100) * (1 - 1e-12)));
  return std::clamp<uint64_t>(rank, 1, count);
}

static Range percentileRange(const TensorStatistics &statistics, double percent, bool symmetric) {
  const Histogram &histogram = statistics.getHistogram();
  Range range = *statistics.getRange();
  double width = histogram.getBinWidth();
  constexpr size_t numBins = Histogram::numBins;
  if (symmetric) {
    std::vector<uint64_t> magnitudes = histogram.getMagnitudes();
    size_t bin = findRank(rankOf(percent, statistics.getCount()), numBins,
                          [&](size_t index) { return magnitudes[index]; });
    return clipMagnitude(range, double(bin + 1) * width);
  }
  llvm::ArrayRef<uint64_t> positive = histogram.getPositive(), negative = histogram.getNegative();
  // Bin numBins is the first positive one; bin b covers [b - numBins, b - numBins + 1] widths.
  auto ascending = [&](size_t index) {
    return index < numBins ? negative[numBins - 1 - index] : positive[index - numBins];
  };
  auto descending = [&](size_t index) { return ascending(2 * numBins - 1 - index); };
  uint64_t rank = rankOf(50 + percent / 2, statistics.getCount());
  double upper = double(findRank(rank, 2 * numBins, ascending)) - double(numBins) + 1;
  double lower = double(numBins) - double(findRank(rank, 2 * numBins, descending)) - 1;
  return {std::max(range.min, float(lower * width)), std::min(range.max, float(upper * width))};
}

// TensorRT's histogram has 2048 bins for 128 levels. With more bins for fewer levels the smallest
// candidates, which merge nothing, would be nearly nothing of the range.
static Range entropyRange(const TensorStatistics &statistics, unsigned levels) {
  constexpr size_t binsPerLevel = 16;
  std::vector<uint64_t> fine = statistics.getHistogram().getMagnitudes();
  size_t merged = llvm::bit_floor(std::max<size_t>(1, fine.size() / (binsPerLevel * levels)));
  std::vector<uint64_t> magnitudes(fine.size() / merged);
  for (size_t bin = 0; bin != fine.size(); ++bin)
    magnitudes[bin / merged] += fine[bin];
  // Zero is on every grid. Counted, the zeros behind a ReLU would be spread over their level and
  // drown what clipping costs, so that the smallest range would win.
  magnitudes[0] -= statistics.getNumZeros();
  while (magnitudes.size() > 1 && magnitudes.back() == 0)
    magnitudes.pop_back();
  size_t numKept = findEntropyThreshold(magnitudes, levels);
  double width = double(merged) * statistics.getHistogram().getBinWidth();
  return clipMagnitude(*statistics.getRange(), double(numKept) * width);
}

llvm::Expected<Range> halftone::estimateRange(const TensorStatistics &statistics,
                                              const RangeOptions &options, const Format &format,
                                              bool symmetric) {
  if (llvm::Error error = checkOptions(options))
    return std::move(error);
  if (options.method == RangeMethod::Clip)
    return options.clip;
  if (!statistics.getRange())
    return llvm::createStringError("no finite value was observed");
  switch (options.method) {
  case RangeMethod::MinMax:
    return *statistics.getRange();
  case RangeMethod::MovingAverage:
    return movingAverage(statistics, options.momentum);
  case RangeMethod::Percentile:
    return percentileRange(statistics, options.percentile, symmetric);
  case RangeMethod::Entropy:
    return entropyRange(statistics, options.entropyLevels.value_or(format.codec.numCodes() / 2));
  case RangeMethod::MeanSquaredError:
    return findLeastSquaresRange(statistics.getHistogram(), *statistics.getRange(), format,
                                 symmetric);
  case RangeMethod::Clip:
    break;
  }
  llvm_unreachable("every range method is listed");
}
