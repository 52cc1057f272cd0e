// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_ELEMENTCODEC_H
#define HALFTONE_NUMERICS_ELEMENTCODEC_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>

namespace halftone {

/// How the codes of one element type stand for real numbers, as data: a new element type is a
/// new value of this struct, not new code. A code is an unsigned number below 2^bits; integers
/// are two's complement.
///
///   integer  value = code, in [-2^(bits-1), 2^(bits-1) - 1] or [0, 2^bits - 1].
///   floating sign, exponent field e of `exponentBits`, mantissa field m of `mantissaBits`:
///            (1 + m / 2^mantissaBits) * 2^(e - bias), or m / 2^mantissaBits * 2^(1 - bias)
///            where e is 0. With no exponent bits this is a sign-magnitude fixed-point number.
///   table    value = table[code], ascending.
///
/// Sources: two's complement and IEEE 754-2019; OCP "8-bit Floating Point" (e4m3fn, e5m2), OCP
/// "Microscaling Formats" (e2m1, e2m3, e3m2, e8m0); QLoRA, arXiv 2305.14314 (nf4).
struct ElementCodec {
  enum class Kind { Integer, Floating, Table };
  /// Which codes are not finite numbers: none; the all-ones exponent and mantissa are NaN; as in
  /// IEEE 754 the all-ones exponent is infinity (mantissa 0) or NaN.
  enum class Special { None, AllOnesNaN, IEEE };

  Kind kind = Kind::Integer;
  /// Bits of a code, 1 to 19.
  unsigned bits = 8;
  bool isSigned = true;

  // Floating only.
  unsigned exponentBits = 0;
  unsigned mantissaBits = 0;
  int bias = 0;
  Special special = Special::None;
  /// False: exponent field 0 is an ordinary exponent, so there are neither subnormals nor zero.
  bool hasSubnormals = true;
  /// True: what is above the largest finite value, infinity included, becomes that value. False:
  /// it becomes infinity as in IEEE 754; only the storage types f16, bf16 and tf32.
  bool saturates = true;

  // Table only: 2^bits finite values in ascending order.
  llvm::ArrayRef<float> table;

  /// The value of `code`, exactly.
  float decode(uint32_t code) const;

  /// The code of the value nearest to `value`. Ties go to the even significand (integer,
  /// floating) or the even code (table). The sign of zero survives in floating codecs. NaN becomes
  /// NaN where there is one, else zero. An unsigned floating codec has no code for negative
  /// numbers but NaN.
  uint32_t encode(float value) const;

  /// Number of codes.
  uint32_t numCodes() const { return uint32_t(1) << bits; }
  /// The largest and the smallest finite value.
  float maxValue() const;
  float minValue() const;
  bool isNaN(uint32_t code) const;
  bool isInfinity(uint32_t code) const;
  bool isFinite(uint32_t code) const { return !isNaN(code) && !isInfinity(code); }
  /// Whether every finite value is a power of two: a scale, never an element.
  bool isPowerOfTwo() const { return kind == Kind::Floating && mantissaBits == 0; }
  /// Whether processors and file formats know the codec. The values of the others are looked up in
  /// a table of all codes.
  bool hasStandardType() const {
    return kind == Kind::Integer || (kind == Kind::Floating && exponentBits != 0);
  }

  static ElementCodec signedInteger(unsigned bits);
  static ElementCodec unsignedInteger(unsigned bits);
  /// A signed floating-point codec of 1 + exponentBits + mantissaBits bits.
  static ElementCodec floating(unsigned exponentBits, unsigned mantissaBits, int bias,
                               Special special, bool saturates = true);
  /// Sign and magnitude: value = ±m for m in [0, 2^(bits-1) - 1].
  static ElementCodec signMagnitude(unsigned bits);
  /// A power of two in [2^-127, 2^127] (OCP e8m0): a scale, never an element.
  static ElementCodec powerOfTwo();
  /// What tensor cores round the factors of f32 products to: 19 bits, a compute type that nothing
  /// is stored in.
  static ElementCodec tf32();
  static ElementCodec lookup(llvm::ArrayRef<float> ascendingValues);

private:
  uint32_t encodeInteger(float value) const;
  uint32_t encodeFloating(float value) const;
  uint32_t encodeTable(float value) const;
  float decodeFloating(uint32_t code) const;
  /// The code of the largest finite magnitude, without its sign.
  uint32_t maxMagnitudeCode() const;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_ELEMENTCODEC_H
