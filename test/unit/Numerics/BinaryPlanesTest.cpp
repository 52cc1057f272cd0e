// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/BinaryPlanes.h"

#include "Random.h"

#include "llvm/ADT/STLExtras.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace halftone;
using halftone::testing::Random;

// One plane of N(0, 1): the scale is E|x| = sqrt(2 / pi), and what is left is 1 - 2 / pi = .3634.
TEST(BinaryPlanes, OnePlaneOfAGaussianLeavesOneMinusTwoOverPi) {
  std::vector<float> values = Random(1).gaussian(1 << 18);
  for (bool withOffset : {false, true}) {
    BinaryPlanes planes = fitGreedily(values, 1, withOffset);
    EXPECT_NEAR(planes.scales[0], std::sqrt(2 / M_PI), 0.003);
    EXPECT_NEAR(planes.squaredError(values) / double(values.size()), 1 - 2 / M_PI, 0.003);
  }
}

TEST(BinaryPlanes, AlternatingIsNeverWorseThanGreedy) {
  Random random(2);
  for (unsigned numPlanes = 1; numPlanes <= 4; ++numPlanes)
    for (size_t size : {1, 2, 3, 16, 128, 1000})
      for (bool withOffset : {false, true}) {
        std::vector<float> values = random.gaussian(size);
        double greedy = fitGreedily(values, numPlanes, withOffset).squaredError(values);
        double alternating = fitAlternating(values, numPlanes, withOffset).squaredError(values);
        EXPECT_LE(alternating, greedy) << numPlanes << " " << size << " " << withOffset;
        if (numPlanes > 1 && size >= 128)
          EXPECT_LT(alternating, 0.95 * greedy) << numPlanes << " " << size;
      }
}

// offset = the middle, scales = half a step times 1, 2, 4, …
TEST(BinaryPlanes, AnOffsetMakesEveryUniformGridExact) {
  Random random(3);
  for (unsigned numPlanes = 1; numPlanes <= 4; ++numPlanes)
    for (float low : {-8.0f, 0.0f, -3.5f, 100.0f}) {
      std::vector<float> values;
      for (int i = 0; i != 128; ++i)
        values.push_back(low + 0.25f * float(random.below(1u << numPlanes)));
      // Both ends are there, so that the grid is the one between them.
      values.push_back(low);
      values.push_back(low + 0.25f * float((1 << numPlanes) - 1));
      EXPECT_EQ(fitAlternating(values, numPlanes, true).squaredError(values), 0)
          << numPlanes << " " << low;
      if (low == 100.0f)
        EXPECT_GT(fitAlternating(values, numPlanes, false).squaredError(values), 0);
    }
}

TEST(BinaryPlanes, MorePlanesAndAnOffsetLowerTheError) {
  Random random(4);
  std::vector<float> values;
  for (float value : random.gaussian(512))
    values.push_back(value * value); // Of one sign, so that an offset matters.
  double previous = 1e30;
  for (unsigned numPlanes = 1; numPlanes <= 4; ++numPlanes) {
    double without = fitAlternating(values, numPlanes, false).squaredError(values);
    double with = fitAlternating(values, numPlanes, true).squaredError(values);
    EXPECT_LT(with, without);
    EXPECT_LT(with, previous);
    previous = with;
  }
}

TEST(BinaryPlanes, ScalesArePositiveAndDescend) {
  for (uint64_t seed = 10; seed != 30; ++seed) {
    std::vector<float> values = Random(seed).gaussian(64);
    BinaryPlanes planes = fitAlternating(values, 4, true);
    EXPECT_GE(planes.scales.back(), 0);
    EXPECT_TRUE(llvm::is_sorted(llvm::reverse(planes.scales)));
  }
}

// Equations without a single solution: all elements equal, or fewer of them than unknowns.
TEST(BinaryPlanes, TakesDegenerateBlocks) {
  for (std::vector<float> values :
       {std::vector<float>(128, 0.0f), std::vector<float>(128, 2.5f), {1.0f}, {1.0f, -2.0f}})
    for (bool withOffset : {false, true})
      EXPECT_LT(fitAlternating(values, 4, withOffset).squaredError(values), 1e-2);
}
