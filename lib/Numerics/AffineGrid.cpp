// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/AffineGrid.h"

#include "FloatSummary.h"
#include "GridRounding.h"

#include "halftone/Numerics/Format.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace halftone;

float Range::absmax() const { return std::max(std::fabs(min), std::fabs(max)); }

int32_t AffineGrid::quantize(float value) const {
  return int32_t(quantizeToFloat(value, scale, float(zeroPoint), float(qmin), float(qmax)));
}

std::optional<Range> halftone::findRange(llvm::ArrayRef<float> values, uint64_t *numNonFinite) {
  constexpr size_t partSize = size_t(1) << 16;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Range range = {infinity, -infinity};
  uint64_t skipped = 0;
  for (size_t begin = 0; begin < values.size(); begin += partSize) {
    llvm::ArrayRef<float> part = values.slice(begin, std::min(partSize, values.size() - begin));
    FloatSummary summary = summarize(part);
    if (summary.isFinite()) {
      range = {std::min(range.min, summary.min()), std::max(range.max, summary.max())};
      continue;
    }
    for (float value : part) {
      if (std::isfinite(value))
        range = {std::min(range.min, value), std::max(range.max, value)};
      else
        ++skipped;
    }
  }
  if (numNonFinite)
    *numNonFinite += skipped;
  if (skipped == values.size())
    return std::nullopt;
  return range;
}

// A scale must be positive and normal: the quotient of a range next to the smallest float by the
// number of codes would otherwise be zero.
static float positiveScale(float scale) {
  return std::max(scale, std::numeric_limits<float>::min());
}

AffineGrid halftone::fitAbsmax(float absmax, const Format &format) {
  assert(format.isInteger() && "only integers lie on an affine grid");
  assert(std::isfinite(absmax) && absmax >= 0 && "absmax is a finite magnitude");
  int32_t offset = format.codec.isSigned ? 0 : (format.qmax() + 1) / 2;
  int32_t steps = format.qmax() - offset;
  AffineGrid grid;
  grid.zeroPoint = offset;
  grid.qmin = format.restrictedSymmetric ? offset - steps : format.qmin();
  grid.qmax = format.qmax();
  grid.scale = absmax == 0 ? 1.0f : positiveScale(absmax / float(steps));
  return grid;
}

int32_t halftone::findZeroPoint(Range range, float scale, int32_t qmin, int32_t qmax) {
  float exact = float(qmin) - std::min(range.min, 0.0f) / scale;
  return int32_t(roundHalfEvenSmall(std::clamp(exact, float(qmin), float(qmax))));
}

AffineGrid halftone::fitZeroPoint(Range range, const Format &format) {
  assert(format.isInteger() && "only integers lie on an affine grid");
  assert(std::isfinite(range.min) && std::isfinite(range.max) && range.min <= range.max &&
         "a range is finite and in order");
  AffineGrid grid;
  grid.qmin = format.qmin();
  grid.qmax = format.qmax();
  float min = std::min(range.min, 0.0f);
  float max = std::max(range.max, 0.0f);
  if (min == max) {
    grid.zeroPoint = std::clamp(0, grid.qmin, grid.qmax);
    return grid;
  }
  auto steps = float(grid.qmax - grid.qmin);
  float scale = (max - min) / steps;
  if (std::isinf(scale)) // max - min alone overflows.
    scale = max / steps - min / steps;
  grid.scale = positiveScale(scale);
  grid.zeroPoint = findZeroPoint(range, grid.scale, grid.qmin, grid.qmax);
  return grid;
}

AffineGrid halftone::fitFullRange(Range range, const Format &format) {
  assert(format.isInteger() && format.codec.isSigned && "only signed integers have a lowest code");
  AffineGrid grid;
  grid.qmin = format.qmin();
  grid.qmax = format.qmax();
  float absmax = range.absmax();
  if (absmax == 0)
    return grid;
  grid.scale = positiveScale(absmax / float(-grid.qmin));
  if (range.max > -range.min)
    grid.scale = -grid.scale;
  return grid;
}

AffineGrid halftone::fitGrid(Range range, const Format &format, bool symmetric) {
  if (symmetric && format.fullRange)
    return fitFullRange(range, format);
  return symmetric ? fitAbsmax(range.absmax(), format) : fitZeroPoint(range, format);
}

template <typename Code>
static void quantizeAll(llvm::ArrayRef<float> values, const AffineGrid &grid,
                        llvm::MutableArrayRef<Code> codes) {
  assert(values.size() == codes.size() && "one code per value");
  auto zeroPoint = float(grid.zeroPoint), qmin = float(grid.qmin), qmax = float(grid.qmax);
  float scale = grid.scale;
  for (size_t i = 0, e = values.size(); i != e; ++i)
    codes[i] = Code(int32_t(quantizeToFloat(values[i], scale, zeroPoint, qmin, qmax)));
}

template <typename Code>
static void dequantizeAll(llvm::ArrayRef<Code> codes, const AffineGrid &grid,
                          llvm::MutableArrayRef<float> values) {
  assert(values.size() == codes.size() && "one value per code");
  float scale = grid.scale;
  int32_t zeroPoint = grid.zeroPoint;
  for (size_t i = 0, e = codes.size(); i != e; ++i)
    values[i] = float(int32_t(codes[i]) - zeroPoint) * scale;
}

void halftone::quantize(llvm::ArrayRef<float> values, const AffineGrid &grid,
                        llvm::MutableArrayRef<int8_t> codes) {
  quantizeAll(values, grid, codes);
}

void halftone::quantize(llvm::ArrayRef<float> values, const AffineGrid &grid,
                        llvm::MutableArrayRef<uint8_t> codes) {
  quantizeAll(values, grid, codes);
}

void halftone::dequantize(llvm::ArrayRef<int8_t> codes, const AffineGrid &grid,
                          llvm::MutableArrayRef<float> values) {
  dequantizeAll(codes, grid, values);
}

void halftone::dequantize(llvm::ArrayRef<uint8_t> codes, const AffineGrid &grid,
                          llvm::MutableArrayRef<float> values) {
  dequantizeAll(codes, grid, values);
}
