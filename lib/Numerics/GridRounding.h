// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_LIB_NUMERICS_GRIDROUNDING_H
#define HALFTONE_LIB_NUMERICS_GRIDROUNDING_H

#include "halftone/Numerics/Rounding.h"

namespace halftone {

/// roundeven(x / scale) + zeroPoint clamped to the codes, still as a float. The quotient is clamped
/// first to where the quick rounding is exact; whatever lies outside saturates just as well there.
inline float quantizeToFloat(float value, float scale, float zeroPoint, float qmin, float qmax) {
  constexpr float limit = 1 << 20;
  float quotient = value / scale;
  quotient = quotient < -limit ? -limit : quotient;
  quotient = quotient > limit ? limit : quotient;
  float code = roundHalfEvenSmall(quotient) + zeroPoint;
  code = code < qmin ? qmin : code;
  code = code > qmax ? qmax : code;
  return quotient == quotient ? code : zeroPoint;
}

} // namespace halftone

#endif // HALFTONE_LIB_NUMERICS_GRIDROUNDING_H
