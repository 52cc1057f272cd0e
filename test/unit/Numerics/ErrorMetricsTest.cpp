// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/ErrorMetrics.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

TEST(ErrorMetrics, AreTheirDefinitionsOnASmallExample) {
  ErrorMetrics error = measureError({3, 4}, {3, 2});
  EXPECT_EQ(error.count, 2u);
  EXPECT_EQ(error.meanSquaredError(), 2);
  EXPECT_DOUBLE_EQ(error.sqnr(), 10 * std::log10(25.0 / 4));
  EXPECT_DOUBLE_EQ(error.cosine(), 17 / (5 * std::sqrt(13.0)));
  EXPECT_EQ(error.maxError, 2);
}

TEST(ErrorMetrics, LongTensorsSumToThePlainSum) {
  Random random(11);
  for (size_t size : {1u, 7u, 8u, 4095u, 4096u, 4097u, 20003u}) {
    std::vector<float> expected = random.gaussian(size), actual = expected;
    for (float &value : actual)
      value += float(random.gauss()) * 0.01f;
    long double power = 0, noise = 0;
    for (size_t i = 0; i != size; ++i) {
      long double difference = (long double)expected[i] - actual[i];
      power += (long double)expected[i] * expected[i];
      noise += difference * difference;
    }
    ErrorMetrics error = measureError(expected, actual);
    EXPECT_NEAR(error.meanSquaredError(), double(noise / size), 1e-12 * double(noise / size));
    EXPECT_NEAR(error.sqnr(), double(10 * std::log10(power / noise)), 1e-9);
  }
}

TEST(ErrorMetrics, PartsAddUp) {
  ErrorMetrics sum = measureError({1, 2}, {1, 3});
  sum.add(measureError({-5}, {-4.5f}));
  ErrorMetrics whole = measureError({1, 2, -5}, {1, 3, -4.5f});
  EXPECT_EQ(sum.count, whole.count);
  EXPECT_EQ(sum.errorPower, whole.errorPower);
  EXPECT_EQ(sum.expectedPower, whole.expectedPower);
  EXPECT_EQ(sum.maxError, whole.maxError);
}

TEST(ErrorMetrics, EdgesAreDefined) {
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(measureError({}, {}).meanSquaredError(), 0);
  EXPECT_EQ(measureError({1, 2}, {1, 2}).sqnr(), infinity);
  EXPECT_EQ(measureError({0, 0}, {0, 0}).sqnr(), infinity);
  EXPECT_EQ(measureError({0, 0}, {1, 0}).sqnr(), -infinity);
  EXPECT_EQ(measureError({0, 0}, {0, 0}).cosine(), 1);
  EXPECT_EQ(measureError({0, 0}, {1, 0}).cosine(), 0);
  EXPECT_EQ(measureError({1, 2}, {-1, -2}).cosine(), -1);
}

TEST(ErrorMetrics, NaNIsNeverHidden) {
  float nan = std::numeric_limits<float>::quiet_NaN();
  for (size_t position : {0u, 9u, 5000u}) {
    std::vector<float> expected(6000, 1.0f), actual(6000, 1.0f);
    actual[position] = nan;
    ErrorMetrics error = measureError(expected, actual);
    EXPECT_TRUE(std::isnan(error.meanSquaredError()));
    EXPECT_TRUE(std::isnan(error.sqnr()));
    EXPECT_TRUE(std::isnan(error.cosine()));
    EXPECT_TRUE(std::isnan(error.maxError));
  }
}
