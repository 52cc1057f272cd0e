// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/ElementCodec.h"
#include "halftone/Numerics/AffineGrid.h"
#include "halftone/Numerics/Format.h"

#include "Random.h"

#include "llvm/ADT/APFloat.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

namespace {

// A floating format as its standard describes it: the smallest positive value, how many codes
// share an exponent, and how many positive codes are finite.
struct FloatSpec {
  const char *name;
  int smallestExponent;
  unsigned codesPerExponent;
  unsigned numFinite;
  float max;
};

constexpr FloatSpec floatSpecs[] = {
    {"fp8_e4m3", -9, 8, 127, 448}, {"fp8_e5m2", -16, 4, 124, 57344}, {"fp6_e2m3", -3, 8, 32, 7.5f},
    {"fp6_e3m2", -4, 4, 32, 28},   {"fp4_e2m1", -1, 2, 8, 6},
};

class FloatCodec : public ::testing::TestWithParam<FloatSpec> {
protected:
  const ElementCodec &codec = findFormat(GetParam().name)->codec;
  uint32_t signBit = uint32_t(1) << (codec.bits - 1);

  // The finite magnitudes in units of the smallest one. From one code to the next is one unit
  // among the first two exponents, and twice as much from each exponent to the next.
  std::vector<int64_t> magnitudesInUnits() const {
    std::vector<int64_t> units = {0};
    while (units.size() < GetParam().numFinite) {
      size_t exponent = (units.size() - 1) / GetParam().codesPerExponent;
      units.push_back(units.back() + (int64_t(1) << (exponent > 1 ? exponent - 1 : 0)));
    }
    return units;
  }
};

// value * 2^60 without rounding, for values that are multiples of 2^-60 below 2^66.
__int128 exactly(float value) {
  int exponent;
  double fraction = std::frexp(double(value), &exponent);
  auto significand = __int128(std::ldexp(fraction, 24));
  int shift = exponent - 24 + 60;
  EXPECT_GE(shift, 0) << value;
  return significand * (__int128(1) << shift);
}

// The nearest code by trying all of them; of two equally near ones the even one.
uint32_t nearestCode(const std::vector<float> &magnitudes, float value) {
  uint32_t best = 0;
  __int128 least = -1;
  for (uint32_t code = 0; code != magnitudes.size(); ++code) {
    __int128 distance = exactly(std::fabs(value)) - exactly(magnitudes[code]);
    distance = distance < 0 ? -distance : distance;
    if (least < 0 || distance < least || (distance == least && code % 2 == 0)) {
      best = code;
      least = distance;
    }
  }
  return best;
}

} // namespace

TEST_P(FloatCodec, DecodesEveryCodeToTheValueOfItsDefinition) {
  std::vector<int64_t> units = magnitudesInUnits();
  for (uint32_t code = 0; code != units.size(); ++code) {
    float expected = std::ldexp(float(units[code]), GetParam().smallestExponent);
    EXPECT_EQ(codec.decode(code), expected) << code;
    EXPECT_EQ(codec.decode(code | signBit), -expected) << code;
    EXPECT_EQ(std::signbit(codec.decode(code | signBit)), true) << code;
  }
  EXPECT_EQ(codec.decode(units.size() - 1), GetParam().max);
  EXPECT_EQ(codec.maxValue(), GetParam().max);
  EXPECT_EQ(codec.minValue(), -GetParam().max);
  for (uint32_t code = units.size(); code != signBit; ++code)
    EXPECT_FALSE(std::isfinite(codec.decode(code))) << code;
}

TEST_P(FloatCodec, EncodesEveryDecodedValueToItsCode) {
  for (uint32_t code = 0; code != codec.numCodes(); ++code)
    if (codec.isFinite(code))
      EXPECT_EQ(codec.encode(codec.decode(code)), code);
}

// Codes of one sign ascend with their magnitude, so the even significand is the even code.
TEST_P(FloatCodec, RoundsMidpointsToEvenAndTheirNeighboursToTheNearest) {
  std::vector<int64_t> units = magnitudesInUnits();
  for (uint32_t code = 0; code + 1 != units.size(); ++code) {
    float middle =
        std::ldexp(float(units[code] + units[code + 1]), GetParam().smallestExponent - 1);
    for (uint32_t sign : {0u, signBit}) {
      float factor = sign ? -1.0f : 1.0f;
      EXPECT_EQ(codec.encode(factor * middle), sign | (code % 2 ? code + 1 : code));
      EXPECT_EQ(codec.encode(factor * std::nextafter(middle, 0.0f)), sign | code);
      EXPECT_EQ(codec.encode(factor * std::nextafter(middle, infinity)), sign | (code + 1));
    }
  }
}

TEST_P(FloatCodec, FindsTheNearestOfAllCodesForAnyValue) {
  std::vector<float> magnitudes;
  for (int64_t unit : magnitudesInUnits())
    magnitudes.push_back(std::ldexp(float(unit), GetParam().smallestExponent));
  Random random(1);
  for (int i = 0; i != 20000; ++i) {
    float value = std::ldexp(float(1 + random.uniform()), int(random.below(40)) - 22);
    EXPECT_EQ(codec.encode(value), nearestCode(magnitudes, value)) << value;
    EXPECT_EQ(codec.encode(-value), nearestCode(magnitudes, value) | signBit) << value;
  }
}

TEST_P(FloatCodec, SaturatesAndKeepsTheSignOfZero) {
  uint32_t maxCode = GetParam().numFinite - 1;
  for (float large : {GetParam().max * 1.26f, 1e9f, std::numeric_limits<float>::max(), infinity}) {
    EXPECT_EQ(codec.encode(large), maxCode) << large;
    EXPECT_EQ(codec.encode(-large), maxCode | signBit) << large;
  }
  for (float small : {0.0f, 1e-9f, std::numeric_limits<float>::denorm_min()}) {
    EXPECT_EQ(codec.encode(small), 0u);
    EXPECT_EQ(codec.encode(-small), signBit);
  }
}

static std::string codecName(const ::testing::TestParamInfo<FloatSpec> &info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Formats, FloatCodec, ::testing::ValuesIn(floatSpecs), codecName);

TEST(ElementCodec, EncodesNaNAsNaNWhereThereIsOneElseAsZero) {
  EXPECT_EQ(findFormat("fp8_e4m3")->codec.encode(notANumber), 0x7fu);
  EXPECT_EQ(findFormat("fp8_e4m3")->codec.encode(-notANumber), 0xffu);
  EXPECT_EQ(findFormat("fp8_e5m2")->codec.encode(notANumber), 0x7eu);
  EXPECT_EQ(findFormat("f16")->codec.encode(notANumber), 0x7e00u);
  EXPECT_EQ(findFormat("bf16")->codec.encode(notANumber), 0x7fc0u);
  for (const char *name : {"fp6_e2m3", "fp6_e3m2", "fp4_e2m1", "int8", "int3", "uint4"})
    EXPECT_EQ(findFormat(name)->codec.encode(notANumber), 0u) << name;
  EXPECT_EQ(findFormat("nf4")->codec.decode(findFormat("nf4")->codec.encode(notANumber)), 0.0f);
}

TEST(ElementCodec, KnowsWhichCodesOfTheEightBitFloatsAreNotFinite) {
  const ElementCodec &e4m3 = findFormat("fp8_e4m3")->codec;
  const ElementCodec &e5m2 = findFormat("fp8_e5m2")->codec;
  for (uint32_t code = 0; code != 256; ++code) {
    uint32_t magnitude = code & 0x7f;
    EXPECT_EQ(e4m3.isNaN(code), magnitude == 0x7f);
    EXPECT_FALSE(e4m3.isInfinity(code));
    EXPECT_EQ(e5m2.isInfinity(code), magnitude == 0x7c);
    EXPECT_EQ(e5m2.isNaN(code), magnitude > 0x7c);
    EXPECT_EQ(std::isnan(e4m3.decode(code)), e4m3.isNaN(code));
    EXPECT_EQ(std::isnan(e5m2.decode(code)), e5m2.isNaN(code));
    EXPECT_EQ(std::isinf(e5m2.decode(code)), e5m2.isInfinity(code));
  }
}

TEST(ElementCodec, IntegersAreExactForEveryCodeAndMidpoint) {
  for (unsigned bits = 2; bits <= 8; ++bits) {
    for (bool isSigned : {true, false}) {
      ElementCodec codec =
          isSigned ? ElementCodec::signedInteger(bits) : ElementCodec::unsignedInteger(bits);
      int lowest = isSigned ? -(1 << (bits - 1)) : 0, count = 1 << bits;
      uint32_t mask = count - 1;
      EXPECT_EQ(codec.minValue(), lowest);
      EXPECT_EQ(codec.maxValue(), lowest + count - 1);
      for (int value = lowest; value != lowest + count; ++value) {
        uint32_t code = uint32_t(value) & mask;
        EXPECT_EQ(codec.decode(code), value);
        EXPECT_EQ(codec.encode(float(value)), code);
        if (value + 1 == lowest + count)
          continue;
        float middle = float(value) + 0.5f;
        uint32_t next = uint32_t(value + 1) & mask;
        EXPECT_EQ(codec.encode(middle), value % 2 == 0 ? code : next);
        EXPECT_EQ(codec.encode(std::nextafter(middle, -infinity)), code);
        EXPECT_EQ(codec.encode(std::nextafter(middle, infinity)), next);
      }
      for (float large : {300.0f, 1e10f, infinity}) {
        EXPECT_EQ(codec.encode(large), uint32_t(lowest + count - 1) & mask);
        EXPECT_EQ(codec.encode(-large), uint32_t(lowest) & mask);
      }
    }
  }
}

TEST(ElementCodec, SignMagnitudeHasTwoZerosAndNoLowestCode) {
  ElementCodec codec = ElementCodec::signMagnitude(3); // S1M2
  const float expected[] = {0, 1, 2, 3, -0.0f, -1, -2, -3};
  for (uint32_t code = 0; code != 8; ++code) {
    EXPECT_EQ(codec.decode(code), expected[code]);
    EXPECT_EQ(codec.encode(expected[code]), code);
  }
  EXPECT_EQ(codec.encode(0.5f), 0u);
  EXPECT_EQ(codec.encode(1.5f), 2u);
  EXPECT_EQ(codec.encode(2.5f), 2u);
  EXPECT_EQ(codec.encode(-100), 7u);
}

TEST(ElementCodec, SignMagnitudeIsExactForEveryCodeAndMidpoint) {
  for (unsigned bits = 2; bits <= 8; ++bits) {
    ElementCodec codec = ElementCodec::signMagnitude(bits);
    uint32_t signBit = uint32_t(1) << (bits - 1);
    EXPECT_EQ(codec.maxValue(), float(signBit - 1));
    EXPECT_EQ(codec.minValue(), -float(signBit - 1));
    for (uint32_t magnitude = 0; magnitude != signBit; ++magnitude)
      for (uint32_t sign : {0u, signBit}) {
        float factor = sign ? -1.0f : 1.0f, value = factor * float(magnitude);
        EXPECT_EQ(codec.decode(sign | magnitude), value);
        EXPECT_EQ(std::signbit(codec.decode(sign | magnitude)), sign != 0);
        EXPECT_EQ(codec.encode(value), sign | magnitude);
        uint32_t next = std::min(magnitude + 1, signBit - 1);
        float middle = float(magnitude) + 0.5f;
        EXPECT_EQ(codec.encode(factor * middle), sign | (magnitude % 2 ? next : magnitude));
        EXPECT_EQ(codec.encode(factor * std::nextafter(middle, 0.0f)), sign | magnitude);
        EXPECT_EQ(codec.encode(factor * std::nextafter(middle, infinity)), sign | next);
      }
    EXPECT_EQ(codec.encode(infinity), signBit - 1);
    EXPECT_EQ(codec.encode(-infinity), 2 * signBit - 1);
    EXPECT_EQ(codec.encode(notANumber), 0u);
  }
}

// Qm.n: an integer times 2^-n, for every code and midpoint of all splits of eight bits.
TEST(ElementCodec, FixedPointIsAnIntegerWithAPowerOfTwo) {
  ElementCodec codec = ElementCodec::signedInteger(8);
  for (int fraction = 0; fraction != 8; ++fraction) {
    AffineGrid grid{std::ldexp(1.0f, -fraction)};
    for (int code = -128; code != 128; ++code) {
      float value = std::ldexp(float(code), -fraction);
      EXPECT_EQ(grid.dequantize(code), value);
      EXPECT_EQ(grid.quantize(value), code);
      for (float offset : {0.25f, 0.5f, 0.75f}) {
        float between = std::ldexp(float(code) + offset, -fraction);
        int expected = int(std::nearbyint(float(code) + offset));
        EXPECT_EQ(grid.quantize(between), std::min(expected, 127)) << between;
        EXPECT_EQ(uint8_t(grid.quantize(between)), codec.encode(float(code) + offset));
      }
    }
  }
}

TEST(ElementCodec, PowersOfTwoCoverTheExponentsOfFloat) {
  ElementCodec codec = ElementCodec::powerOfTwo();
  for (uint32_t code = 0; code != 255; ++code) {
    float value = std::ldexp(1.0f, int(code) - 127);
    EXPECT_EQ(codec.decode(code), value);
    EXPECT_EQ(codec.encode(value), code);
    if (code < 1 || code == 254)
      continue;
    // 1.5 lies between the significands 1 and 2, of which 2 is even.
    EXPECT_EQ(codec.encode(1.5f * value), code + 1);
    EXPECT_EQ(codec.encode(std::nextafter(1.5f * value, 0.0f)), code);
  }
  EXPECT_TRUE(std::isnan(codec.decode(255)));
  EXPECT_EQ(codec.encode(notANumber), 255u);
  EXPECT_EQ(codec.encode(-1.0f), 255u);
  EXPECT_EQ(codec.encode(0.0f), 0u);
  EXPECT_EQ(codec.encode(infinity), 254u);
}

// The value below which the standard normal distribution has the given part of its mass.
static double normalQuantile(double probability) {
  double low = -10, high = 10;
  for (int i = 0; i != 100; ++i) {
    double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

// QLoRA builds the table from eight quantiles above zero, seven below, and zero itself, all
// scaled by the largest; the outermost probability is the mean of 1 - 1/30 and 1 - 1/32.
TEST(ElementCodec, Nf4IsMadeOfQuantilesOfTheNormalDistribution) {
  const ElementCodec &codec = findFormat("nf4")->codec;
  double outermost = 0.9677083;
  double largest = normalQuantile(outermost);
  for (int i = 0; i != 9; ++i) {
    double probability = 0.5 + (outermost - 0.5) * i / 8;
    EXPECT_NEAR(codec.decode(7 + i), normalQuantile(probability) / largest, 3e-7) << i;
  }
  for (int i = 0; i != 8; ++i) {
    double probability = 0.5 + (outermost - 0.5) * i / 7;
    EXPECT_NEAR(codec.decode(7 - i), -normalQuantile(probability) / largest, 3e-7) << i;
  }
}

TEST(ElementCodec, TablesRoundToTheNearestEntryAndTiesToTheEvenCode) {
  const ElementCodec &nf4 = findFormat("nf4")->codec;
  for (uint32_t code = 0; code != 15; ++code) {
    double middle = (double(nf4.decode(code)) + double(nf4.decode(code + 1))) / 2;
    EXPECT_EQ(nf4.encode(nf4.decode(code)), code);
    auto near = float(middle);
    if (double(near) == middle)
      EXPECT_EQ(nf4.encode(near), code % 2 == 0 ? code : code + 1);
    else
      EXPECT_EQ(nf4.encode(near), double(near) < middle ? code : code + 1);
    EXPECT_EQ(nf4.encode(std::nextafter(near, -2.0f)), code);
    EXPECT_EQ(nf4.encode(std::nextafter(near, 2.0f)), code + 1);
  }
  EXPECT_EQ(nf4.encode(7.0f), 15u);
  EXPECT_EQ(nf4.encode(-infinity), 0u);

  const float values[] = {-4, -1, 0, 3};
  ElementCodec codec = ElementCodec::lookup(values);
  EXPECT_EQ(codec.encode(-2.5f), 0u); // Between codes 0 and 1.
  EXPECT_EQ(codec.encode(-0.5f), 2u); // Between codes 1 and 2.
  EXPECT_EQ(codec.encode(1.5f), 2u);  // Between codes 2 and 3.
}

static uint64_t convertByAPFloat(float value, const llvm::fltSemantics &semantics) {
  llvm::APFloat number(value);
  bool losesInfo;
  number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return number.bitcastToAPInt().getZExtValue();
}

// An implementation by other people.
TEST(ElementCodec, AgreesWithAPFloatOnLargerFloats) {
  struct {
    const char *name;
    ElementCodec codec;
    const llvm::fltSemantics &semantics;
  } cases[] = {{"f16", findFormat("f16")->codec, llvm::APFloat::IEEEhalf()},
               {"bf16", findFormat("bf16")->codec, llvm::APFloat::BFloat()},
               {"tf32", ElementCodec::tf32(), llvm::APFloat::FloatTF32()}};
  for (auto &[name, codec, semantics] : cases) {
    for (uint32_t code = 0; code != codec.numCodes(); ++code) {
      llvm::APFloat expected(semantics, llvm::APInt(codec.bits, code));
      float decoded = codec.decode(code);
      ASSERT_EQ(std::isnan(decoded), expected.isNaN()) << name << code;
      if (!expected.isNaN())
        ASSERT_TRUE(llvm::APFloat(decoded).bitwiseIsEqual(llvm::APFloat(expected.convertToFloat())))
            << name << code;
    }
    // Midpoints of neighbours, and the floats next to them.
    for (uint32_t code = 0; code + 1 < codec.numCodes(); ++code) {
      float low = codec.decode(code), high = codec.decode(code + 1);
      if (!std::isfinite(low) || !std::isfinite(high) || std::signbit(low) != std::signbit(high))
        continue;
      float middle = (low / 2) + (high / 2);
      for (float value : {middle, std::nextafter(middle, low), std::nextafter(middle, high)})
        ASSERT_EQ(codec.encode(value), convertByAPFloat(value, semantics)) << name << " " << value;
    }
    Random random(2);
    for (int i = 0; i != 300000; ++i) {
      auto value = llvm::bit_cast<float>(uint32_t(random.bits()));
      // Half of them near the values that f16 has.
      if (i % 2)
        value = std::ldexp(float(1 + random.uniform()), int(random.below(48)) - 28);
      if (!std::isnan(value))
        ASSERT_EQ(codec.encode(value), convertByAPFloat(value, semantics)) << name << " " << value;
    }
  }
}

TEST(ElementCodec, AgreesWithAPFloatOnEveryCodeOfSmallFloats) {
  struct {
    const char *name;
    const llvm::fltSemantics &semantics;
  } cases[] = {{"fp8_e4m3", llvm::APFloat::Float8E4M3FN()},
               {"fp8_e5m2", llvm::APFloat::Float8E5M2()},
               {"fp6_e2m3", llvm::APFloat::Float6E2M3FN()},
               {"fp6_e3m2", llvm::APFloat::Float6E3M2FN()},
               {"fp4_e2m1", llvm::APFloat::Float4E2M1FN()}};
  for (auto &[name, semantics] : cases) {
    const ElementCodec &codec = findFormat(name)->codec;
    for (uint32_t code = 0; code != codec.numCodes(); ++code) {
      llvm::APFloat expected(semantics, llvm::APInt(codec.bits, code));
      ASSERT_EQ(codec.isNaN(code), expected.isNaN()) << name << code;
      if (!expected.isNaN())
        ASSERT_EQ(codec.decode(code), expected.convertToFloat()) << name << code;
    }
  }
}
