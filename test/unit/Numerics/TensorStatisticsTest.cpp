// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/TensorStatistics.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <chrono>
#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

static void observe(TensorStatistics &statistics, uint64_t sample, llvm::ArrayRef<float> values,
                    llvm::ArrayRef<int64_t> shape = {}) {
  llvm::cantFail(statistics.observe(sample, values, shape));
}

static std::string observeError(TensorStatistics &statistics, llvm::ArrayRef<float> values,
                                llvm::ArrayRef<int64_t> shape) {
  llvm::Error error = statistics.observe(0, values, shape);
  EXPECT_TRUE(bool(error));
  return llvm::toString(std::move(error));
}

TEST(TensorStatistics, CountWhatWasSeen) {
  TensorStatistics statistics;
  EXPECT_EQ(statistics.getRange(), std::nullopt);
  observe(statistics, 0, {1, -2, 0, -0.0f, notANumber, infinity, -infinity});
  observe(statistics, 1, {3});
  EXPECT_EQ(statistics.getCount(), 5u);
  EXPECT_EQ(statistics.getNumZeros(), 2u);
  EXPECT_EQ(statistics.getNumNaNs(), 1u);
  EXPECT_EQ(statistics.getNumInfinities(), 2u);
  EXPECT_EQ(statistics.getRange(), (Range{-2, 3}));
}

TEST(TensorStatistics, NothingFiniteLeavesNoRange) {
  TensorStatistics statistics;
  observe(statistics, 0, {notANumber, -infinity});
  observe(statistics, 1, {});
  EXPECT_EQ(statistics.getRange(), std::nullopt);
  EXPECT_TRUE(statistics.getRecentSamples().empty());
}

// Parts of 4096 values are summarized at once: one bad value anywhere must not spoil the others.
TEST(TensorStatistics, NonFiniteValuesAreLeftOutWhereverTheyAre) {
  Random random(16);
  for (size_t position : {0u, 4095u, 4096u, 9999u}) {
    for (float bad : {notANumber, -notANumber, infinity, -infinity}) {
      std::vector<float> values = random.gaussian(10000), clean = values;
      values[position] = bad;
      clean.erase(clean.begin() + position);
      TensorStatistics statistics, expected;
      observe(statistics, 0, values);
      observe(expected, 0, clean);
      EXPECT_EQ(statistics.getRange(), expected.getRange());
      EXPECT_EQ(statistics.getRange(), findRange(clean));
      EXPECT_EQ(statistics.getHistogram().getPositive(), expected.getHistogram().getPositive());
      EXPECT_EQ(statistics.getHistogram().getNegative(), expected.getHistogram().getNegative());
      EXPECT_EQ(statistics.getNumNaNs() + statistics.getNumInfinities(), 1u);
    }
  }
}

TEST(TensorStatistics, ARangeOfZerosHasNoSign) {
  TensorStatistics statistics;
  observe(statistics, 0, {-0.0f, -0.0f});
  EXPECT_FALSE(std::signbit(statistics.getRange()->min));
  EXPECT_FALSE(std::signbit(statistics.getRange()->max));
  EXPECT_EQ(statistics.getNumZeros(), 2u);
}

TEST(TensorStatistics, KeepTheRangesOfTheLatestSamples) {
  TensorStatistics statistics;
  size_t last = 2 * TensorStatistics::maxRecentSamples;
  for (size_t sample = 0; sample <= last; ++sample)
    observe(statistics, sample, {float(sample), -1});
  observe(statistics, last, {-5}); // A second part of the same sample.
  observe(statistics, 0, {-7});    // Too old.
  EXPECT_EQ(statistics.getRecentSamples().size(), TensorStatistics::maxRecentSamples);
  EXPECT_EQ(statistics.getRecentSamples().rbegin()->second, (Range{-5, float(last)}));
  EXPECT_EQ(statistics.getRecentSamples().begin()->first,
            last - TensorStatistics::maxRecentSamples + 1);
  EXPECT_EQ(statistics.getRange(), (Range{-7, float(last)}));
}

TEST(TensorStatistics, ChannelsAreSlicesAlongTheirAxis) {
  const float values[] = {1,  -2, 3,  4,   5,  -6, //
                          -7, 8,  -9, -10, 11, notANumber};
  for (int64_t axis : {0, 1, 2, -1, -2, -3}) {
    TensorStatistics statistics = TensorStatistics::withChannels(axis);
    observe(statistics, 0, values, {2, 3, 2});
    const std::vector<float> expected[] = {{6, 11}, {8, 10, 11}, {11, 10}};
    EXPECT_EQ(statistics.getChannels()->absmax, expected[(axis + 3) % 3]) << axis;
    observe(statistics, 1, std::vector<float>(12, -8.5f), {2, 3, 2});
    EXPECT_EQ(statistics.getChannels()->absmax.front(),
              std::max(8.5f, expected[(axis + 3) % 3][0]));
  }
}

TEST(TensorStatistics, RefuseShapesWithoutTheChannels) {
  TensorStatistics statistics = TensorStatistics::withChannels(-2);
  observe(statistics, 0, {1, 2, 3, 4, 5, 6}, {3, 2});
  EXPECT_EQ(observeError(statistics, {1, 2}, {2}),
            "the shape [2] has no axis -2 to keep channels of");
  EXPECT_EQ(observeError(statistics, {1, 2}, {2, 1}),
            "the shape [2, 1] has 2 channels, but 3 were seen before");
  EXPECT_EQ(observeError(statistics, {1, 2}, {3, 1}), "2 values cannot have the shape [3, 1]");
  EXPECT_EQ(statistics.getCount(), 6u) << "nothing is added on an error";
}

TEST(TensorStatistics, RefuseToMergeOtherChannels) {
  auto mergeError = [](TensorStatistics &lhs, const TensorStatistics &rhs) {
    return llvm::toString(lhs.merge(rhs));
  };
  TensorStatistics plain, last = TensorStatistics::withChannels(-1),
                          first = TensorStatistics::withChannels(0), other = last;
  observe(last, 0, {1, 2}, {1, 2});
  observe(other, 0, {1, 2, 3}, {1, 3});
  EXPECT_EQ(mergeError(plain, last), "only one of them has statistics per channel");
  EXPECT_EQ(mergeError(first, last), "channels are of axis 0 in one and -1 in the other");
  EXPECT_EQ(mergeError(last, other), "one has 2 channels, the other 3");
}

// The target is 500 MB/s; a machine under load gets a fifth of it here.
TEST(TensorStatistics, ObserveAtTheSpeedOfAStream) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "a sanitized build has another speed";
#endif
  Random random(17);
  std::vector<float> values = random.gaussian(1 << 20);
  TensorStatistics statistics;
  observe(statistics, 0, values);
  auto begin = std::chrono::steady_clock::now();
  constexpr int rounds = 16;
  for (int round = 0; round != rounds; ++round)
    observe(statistics, round, values);
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  double bytesPerSecond = rounds * values.size() * sizeof(float) / time.count();
  RecordProperty("megabytes_per_second", int(bytesPerSecond / 1e6));
  EXPECT_GT(bytesPerSecond, 100e6);
}
