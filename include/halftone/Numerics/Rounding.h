// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_ROUNDING_H
#define HALFTONE_NUMERICS_ROUNDING_H

namespace halftone {

/// Rounds to the nearest integer, ties to even, as LLVM's `roundeven` does. Exact for
/// |value| <= 2^22; adding 1.5 * 2^23 pushes the fraction out of the significand. Unlike the
/// library call it vectorizes on every x86-64.
inline float roundHalfEvenSmall(float value) {
  constexpr float shift = 12582912.0f;
  return (value + shift) - shift;
}

/// The same for doubles with |value| <= 2^51.
inline double roundHalfEvenSmall(double value) {
  constexpr double shift = 6755399441055744.0;
  return (value + shift) - shift;
}

} // namespace halftone

#endif // HALFTONE_NUMERICS_ROUNDING_H
