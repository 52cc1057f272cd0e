// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/TextbookGrid.h"

#include "halftone/Numerics/AffineGrid.h"
#include "halftone/Numerics/Rounding.h"

#include <algorithm>
#include <cmath>

using namespace halftone;

int8_t TextbookGrid::quantize(float value) const {
  if (std::isnan(value)) // A tutorial converts NaN to whatever the machine makes of it.
    return int8_t(std::clamp(zeroPoint, -128.0f, 127.0f));
  // Clamping to bounds that are integers before rounding changes no code.
  float scaled = scale * value;
  return int8_t(roundHalfEvenSmall(std::clamp(scaled + zeroPoint, -128.0f, 127.0f)));
}

TextbookGrid halftone::fitTextbookAbsmax(llvm::ArrayRef<float> values) {
  std::optional<Range> range = findRange(values);
  if (!range || range->absmax() == 0)
    return {};
  return {127.0f / range->absmax(), 0.0f};
}

TextbookGrid halftone::fitTextbookZeroPoint(llvm::ArrayRef<float> values) {
  std::optional<Range> range = findRange(values);
  if (!range)
    return {};
  float width = range->max - range->min;
  float scale = 255.0f / (width == 0 ? 1.0f : width);
  float scaled = -scale * range->min;
  return {scale, std::nearbyintf(scaled - 128.0f)};
}
