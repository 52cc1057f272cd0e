// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/RoundedDivision.h"

#include "llvm/ADT/bit.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace halftone;

static float divide(float x, float scale, RoundedDivision form) {
  float reciprocal = 1 / scale, quotient = x * reciprocal;
  if (form == RoundedDivision::Correct)
    quotient = std::fma(std::fma(-scale, quotient, x), reciprocal, quotient);
  return std::rint(quotient);
}

/// How many floats from scale / 4 to limit * scale the form rounds to another integer.
static int64_t countDifferences(float scale, int32_t limit, RoundedDivision form) {
  int64_t count = 0;
  uint32_t end = llvm::bit_cast<uint32_t>(float(limit) * scale);
  for (uint32_t bits = llvm::bit_cast<uint32_t>(scale / 4); bits <= end; ++bits) {
    auto x = llvm::bit_cast<float>(bits);
    count += divide(x, scale, form) != std::rint(x / scale);
  }
  return count;
}

// Every float is tried, not just those next to a boundary.
TEST(RoundedDivision, FormsAgreeWithTheDivisionForEveryFloat) {
  for (float scale : {0.0031234566f, 0.049975306f}) {
    ASSERT_EQ(findRoundedDivision(scale, -15, 15), RoundedDivision::Correct) << scale;
    EXPECT_EQ(countDifferences(scale, 15, RoundedDivision::Correct), 0) << scale;
    EXPECT_GT(countDifferences(scale, 15, RoundedDivision::Multiply), 0) << scale;
    float near = findExactReciprocal(scale, 15);
    ASSERT_EQ(findRoundedDivision(near, -15, 15), RoundedDivision::Multiply) << near;
    EXPECT_EQ(countDifferences(near, 15, RoundedDivision::Multiply), 0) << near;
  }
}

TEST(RoundedDivision, PowersOfTwoNeedNoCorrection) {
  EXPECT_EQ(findRoundedDivision(0.125f, -255, 255), RoundedDivision::Multiply);
  EXPECT_EQ(findExactReciprocal(0.125f, 255), 0.125f);
}

// A scale per tensor is moved by far less than its range was estimated to.
TEST(RoundedDivision, ExactReciprocalsAreNear) {
  for (int i = 1; i <= 200; ++i) {
    float scale = float(i) * 0.00317f;
    float near = findExactReciprocal(scale, 255);
    EXPECT_EQ(findRoundedDivision(near, -255, 255), RoundedDivision::Multiply) << scale;
    EXPECT_GE(near, scale);
    EXPECT_LE(near, scale * 1.0005f);
  }
}

TEST(RoundedDivision, ScalesNextToTheLimitsOfTheExponentKeepTheDivision) {
  for (float scale : {0x1p-61f, 0x1p61f, 0.0f, INFINITY, NAN, -1.0f})
    EXPECT_EQ(findRoundedDivision(scale, -127, 127), std::nullopt) << scale;
  EXPECT_EQ(findExactReciprocal(0x1p-100f, 255), 0x1p-100f);
}
