// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/TextbookGrid.h"

#include "llvm/ADT/bit.h"

#include "gtest/gtest.h"

using namespace halftone;

static const float example[] = {0.1f, -0.5f, 1.2f, -3.4f, 0.7f, 2.25f, -0.031f, 1e-3f};

struct TextbookResult {
  int8_t code;
  uint32_t restoredBits;
};

static void expectCodes(const TextbookGrid &grid, llvm::ArrayRef<float> values,
                        llvm::ArrayRef<TextbookResult> expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i != values.size(); ++i) {
    EXPECT_EQ(grid.quantize(values[i]), expected[i].code) << values[i];
    EXPECT_EQ(llvm::bit_cast<uint32_t>(grid.dequantize(expected[i].code)), expected[i].restoredBits)
        << values[i];
  }
}

// The expected bits come from the formulas in numpy, every operation in float32.
TEST(TextbookGrid, AbsmaxIsReproducedBitForBit) {
  TextbookGrid grid = fitTextbookAbsmax(example);
  EXPECT_EQ(llvm::bit_cast<uint32_t>(grid.scale), 0x42156969u);
  expectCodes(grid, example,
              {{4, 0x3ddb503b},
               {-19, 0xbf0237a3},
               {45, 0x3f9a3469},
               {-127, 0xc059999a},
               {26, 0x3f323130},
               {84, 0x400feca6},
               {-1, 0xbcdb503b},
               {0, 0}});
}

TEST(TextbookGrid, ZeroPointIsReproducedBitForBit) {
  TextbookGrid grid = fitTextbookZeroPoint(example);
  EXPECT_EQ(llvm::bit_cast<uint32_t>(grid.scale), 0x423487eeu);
  EXPECT_EQ(grid.zeroPoint, 25);
  expectCodes(grid, example,
              {{30, 0x3de2e2e3},
               {2, 0xbf0275a9},
               {79, 0x3f9925f3},
               {-128, 0xc058f5c2},
               {57, 0x3f35824f},
               {127, 0x4010a3d7},
               {24, 0xbcb5824f},
               {25, 0}});
}

// The range is not widened to contain zero, so all codes serve the values there are.
TEST(TextbookGrid, ZeroPointOfARangeWithoutZeroIsNoCode) {
  const float values[] = {10, 10.5f, 12, 20};
  TextbookGrid grid = fitTextbookZeroPoint(values);
  EXPECT_EQ(grid.scale, 25.5f);
  EXPECT_EQ(grid.zeroPoint, -383);
  expectCodes(grid, values,
              {{-128, 0x41200000}, {-115, 0x41282828}, {-77, 0x41400000}, {127, 0x41a00000}});
}

TEST(TextbookGrid, ConstantTensorsHaveAUsableScale) {
  EXPECT_EQ(fitTextbookZeroPoint({0, 0}).scale, 255);
  EXPECT_EQ(fitTextbookZeroPoint({0, 0}).zeroPoint, -128);
  EXPECT_EQ(fitTextbookAbsmax({0, 0}).scale, 1);
}
