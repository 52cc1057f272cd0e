// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/RangeEstimator.h"

#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/Histogram.h"

#include <algorithm>
#include <limits>
#include <vector>

using namespace halftone;

namespace {
struct WeightedValue {
  float value;
  double count;
};
} // namespace

// The middle of each bin that is not empty, within the range seen.
static std::vector<WeightedValue> binCenters(const Histogram &histogram, Range range) {
  std::vector<WeightedValue> centers;
  double width = histogram.getBinWidth();
  auto addSide = [&](llvm::ArrayRef<uint64_t> counts, double step) {
    for (size_t bin = 0; bin != counts.size(); ++bin) {
      if (counts[bin] == 0)
        continue;
      auto center = float((double(bin) + 0.5) * step);
      centers.push_back({std::clamp(center, range.min, range.max), double(counts[bin])});
    }
  };
  addSide(histogram.getPositive(), width);
  addSide(histogram.getNegative(), -width);
  return centers;
}

template <typename RoundTrip>
static double squaredError(llvm::ArrayRef<WeightedValue> values, RoundTrip roundTrip) {
  double sum = 0;
  for (auto [value, count] : values) {
    double error = double(value) - double(roundTrip(value));
    sum += count * (error * error);
  }
  return sum;
}

static double quantizationError(llvm::ArrayRef<WeightedValue> values, Range range,
                                const Format &format, bool symmetric) {
  if (format.isInteger()) {
    AffineGrid grid = fitGrid(range, format, symmetric);
    return squaredError(values, [&](float value) { return grid.dequantize(grid.quantize(value)); });
  }
  float scale = range.absmax() / format.maxMagnitude();
  if (scale == 0)
    scale = 1.0f;
  return squaredError(values, [&](float value) {
    return format.codec.decode(format.codec.encode(value / scale)) * scale;
  });
}

Range halftone::findLeastSquaresRange(const Histogram &histogram, Range range, const Format &format,
                                      bool symmetric) {
  constexpr unsigned numCandidates = 128;
  std::vector<WeightedValue> values = binCenters(histogram, range);
  Range best = range;
  double least = std::numeric_limits<double>::infinity();
  for (unsigned i = 1; i <= numCandidates; ++i) {
    float part = float(i) / numCandidates;
    Range candidate = {range.min * part, range.max * part};
    double error = quantizationError(values, candidate, format, symmetric);
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  return best;
}
