// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/ChannelScales.h"
#include "Random.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

TEST(ChannelScales, MaximaOfAnyAxis) {
  std::vector<float> values = {1, -2, 3, -4, 5, -6, 7, 8};
  std::vector<float> rows(2, 0), columns(4, 0), inner(2, 6.5f);
  raiseChannelMaxima(rows, values, {2, 4}, 0);
  raiseChannelMaxima(columns, values, {2, 4}, 1);
  raiseChannelMaxima(inner, values, {2, 2, 2}, 1);
  EXPECT_EQ(rows, std::vector<float>({4, 8}));
  EXPECT_EQ(columns, std::vector<float>({5, 6, 7, 8}));
  EXPECT_EQ(inner, std::vector<float>({6.5f, 8})); // What was there before counts, too.
}

TEST(ChannelScales, MaximaLeaveOutWhatIsNotFinite) {
  float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> absmax(2, 0);
  raiseChannelMaxima(absmax, {std::nanf(""), -infinity, -2, 3}, {2, 2}, 1);
  EXPECT_EQ(absmax, std::vector<float>({2, 3}));
}

TEST(ChannelScales, AlphaDividesTheRangeBetweenBoth) {
  // At .5 both have the same range afterwards: 16 / 8 = 2 and .5 * 8 = 4 become ...
  std::vector<float> half = findSmoothingFactors({16, 4}, {0.25f, 4}, {0.5, false});
  EXPECT_EQ(half, std::vector<float>({8, 1}));
  // ... 16 / 8 = .25 * 8. All of it, and nothing: the weights' range becomes 1 then.
  EXPECT_EQ(findSmoothingFactors({16, 4}, {0.25f, 4}, {1, false}), std::vector<float>({16, 4}));
  EXPECT_EQ(findSmoothingFactors({16, 4}, {0.25f, 4}, {0, false}), std::vector<float>({4, 0.25f}));
}

TEST(ChannelScales, DeadChannelsStayAsTheyAre) {
  EXPECT_EQ(findSmoothingFactors({0, 9, 0}, {1, 0, 0}, {}), std::vector<float>({1, 1, 1}));
}

TEST(ChannelScales, FactorsAreBounded) {
  EXPECT_EQ(findSmoothingFactors({1e38f, 1e-38f}, {1e-38f, 1e38f}, {}),
            std::vector<float>({65536, 1.0f / 65536}));
}

TEST(ChannelScales, PowersOfTwoAreTheNearest) {
  std::vector<float> factors = findSmoothingFactors({3, 2.7f, 0.2f}, {1, 1, 1}, {1, true});
  EXPECT_EQ(factors, std::vector<float>({4, 2, 0.25f}));
}

TEST(ChannelScales, DividingByPowersOfTwoIsUndoneExactly) {
  Random random(1);
  std::vector<float> values = random.gaussian(60), before = values;
  std::vector<float> factors =
      findSmoothingFactors({900, 80, 7, 6e-3f, 5e-4f}, {1, 2, 3, 4, 5}, {0.5, true});
  multiplyChannels(values, {3, 5, 4}, 1, factors);
  EXPECT_NE(values, before);
  EXPECT_EQ(values[4], before[4] * factors[1]); // The second channel begins behind the inner 4.
  divideChannels(values, {3, 5, 4}, 1, factors);
  EXPECT_EQ(values, before);
}
