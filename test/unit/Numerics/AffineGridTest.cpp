// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/AffineGrid.h"
#include "halftone/Numerics/Format.h"

#include "Random.h"

#include "llvm/ADT/bit.h"

#include "gtest/gtest.h"

#include <cfloat>
#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

static const Format &format(const char *name) { return *findFormat(name); }

// The steps of the generated code, with the library's rounding.
static int32_t referenceQuantize(float value, const AffineGrid &grid) {
  volatile float quotient = value / grid.scale;
  volatile float code = std::nearbyint(quotient) + float(grid.zeroPoint);
  if (std::isnan(value))
    return grid.zeroPoint;
  if (code < float(grid.qmin))
    return grid.qmin;
  return code > float(grid.qmax) ? grid.qmax : int32_t(code);
}

static const AffineGrid someGrids[] = {
    {0.1f, 0, -127, 127}, {0.0078431377f, 128, 0, 255}, {1.0f, -5, -128, 127},
    {3e-39f, 7, 0, 255},  {1e30f, -128, -128, 127},     {0.3f, 3, -8, 7},
};

TEST(AffineGrid, QuantizesAsTheStepsOfItsDefinitionForAnyFloat) {
  Random random(3);
  for (const AffineGrid &grid : someGrids) {
    for (int i = 0; i != 200000; ++i) {
      auto value = llvm::bit_cast<float>(uint32_t(random.bits()));
      if (i % 2)
        value = float(random.gauss()) * 100 * grid.scale;
      ASSERT_EQ(grid.quantize(value), referenceQuantize(value, grid)) << value << " " << grid.scale;
    }
  }
}

TEST(AffineGrid, RoundsHalfToEven) {
  AffineGrid grid = {2.0f, 0, -127, 127};
  EXPECT_EQ(grid.quantize(1.0f), 0);
  EXPECT_EQ(grid.quantize(3.0f), 2);
  EXPECT_EQ(grid.quantize(5.0f), 2);
  EXPECT_EQ(grid.quantize(-1.0f), 0);
  EXPECT_EQ(grid.quantize(-3.0f), -2);
  EXPECT_EQ(grid.quantize(std::nextafter(1.0f, 2.0f)), 1);
  // Rounding comes before the zero point: (0.5 -> 0) + 1, not round(1.5) = 2.
  EXPECT_EQ((AffineGrid{1.0f, 1, -127, 127}).quantize(0.5f), 1);
}

TEST(AffineGrid, InfinitiesSaturateAndNaNBecomesTheZeroPoint) {
  for (const AffineGrid &grid : someGrids) {
    EXPECT_EQ(grid.quantize(infinity), grid.qmax);
    EXPECT_EQ(grid.quantize(-infinity), grid.qmin);
    EXPECT_EQ(grid.quantize(notANumber), grid.zeroPoint);
    EXPECT_EQ(grid.quantize(0.0f), grid.zeroPoint);
    EXPECT_EQ(grid.quantize(-0.0f), grid.zeroPoint);
    EXPECT_EQ(grid.dequantize(grid.zeroPoint), 0.0f);
  }
}

TEST(AffineGrid, EveryCodeSurvivesDequantizingAndQuantizing) {
  for (const AffineGrid &grid : someGrids)
    for (int32_t code = grid.qmin; code <= grid.qmax; ++code)
      if (std::isfinite(grid.dequantize(code)))
        EXPECT_EQ(grid.quantize(grid.dequantize(code)), code) << grid.scale;
}

TEST(AffineGrid, WholeSpansGiveTheCodesOfTheirElements) {
  Random random(4);
  std::vector<float> values = random.gaussian(1000, 20);
  values[17] = notANumber;
  values[18] = -infinity;
  for (const AffineGrid &grid : someGrids) {
    std::vector<int8_t> codes(values.size());
    std::vector<uint8_t> unsignedCodes(values.size());
    std::vector<float> restored(values.size());
    if (grid.qmin < 0) {
      quantize(values, grid, codes);
      dequantize(codes, grid, restored);
    } else {
      quantize(values, grid, unsignedCodes);
      dequantize(unsignedCodes, grid, restored);
    }
    for (size_t i = 0; i != values.size(); ++i) {
      int32_t code = grid.qmin < 0 ? codes[i] : unsignedCodes[i];
      EXPECT_EQ(code, grid.quantize(values[i]));
      EXPECT_EQ(restored[i], grid.dequantize(code));
    }
  }
}

TEST(AffineGrid, ErrorIsAtMostHalfAScaleWithinTheRange) {
  Random random(5);
  for (const char *name : {"int8", "uint8", "int4", "uint4", "int3", "uint2"}) {
    for (bool symmetric : {true, false}) {
      std::vector<float> values = random.gaussian(2000);
      for (float &value : values)
        value += 0.7f; // So that both ends differ.
      AffineGrid grid = fitGrid(*findRange(values), format(name), symmetric);
      for (float value : values) {
        double restored = double(grid.quantize(value) - grid.zeroPoint) * double(grid.scale);
        // Rounding the zero point moves the ends of the grid by up to half a scale.
        double limit = symmetric ? 0.5 : 1.0;
        ASSERT_LE(std::fabs(value - restored), limit * grid.scale * (1 + 1e-5)) << name;
      }
      float inner = float(grid.qmax - 1 - grid.zeroPoint) * grid.scale * 0.9f;
      double restored = double(grid.quantize(inner) - grid.zeroPoint) * double(grid.scale);
      EXPECT_LE(std::fabs(inner - restored), grid.scale * 0.5 * (1 + 1e-5)) << name;
    }
  }
}

TEST(AffineGrid, AbsmaxUsesTheRestrictedRange) {
  EXPECT_EQ(fitAbsmax(12.7f, format("int8")), (AffineGrid{12.7f / 127, 0, -127, 127}));
  EXPECT_EQ(fitAbsmax(7, format("int4")), (AffineGrid{1, 0, -7, 7}));
  EXPECT_EQ(fitAbsmax(1, format("int2")), (AffineGrid{1, 0, -2, 1}));
  // The same grid as int8, 128 codes up.
  EXPECT_EQ(fitAbsmax(12.7f, format("uint8")), (AffineGrid{12.7f / 127, 128, 0, 255}));
}

TEST(AffineGrid, ZeroPointFitsTheWidenedRange) {
  EXPECT_EQ(fitZeroPoint({-1, 3}, format("uint8")), (AffineGrid{4.0f / 255, 64, 0, 255}));
  EXPECT_EQ(fitZeroPoint({-1, 3}, format("int8")), (AffineGrid{4.0f / 255, -64, -128, 127}));
  EXPECT_EQ(fitZeroPoint({2, 10}, format("uint8")), (AffineGrid{10.0f / 255, 0, 0, 255}));
  EXPECT_EQ(fitZeroPoint({2, 10}, format("int8")), (AffineGrid{10.0f / 255, -128, -128, 127}));
  EXPECT_EQ(fitZeroPoint({-10, -2}, format("int8")), (AffineGrid{10.0f / 255, 127, -128, 127}));
}

TEST(AffineGrid, AConstantZeroTensorHasScaleOne) {
  EXPECT_EQ(fitAbsmax(0, format("int8")), (AffineGrid{1, 0, -127, 127}));
  EXPECT_EQ(fitZeroPoint({0, 0}, format("int8")), (AffineGrid{1, 0, -128, 127}));
  EXPECT_EQ(fitZeroPoint({0, 0}, format("uint8")), (AffineGrid{1, 0, 0, 255}));
}

TEST(AffineGrid, ScalesAreFiniteAndPositiveAtBothEndsOfFloat) {
  AffineGrid wide = fitZeroPoint({-FLT_MAX, FLT_MAX}, format("uint8"));
  EXPECT_FLOAT_EQ(wide.scale, FLT_MAX / 255 * 2);
  EXPECT_EQ(wide.quantize(FLT_MAX), 255);
  EXPECT_EQ(wide.quantize(-FLT_MAX), 0);
  EXPECT_EQ(fitAbsmax(FLT_TRUE_MIN, format("int8")).scale, FLT_MIN);
  EXPECT_EQ(fitZeroPoint({0, FLT_TRUE_MIN}, format("int8")).scale, FLT_MIN);
}

TEST(AffineGrid, RangesLeaveOutWhatIsNotFinite) {
  uint64_t numNonFinite = 0;
  const float values[] = {notANumber, 2, -infinity, -3, infinity};
  EXPECT_EQ(findRange(values, &numNonFinite), (Range{-3, 2}));
  EXPECT_EQ(numNonFinite, 3u);
  EXPECT_EQ(findRange({infinity, notANumber}), std::nullopt);
  EXPECT_EQ(findRange({}), std::nullopt);
  EXPECT_EQ((Range{-3, 2}).absmax(), 3);
}

// ggml's Q4_0: d = the number of the largest magnitude / -8, code = floor(x / d + 8.5) - 8 below 8.
TEST(AffineGrid, TheFullRangePutsTheLargestMagnitudeOnTheLowestCode) {
  Format full = format("int4").withFullRange();
  EXPECT_EQ(fitGrid({-4, 3}, full, true), (AffineGrid{0.5f, 0, -8, 7}));
  EXPECT_EQ(fitGrid({-3, 4}, full, true), (AffineGrid{-0.5f, 0, -8, 7}));
  EXPECT_EQ(fitGrid({-4, 4}, full, true), (AffineGrid{0.5f, 0, -8, 7}));
  EXPECT_EQ(fitGrid({0, 0}, full, true), (AffineGrid{1, 0, -8, 7}));
  Random random(4);
  for (int i = 0; i != 10000; ++i) {
    float largest = float(random.gauss()), value = float(random.uniform()) * largest;
    AffineGrid grid = fitGrid({std::min(largest, 0.0f), std::max(largest, 0.0f)}, full, true);
    EXPECT_EQ(grid.quantize(largest), -8);
    float d = largest / -8;
    int32_t code = std::min(15, int32_t(value / d + 8.5f)) - 8;
    // Halves go up there and to even codes here.
    if (std::fabs(value / d - std::nearbyint(value / d)) < 0.4999f)
      EXPECT_EQ(grid.quantize(value), code) << value << " of " << largest;
  }
}
