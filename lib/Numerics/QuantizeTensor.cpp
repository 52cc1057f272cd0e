// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/QuantizeTensor.h"

#include "GridRounding.h"

#include "halftone/Numerics/TensorStatistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

using namespace halftone;
using Run = Granularity::Run;

static void include(Range &range, Range other) {
  range.min = other.min < range.min ? other.min : range.min;
  range.max = other.max > range.max ? other.max : range.max;
}

// The range of each block; an error if an element is not finite.
static llvm::Expected<std::vector<Range>> findBlockRanges(llvm::ArrayRef<float> values,
                                                          const Granularity &granularity) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  std::vector<Range> ranges(granularity.getNumScales(), Range{infinity, -infinity});
  uint64_t numNonFinite = 0;
  granularity.forEachRun([&](const Run &run) {
    llvm::ArrayRef<float> part = values.slice(run.firstElement, run.numElements);
    if (run.sharesScale) {
      if (std::optional<Range> partRange = findRange(part, &numNonFinite))
        include(ranges[run.firstScale], *partRange);
      return;
    }
    for (size_t i = 0, e = part.size(); i != e; ++i) {
      numNonFinite += !std::isfinite(part[i]);
      include(ranges[run.firstScale + i], {part[i], part[i]});
    }
  });
  if (numNonFinite != 0)
    return llvm::createStringError(
        "cannot quantize a tensor with %llu elements that are not finite",
        (unsigned long long)numNonFinite);
  return ranges;
}

llvm::Expected<std::vector<AffineGrid>> halftone::fitGrids(llvm::ArrayRef<float> values,
                                                           const Granularity &granularity,
                                                           const Format &format, bool symmetric) {
  assert(int64_t(values.size()) == granularity.getNumElements() && "one value per element");
  llvm::Expected<std::vector<Range>> ranges = findBlockRanges(values, granularity);
  if (!ranges)
    return ranges.takeError();
  std::vector<AffineGrid> grids;
  grids.reserve(ranges->size());
  for (Range range : *ranges)
    grids.push_back(fitGrid(range, format, symmetric));
  return grids;
}

// The scale of a format without a zero point.
static float fitScale(Range range, const Format &format) {
  float scale = range.absmax() / format.maxMagnitude();
  return range.absmax() == 0 ? 1.0f : std::max(scale, std::numeric_limits<float>::min());
}

float halftone::roundScale(float scale, const ElementCodec &codec) {
  if (!codec.isPowerOfTwo()) {
    float magnitude = codec.decode(codec.encode(std::max(std::fabs(scale), codec.decode(1))));
    return std::copysign(magnitude, scale);
  }
  int exponent = std::ilogb(scale);
  exponent += std::ldexp(1.0f, exponent) < scale;
  return std::ldexp(1.0f, std::clamp(exponent, -126, 127));
}

AffineGrid halftone::fitStoredGrid(Range range, const Format &format, bool symmetric,
                                   const std::optional<ElementCodec> &scaleCodec) {
  AffineGrid grid;
  if (format.isInteger())
    grid = fitGrid(range, format, symmetric);
  else
    grid.scale = fitScale(range, format);
  if (!scaleCodec)
    return grid;
  grid.scale = roundScale(grid.scale, *scaleCodec);
  if (format.isInteger() && !symmetric)
    grid.zeroPoint = findZeroPoint(range, grid.scale, grid.qmin, grid.qmax);
  return grid;
}

static llvm::Error checkScales(llvm::ArrayRef<float> scales) {
  if (llvm::all_of(scales, [](float scale) { return std::isfinite(scale); }))
    return llvm::Error::success();
  return llvm::createStringError("a scale is beyond 65504, the largest f16; store scales as f32");
}

static double square(double value) { return value * value; }

// In two loops with one type each, the second with several sums side by side: both vectorize.
static double squaredError(llvm::ArrayRef<float> values, const AffineGrid &grid) {
  constexpr size_t partSize = 512, width = 8;
  auto zeroPoint = float(grid.zeroPoint), qmin = float(grid.qmin), qmax = float(grid.qmax);
  float scale = grid.scale, restored[partSize];
  double sums[width] = {};
  for (size_t begin = 0; begin < values.size(); begin += partSize) {
    llvm::ArrayRef<float> part = values.slice(begin, std::min(partSize, values.size() - begin));
    // Codes are small integers: the difference is exact, as it is in i32.
    for (size_t i = 0, e = part.size(); i != e; ++i)
      restored[i] = (quantizeToFloat(part[i], scale, zeroPoint, qmin, qmax) - zeroPoint) * scale;
    size_t i = 0;
    for (; i + width <= part.size(); i += width)
      for (size_t lane = 0; lane != width; ++lane)
        sums[lane] += square(double(part[i + lane]) - double(restored[i + lane]));
    for (; i != part.size(); ++i)
      sums[0] += square(double(part[i]) - double(restored[i]));
  }
  return std::accumulate(std::begin(sums), std::end(sums), 0.0);
}

static double squaredError(llvm::ArrayRef<float> values, const AffineGrid &grid,
                           const Format &format) {
  if (format.isInteger())
    return squaredError(values, grid);
  double sum = 0;
  for (float value : values)
    sum +=
        square(double(value) -
               double(format.codec.decode(format.codec.encode(value / grid.scale)) * grid.scale));
  return sum;
}

// The range, of those [min, max] times a share, that has the least squared error.
static Range shrinkRange(llvm::ArrayRef<float> values, Range whole, const Format &format,
                         bool symmetric, const FitOptions &options) {
  constexpr int numSteps = 64, fewestSteps = 16;
  bool hasTwoSides = symmetric && format.fullRange;
  // A full range has one code less on the other side: a wider one reaches as far there, too.
  int mostSteps = hasTwoSides ? -numSteps * format.qmin() / format.qmax() : numSteps;
  Range best = whole;
  double least = std::numeric_limits<double>::infinity();
  auto consider = [&](Range range) {
    double error =
        squaredError(values, fitStoredGrid(range, format, symmetric, options.scaleCodec), format);
    if (error < least)
      best = range, least = error;
  };
  for (int steps = mostSteps; steps >= fewestSteps; --steps) {
    float share = float(steps) / numSteps;
    Range shrunk = {whole.min * share, whole.max * share};
    consider(shrunk);
    if (hasTwoSides)
      consider({-shrunk.max, -shrunk.min});
  }
  return best;
}

static llvm::Error chooseRanges(llvm::ArrayRef<float> values, const Granularity &granularity,
                                const Format &format, bool symmetric, const FitOptions &options,
                                llvm::MutableArrayRef<Range> ranges) {
  if (options.range.method == RangeMethod::MinMax)
    return llvm::Error::success();
  Granularity::Members members = granularity.getMembers();
  std::vector<float> part;
  for (auto [block, range] : llvm::enumerate(ranges)) {
    part.clear();
    for (int64_t position : members[block])
      part.push_back(values[position]);
    if (part.empty())
      continue;
    if (options.range.method == RangeMethod::MeanSquaredError) {
      range = shrinkRange(part, range, format, symmetric, options);
      continue;
    }
    TensorStatistics statistics;
    if (llvm::Error error = statistics.observe(/*sample=*/0, part, {}))
      return error;
    llvm::Expected<Range> estimated = estimateRange(statistics, options.range, format, symmetric);
    if (!estimated)
      return estimated.takeError();
    range = *estimated;
  }
  return llvm::Error::success();
}

static uint8_t quantizeOne(float value, const AffineGrid &grid) {
  return uint8_t(grid.quantize(value));
}

static void quantizeInteger(llvm::ArrayRef<float> values, const Granularity &granularity,
                            const Format &format, bool symmetric, QuantizedTensor &result) {
  // The codes of a grid do not depend on its range.
  AffineGrid codes = fitGrid({}, format, symmetric);
  auto gridOf = [&](int64_t block) {
    return AffineGrid{result.scales[block], result.zeroPoints[block], codes.qmin, codes.qmax};
  };
  granularity.forEachRun([&](const Run &run) {
    llvm::ArrayRef<float> part = values.slice(run.firstElement, run.numElements);
    uint8_t *to = result.codes.data() + run.firstElement;
    AffineGrid grid = gridOf(run.firstScale);
    if (run.sharesScale && grid.qmin < 0)
      return quantize(part, grid, {reinterpret_cast<int8_t *>(to), part.size()});
    if (run.sharesScale)
      return quantize(part, grid, {to, part.size()});
    for (size_t i = 0, e = part.size(); i != e; ++i)
      to[i] = quantizeOne(part[i], gridOf(run.firstScale + int64_t(i)));
  });
}

static void quantizeByCodec(llvm::ArrayRef<float> values, const Granularity &granularity,
                            const Format &format, QuantizedTensor &result) {
  granularity.forEachRun([&](const Run &run) {
    for (int64_t i = 0; i != run.numElements; ++i) {
      float scale = result.scales[run.firstScale + (run.sharesScale ? 0 : i)];
      int64_t element = run.firstElement + i;
      result.codes[element] = uint8_t(format.codec.encode(values[element] / scale));
    }
  });
}

llvm::Expected<BlockScales> halftone::fitScales(llvm::ArrayRef<float> values,
                                                const Granularity &granularity,
                                                const Format &format, bool symmetric,
                                                const FitOptions &options) {
  assert(int64_t(values.size()) == granularity.getNumElements() && "one value per element");
  llvm::Expected<std::vector<Range>> ranges = findBlockRanges(values, granularity);
  if (!ranges)
    return ranges.takeError();
  if (llvm::Error error = chooseRanges(values, granularity, format, symmetric, options, *ranges))
    return error;
  BlockScales result;
  for (Range range : *ranges) {
    AffineGrid grid = fitStoredGrid(range, format, symmetric, options.scaleCodec);
    result.scales.push_back(grid.scale);
    result.zeroPoints.push_back(grid.zeroPoint);
  }
  if (llvm::Error error = checkScales(result.scales))
    return error;
  return result;
}

llvm::Expected<QuantizedTensor> halftone::quantizeTensor(llvm::ArrayRef<float> values,
                                                         const Granularity &granularity,
                                                         const Format &format, bool symmetric,
                                                         const FitOptions &options) {
  assert(format.codec.bits <= 8 && "codes are bytes");
  llvm::Expected<BlockScales> fitted = fitScales(values, granularity, format, symmetric, options);
  if (!fitted)
    return fitted.takeError();
  QuantizedTensor result{std::vector<uint8_t>(values.size()), std::move(fitted->scales),
                         std::move(fitted->zeroPoints)};
  if (format.isInteger())
    quantizeInteger(values, granularity, format, symmetric, result);
  else
    quantizeByCodec(values, granularity, format, result);
  return result;
}

// The value of each of the 256 bytes before the scale is applied.
static std::vector<float> decodeBytes(const Format &format) {
  std::vector<float> values(256);
  uint32_t mask = format.codec.numCodes() - 1;
  for (uint32_t byte = 0; byte != 256; ++byte)
    values[byte] = format.codec.decode(byte & mask);
  return values;
}

std::vector<float> halftone::dequantizeTensor(const QuantizedTensor &tensor,
                                              const Granularity &granularity,
                                              const Format &format) {
  std::vector<float> byteValues = decodeBytes(format);
  std::vector<float> values(tensor.codes.size());
  granularity.forEachRun([&](const Run &run) {
    for (int64_t i = 0; i != run.numElements; ++i) {
      int64_t element = run.firstElement + i;
      int64_t scale = run.firstScale + (run.sharesScale ? 0 : i);
      // Small integers: the difference is exact, as it is in i32.
      float code = byteValues[tensor.codes[element]] - float(tensor.zeroPoints[scale]);
      values[element] = code * tensor.scales[scale];
    }
  });
  return values;
}
