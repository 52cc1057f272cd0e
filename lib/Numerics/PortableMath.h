// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions whose bits are the same with every library of mathematics, and which loops can be
// vectorized with. Where products and sums are not contracted.
#ifndef HALFTONE_LIB_NUMERICS_PORTABLEMATH_H
#define HALFTONE_LIB_NUMERICS_PORTABLEMATH_H

#include <cstdint>
#include <cstring>

namespace halftone {

/// 2^x to 7 digits, for x in [-126, 126]; beyond as at the ends.
inline float portableExp2(float x) {
  x = x < -126.0f ? -126.0f : x;
  x = x > 126.0f ? 126.0f : x;
  constexpr float magic = 12582912.0f; // 1.5 * 2^23: what is added to it is rounded.
  float whole = (x + magic) - magic;
  float f = x - whole;
  float power =
      1.0f + f * (0.693147181f +
                  f * (0.240226507f +
                       f * (0.0555041087f +
                            f * (0.00961812911f + f * (0.00133335581f + f * 0.000154035304f)))));
  int32_t bits = (int32_t(whole) + 127) << 23;
  float scale;
  std::memcpy(&scale, &bits, sizeof(scale));
  return power * scale;
}

/// log2(x) to 7 digits, for normal numbers x > 0.
inline float portableLog2(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  constexpr int32_t sqrtHalf = 0x3f3504f3;
  int32_t exponent = (bits - sqrtHalf) >> 23;
  bits -= exponent << 23; // In [sqrt(1/2), sqrt(2)).
  float m;
  std::memcpy(&m, &bits, sizeof(m));
  float s = (m - 1.0f) / (m + 1.0f), t = s * s;
  float log = s * (2.88539008f + t * (0.961796694f + t * (0.577078016f + t * 0.412198583f)));
  return float(exponent) + log;
}

} // namespace halftone

#endif // HALFTONE_LIB_NUMERICS_PORTABLEMATH_H
