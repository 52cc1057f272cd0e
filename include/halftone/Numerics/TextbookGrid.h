// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_TEXTBOOKGRID_H
#define HALFTONE_NUMERICS_TEXTBOOKGRID_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>

namespace halftone {

/// 8-bit quantization as tutorials write it, bit for bit in f32: the scale multiplies, the range
/// is taken as it is and not widened to contain 0, and the zero point need not be a code.
///
///   quantize(x)   = clamp(roundeven(scale * x + zeroPoint), -128, 127)
///   dequantize(q) = (q - zeroPoint) / scale
struct TextbookGrid {
  /// Codes per unit.
  float scale = 1.0f;
  /// An integer.
  float zeroPoint = 0.0f;

  int8_t quantize(float value) const;
  float dequantize(int8_t code) const { return (float(code) - zeroPoint) / scale; }
};

/// scale = 127 / max|x|, no zero point. A tensor of zeros has scale 1, where the textbook divides
/// by zero.
TextbookGrid fitTextbookAbsmax(llvm::ArrayRef<float> values);

/// scale = 255 / (max - min), or 255 where max = min; zeroPoint = roundeven(-scale * min - 128).
TextbookGrid fitTextbookZeroPoint(llvm::ArrayRef<float> values);

} // namespace halftone

#endif // HALFTONE_NUMERICS_TEXTBOOKGRID_H
