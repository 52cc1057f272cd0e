// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_AFFINEGRID_H
#define HALFTONE_NUMERICS_AFFINEGRID_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>

namespace halftone {

struct Format;

/// A closed interval of real numbers, min <= max.
struct Range {
  float min = 0.0f;
  float max = 0.0f;

  float absmax() const;
  bool operator==(const Range &other) const { return min == other.min && max == other.max; }
};

/// The evenly spaced numbers (q - zeroPoint) * scale for the integers q of [qmin, qmax].
///
///   quantize(x)   = clamp(roundeven(x / scale) + zeroPoint, qmin, qmax); NaN gives zeroPoint
///   dequantize(q) = (q - zeroPoint) * scale
///
/// Each step is one f32 operation, in this order, and the clamp comes before the conversion to an
/// integer, so infinities saturate: the bits are those of the compiled code. Codes lie within
/// [-2^16, 2^16], where f32 holds every integer of these steps.
struct AffineGrid {
  float scale = 1.0f;
  int32_t zeroPoint = 0;
  int32_t qmin = -128;
  int32_t qmax = 127;

  int32_t quantize(float value) const;
  float dequantize(int32_t code) const { return float(code - zeroPoint) * scale; }

  bool operator==(const AffineGrid &other) const {
    return scale == other.scale && zeroPoint == other.zeroPoint && qmin == other.qmin &&
           qmax == other.qmax;
  }
};

/// The smallest range that holds the finite ones of `values`; nullopt if there are none.
/// `numNonFinite`, if given, grows by the number of the others.
std::optional<Range> findRange(llvm::ArrayRef<float> values, uint64_t *numNonFinite = nullptr);

/// Absmax: scale = absmax / qmax, zero point 0, codes [-qmax, qmax], or down to -qmax - 1 in a
/// format that is not restricted. An unsigned format has the same grid moved up by half its codes.
/// The range {0} has scale 1. `format` must be an integer one.
AffineGrid fitAbsmax(float absmax, const Format &format);

/// Zero-point: `range` widened to contain 0, scale = (max - min) / (qmax - qmin),
/// zeroPoint = clamp(roundeven(qmin - min / scale)). The range {0} has scale 1.
AffineGrid fitZeroPoint(Range range, const Format &format);

/// clamp(roundeven(qmin - min / scale)) for `range` widened to contain 0.
int32_t findZeroPoint(Range range, float scale, int32_t qmin, int32_t qmax);

/// Full range (llama.cpp's Q4_0): zero point 0, all codes, and the end of `range` that is further
/// from 0 on the lowest one: scale = that end / qmin, which is negative if the end is positive; of
/// ends equally far the lower. The range {0} has scale 1. `format` must be a signed integer one.
AffineGrid fitFullRange(Range range, const Format &format);

/// `fitZeroPoint` unless `symmetric`; else `fitFullRange` if the format says so, or `fitAbsmax`.
AffineGrid fitGrid(Range range, const Format &format, bool symmetric);

/// Quantizes all of `values` into as many `codes` of a type that holds [qmin, qmax].
void quantize(llvm::ArrayRef<float> values, const AffineGrid &grid,
              llvm::MutableArrayRef<int8_t> codes);
void quantize(llvm::ArrayRef<float> values, const AffineGrid &grid,
              llvm::MutableArrayRef<uint8_t> codes);

void dequantize(llvm::ArrayRef<int8_t> codes, const AffineGrid &grid,
                llvm::MutableArrayRef<float> values);
void dequantize(llvm::ArrayRef<uint8_t> codes, const AffineGrid &grid,
                llvm::MutableArrayRef<float> values);

} // namespace halftone

#endif // HALFTONE_NUMERICS_AFFINEGRID_H
