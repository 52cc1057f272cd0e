// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Histogram.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <cfloat>
#include <cmath>

using namespace halftone;
using halftone::testing::Random;

static void addOne(Histogram &histogram, float value) { histogram.add({value}, std::fabs(value)); }

static void expectEqual(const Histogram &lhs, const Histogram &rhs) {
  EXPECT_EQ(lhs.getExponent(), rhs.getExponent());
  EXPECT_EQ(lhs.getPositive(), rhs.getPositive());
  EXPECT_EQ(lhs.getNegative(), rhs.getNegative());
}

TEST(Histogram, TheLargestMagnitudeFallsIntoTheUpperHalf) {
  for (float absmax : {1.0f, 0.99f, 1.5f, 3e-20f, 1e30f, FLT_MAX, 4095.0f, 4096.0f}) {
    Histogram histogram;
    addOne(histogram, absmax);
    uint64_t inUpperHalf = 0;
    for (uint64_t count : histogram.getPositive().drop_front(Histogram::numBins / 2))
      inUpperHalf += count;
    EXPECT_EQ(inUpperHalf, 1u) << absmax;
    EXPECT_EQ(histogram.getExponent(), Histogram::exponentFor(absmax));
  }
}

TEST(Histogram, CountsEachValueInTheBinOfItsDefinition) {
  Random random(13);
  std::vector<float> values = random.gaussian(5000);
  values.insert(values.end(), {0.0f, -0.0f, 1.0f, -1.0f, 5.0f});
  Histogram histogram;
  histogram.add(values, 5.0f);
  std::vector<uint64_t> positive(Histogram::numBins), negative(Histogram::numBins);
  for (float value : values) {
    auto bin = size_t(std::floor(std::fabs(double(value)) / histogram.getBinWidth()));
    ++(value < 0 ? negative : positive)[bin];
  }
  EXPECT_EQ(histogram.getBinWidth(), 8.0 / 4096);
  EXPECT_EQ(histogram.getPositive(), llvm::ArrayRef<uint64_t>(positive));
  EXPECT_EQ(histogram.getNegative(), llvm::ArrayRef<uint64_t>(negative));
  EXPECT_EQ(histogram.getCount(), values.size());
  EXPECT_EQ(histogram.getMagnitudes()[512], positive[512] + negative[512]);
}

// A late outlier, growing by more bins than there are, must leave what starting with it leaves.
TEST(Histogram, OrderDoesNotMatter) {
  Random random(14);
  std::vector<float> values;
  for (int i = 0; i != 2000; ++i)
    values.push_back(std::ldexp(float(random.gauss()), int(random.below(60)) - 50));
  for (float outlier : {0.0f, 1e4f, -1e30f, 1e-40f}) {
    values.push_back(outlier);
    Histogram forward, backward;
    for (float value : values)
      addOne(forward, value);
    for (size_t i = values.size(); i-- > 0;)
      addOne(backward, values[i]);
    expectEqual(forward, backward);
  }
}

TEST(Histogram, AJumpByAnyPowerOfTwoLeavesSmallValuesInTheFirstBin) {
  for (int jump = 12; jump != 100; ++jump) {
    Histogram histogram, other;
    addOne(histogram, -1.5f);
    addOne(other, std::ldexp(1.0f, jump));
    Histogram merged = histogram;
    merged.merge(other);
    other.merge(histogram);
    addOne(histogram, std::ldexp(1.0f, jump));
    EXPECT_EQ(histogram.getNegative()[0], 1u) << jump;
    expectEqual(merged, histogram);
    expectEqual(other, histogram);
  }
}

TEST(Histogram, MergingIsAddingInAnyOrder) {
  Random random(15);
  Histogram whole, first, second, empty;
  for (int i = 0; i != 3000; ++i) {
    auto value = float(random.gauss() * (i % 3 ? 1 : 1000));
    addOne(whole, value);
    addOne(i % 3 ? first : second, value);
  }
  Histogram firstThenSecond = first, secondThenFirst = second;
  firstThenSecond.merge(second);
  secondThenFirst.merge(first);
  secondThenFirst.merge(empty);
  expectEqual(firstThenSecond, whole);
  expectEqual(secondThenFirst, whole);
  empty.merge(whole);
  expectEqual(empty, whole);
}

TEST(Histogram, TinyMagnitudesShareTheSmallestWidth) {
  Histogram histogram;
  addOne(histogram, FLT_TRUE_MIN);
  addOne(histogram, -FLT_MIN);
  EXPECT_EQ(histogram.getExponent(), Histogram::minExponent);
  EXPECT_EQ(histogram.getPositive()[0], 1u);
  EXPECT_EQ(histogram.getNegative()[1], 1u); // FLT_MIN is 2^-126.
}

TEST(Histogram, RestoresOnlyWhatCanBeAHistogram) {
  std::vector<uint64_t> counts(Histogram::numBins, 2), tooFew(10, 2);
  ASSERT_TRUE(Histogram::fromCounts(3, counts, counts));
  EXPECT_EQ(Histogram::fromCounts(3, counts, counts)->getCount(), 4u * Histogram::numBins);
  EXPECT_FALSE(Histogram::fromCounts(3, counts, tooFew));
  EXPECT_FALSE(Histogram::fromCounts(117, counts, counts));
  EXPECT_FALSE(Histogram::fromCounts(-127, counts, counts));
}
