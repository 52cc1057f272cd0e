// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Codebook.h"

#include "Random.h"

#include "llvm/ADT/STLExtras.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>

using namespace halftone;
using halftone::testing::Random;

static double squaredError(const std::vector<float> &values, llvm::ArrayRef<float> codebook) {
  double sum = 0;
  for (float value : values) {
    double error = double(value) - codebook[findNearest(codebook, value)];
    sum += error * error;
  }
  return sum;
}

static std::vector<float> linearGrid(const std::vector<float> &values, unsigned size) {
  auto [min, max] = std::minmax_element(values.begin(), values.end());
  std::vector<float> grid;
  for (unsigned i = 0; i != size; ++i)
    grid.push_back(float(*min + (double(*max) - *min) * i / (size - 1)));
  return grid;
}

// Lloyd's steps never raise the error; for Gaussians, which a linear grid fits badly, they lower
// it.
TEST(Codebook, IsNeverWorseThanTheLinearGridItStartsFrom) {
  Random random(1);
  for (unsigned bits = 2; bits <= 8; ++bits) {
    for (size_t size : {1, 2, 5, 100, 5000}) {
      std::vector<float> values = random.gaussian(size);
      std::vector<float> codebook = fitCodebook(values, 1u << bits);
      ASSERT_EQ(codebook.size(), 1u << bits);
      EXPECT_TRUE(llvm::is_sorted(codebook));
      double linear = squaredError(values, linearGrid(values, 1u << bits));
      EXPECT_LE(squaredError(values, codebook), linear * (1 + 1e-6) + 1e-12) << bits << " " << size;
      if (size == 5000 && bits <= 4)
        EXPECT_LT(squaredError(values, codebook), 0.8 * linear) << bits;
    }
  }
}

// The least mean squared error of N(0, 1) is known: J. Max, "Quantizing for minimum distortion",
// 1960, table I.
TEST(Codebook, ReachesTheOptimumOfAGaussian) {
  std::vector<float> values = Random(2).gaussian(1 << 18);
  double size = double(values.size());
  EXPECT_NEAR(squaredError(values, fitCodebook(values, 4)) / size, 0.1175, 0.001);
  EXPECT_NEAR(squaredError(values, fitCodebook(values, 8)) / size, 0.03454, 0.0005);
  EXPECT_NEAR(squaredError(values, fitCodebook(values, 16)) / size, 0.009497, 0.0003);
}

TEST(Codebook, KeepsAsManyDifferentValuesAsItHolds) {
  std::vector<float> values;
  for (int i = 0; i != 1000; ++i)
    values.push_back(float(i % 4) * 1.5f - 2);
  EXPECT_EQ(squaredError(values, fitCodebook(values, 4)), 0);
  EXPECT_EQ(squaredError(values, fitCodebook(values, 16)), 0);
}

// Sums over sorted values cannot depend on the order in which a model stores them.
TEST(Codebook, DoesNotDependOnTheOrderOfTheValues) {
  std::vector<float> values = Random(3).gaussian(3000);
  std::vector<float> codebook = fitCodebook(values, 16);
  std::reverse(values.begin(), values.end());
  EXPECT_EQ(fitCodebook(values, 16), codebook);
}

TEST(Codebook, FindsTheNearestEntryAndTheEvenOneOfTwo) {
  std::vector<float> codebook = {-1, 0, 1, 3};
  EXPECT_EQ(findNearest(codebook, -9), 0);
  EXPECT_EQ(findNearest(codebook, -0.5f), 0);
  EXPECT_EQ(findNearest(codebook, 0.5f), 2);
  EXPECT_EQ(findNearest(codebook, 1.9f), 2);
  EXPECT_EQ(findNearest(codebook, 2.1f), 3);
}
