// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/ElementCodec.h"

#include "halftone/Numerics/Rounding.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace halftone;

ElementCodec ElementCodec::signedInteger(unsigned bits) {
  ElementCodec codec;
  codec.bits = bits;
  return codec;
}

ElementCodec ElementCodec::unsignedInteger(unsigned bits) {
  ElementCodec codec;
  codec.bits = bits;
  codec.isSigned = false;
  return codec;
}

ElementCodec ElementCodec::floating(unsigned exponentBits, unsigned mantissaBits, int bias,
                                    Special special, bool saturates) {
  ElementCodec codec;
  codec.kind = Kind::Floating;
  codec.bits = 1 + exponentBits + mantissaBits;
  codec.exponentBits = exponentBits;
  codec.mantissaBits = mantissaBits;
  codec.bias = bias;
  codec.special = special;
  codec.saturates = saturates;
  return codec;
}

ElementCodec ElementCodec::signMagnitude(unsigned bits) {
  // m / 2^(bits-1) * 2^(1 - bias) = m.
  return floating(0, bits - 1, 2 - int(bits), Special::None);
}

ElementCodec ElementCodec::powerOfTwo() {
  ElementCodec codec = floating(8, 0, 127, Special::AllOnesNaN);
  codec.bits = 8;
  codec.isSigned = false;
  codec.hasSubnormals = false;
  return codec;
}

ElementCodec ElementCodec::tf32() {
  return floating(8, 10, 127, Special::IEEE, /*saturates=*/false);
}

ElementCodec ElementCodec::lookup(llvm::ArrayRef<float> ascendingValues) {
  assert(llvm::isPowerOf2_64(ascendingValues.size()) && "a table has one value per code");
  assert(llvm::is_sorted(ascendingValues) && "a table is ascending");
  ElementCodec codec;
  codec.kind = Kind::Table;
  codec.bits = llvm::Log2_64(ascendingValues.size());
  codec.table = ascendingValues;
  return codec;
}

bool ElementCodec::isNaN(uint32_t code) const {
  if (kind != Kind::Floating || special == Special::None)
    return false;
  uint32_t exponentOnes = llvm::maskTrailingOnes<uint32_t>(exponentBits) << mantissaBits;
  uint32_t mantissaOnes = llvm::maskTrailingOnes<uint32_t>(mantissaBits);
  uint32_t magnitude = code & (exponentOnes | mantissaOnes);
  if (special == Special::AllOnesNaN)
    return magnitude == (exponentOnes | mantissaOnes);
  return magnitude > exponentOnes;
}

bool ElementCodec::isInfinity(uint32_t code) const {
  if (kind != Kind::Floating || special != Special::IEEE)
    return false;
  uint32_t mask = llvm::maskTrailingOnes<uint32_t>(exponentBits + mantissaBits);
  return (code & mask) == llvm::maskTrailingOnes<uint32_t>(exponentBits) << mantissaBits;
}

uint32_t ElementCodec::maxMagnitudeCode() const {
  uint32_t allOnes = llvm::maskTrailingOnes<uint32_t>(exponentBits + mantissaBits);
  switch (special) {
  case Special::None:
    return allOnes;
  case Special::AllOnesNaN:
    return allOnes - 1;
  case Special::IEEE:
    return (llvm::maskTrailingOnes<uint32_t>(exponentBits) << mantissaBits) - 1;
  }
  llvm_unreachable("every kind of special codes is listed");
}

float ElementCodec::maxValue() const {
  switch (kind) {
  case Kind::Integer:
    return float((uint32_t(1) << (isSigned ? bits - 1 : bits)) - 1);
  case Kind::Floating:
    return decodeFloating(maxMagnitudeCode());
  case Kind::Table:
    return table.back();
  }
  llvm_unreachable("every kind of codec is listed");
}

float ElementCodec::minValue() const {
  switch (kind) {
  case Kind::Integer:
    return isSigned ? -float(uint32_t(1) << (bits - 1)) : 0.0f;
  case Kind::Floating:
    return isSigned ? -maxValue() : decodeFloating(0);
  case Kind::Table:
    return table.front();
  }
  llvm_unreachable("every kind of codec is listed");
}

float ElementCodec::decode(uint32_t code) const {
  assert(code < numCodes() && "a code has no more bits than its codec");
  switch (kind) {
  case Kind::Integer:
    return isSigned ? float(llvm::SignExtend32(code, bits)) : float(code);
  case Kind::Floating:
    return decodeFloating(code);
  case Kind::Table:
    return table[code];
  }
  llvm_unreachable("every kind of codec is listed");
}

float ElementCodec::decodeFloating(uint32_t code) const {
  bool negative = isSigned && (code >> (bits - 1)) != 0;
  float sign = negative ? -1.0f : 1.0f;
  if (isNaN(code))
    return std::copysign(std::numeric_limits<float>::quiet_NaN(), sign);
  if (isInfinity(code))
    return sign * std::numeric_limits<float>::infinity();
  int exponent = (code >> mantissaBits) & llvm::maskTrailingOnes<uint32_t>(exponentBits);
  uint32_t significand = code & llvm::maskTrailingOnes<uint32_t>(mantissaBits);
  if (exponent == 0 && hasSubnormals)
    exponent = 1;
  else
    significand |= uint32_t(1) << mantissaBits;
  return sign * std::ldexp(float(significand), exponent - bias - int(mantissaBits));
}

uint32_t ElementCodec::encode(float value) const {
  switch (kind) {
  case Kind::Integer:
    return encodeInteger(value);
  case Kind::Floating:
    return encodeFloating(value);
  case Kind::Table:
    return encodeTable(value);
  }
  llvm_unreachable("every kind of codec is listed");
}

uint32_t ElementCodec::encodeInteger(float value) const {
  if (std::isnan(value))
    return 0;
  float clamped = std::clamp(value, minValue(), maxValue());
  auto rounded = int32_t(roundHalfEvenSmall(clamped));
  return uint32_t(rounded) & (numCodes() - 1);
}

static double powerOfTwoDouble(int exponent) {
  return llvm::bit_cast<double>(uint64_t(exponent + 1023) << 52);
}

uint32_t ElementCodec::encodeFloating(float value) const {
  uint32_t nanCode = llvm::maskTrailingOnes<uint32_t>(exponentBits + mantissaBits);
  if (special == Special::IEEE) // The quiet NaN: only the top bit of the mantissa.
    nanCode ^= llvm::maskTrailingOnes<uint32_t>(mantissaBits - 1);
  bool negative = std::signbit(value);
  if (std::isnan(value) && special == Special::None)
    return 0;
  if (std::isnan(value) || (!isSigned && negative && value != 0.0f))
    return isSigned && negative ? nanCode | (uint32_t(1) << (bits - 1)) : nanCode;

  uint32_t sign = isSigned && negative ? uint32_t(1) << (bits - 1) : 0;
  uint32_t maxCode = maxMagnitudeCode();
  if (std::isinf(value))
    return sign | (saturates ? maxCode : maxCode + 1);

  // In units of the last place at its exponent the magnitude is an integer plus a fraction.
  // A significand that rounds up to 2^(mantissaBits+1) carries into the exponent field by itself.
  // As a double every float but zero is normal, and zero's exponent is below all others.
  double magnitude = std::fabs(double(value));
  int lowest = hasSubnormals ? 1 - bias : -bias;
  int exponent = std::max(int(llvm::bit_cast<uint64_t>(magnitude) >> 52) - 1023, lowest);
  double units = magnitude * powerOfTwoDouble(int(mantissaBits) - exponent);
  auto significand = int64_t(roundHalfEvenSmall(units));
  int64_t code = (int64_t(exponent - lowest) << mantissaBits) + significand;
  if (!hasSubnormals)
    code = std::max<int64_t>(code - (int64_t(1) << mantissaBits), 0);
  if (code > int64_t(maxCode))
    return sign | (saturates ? maxCode : maxCode + 1);
  return sign | uint32_t(code);
}

uint32_t ElementCodec::encodeTable(float value) const {
  if (std::isnan(value))
    value = 0.0f;
  const float *above = llvm::lower_bound(table, value);
  if (above == table.begin())
    return 0;
  if (above == table.end())
    return table.size() - 1;
  // The sum of two floats of like size is exact in double, and so is the comparison.
  double middle = (double(above[-1]) + double(*above)) / 2;
  auto upper = uint32_t(above - table.begin());
  if (value == middle)
    return upper % 2 == 0 ? upper : upper - 1;
  return value > middle ? upper : upper - 1;
}
