// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Profile/MeasureLatency.h"
#include "halftone/Profile/Profiler.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace halftone;

/// 1, 2, ..., count.
static std::vector<double> countUp(size_t count) {
  std::vector<double> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 1.0);
  return numbers;
}

TEST(MeasureLatency, FindsTheMedian) {
  EXPECT_EQ(findMedian(countUp(1)), 1);
  EXPECT_EQ(findMedian(countUp(2)), 1.5);
  EXPECT_EQ(findMedian(countUp(5)), 3);
}

TEST(MeasureLatency, BoundsTheMedian) {
  // 25 coins show at most 18 heads in 99.27 % of all tries, at most 17 in 97.8 %.
  EXPECT_EQ(boundMedian(countUp(25)), 19);
  // Few runs say little.
  EXPECT_EQ(boundMedian(countUp(7)), 7);
  EXPECT_EQ(boundMedian(countUp(3)), 3);
  // 8 coins: at most 6 in 96.5 %, at most 7 in 99.6 %.
  EXPECT_EQ(boundMedian(countUp(8)), 8);
  // 11 coins: at most 9 in 99.4 %.
  EXPECT_EQ(boundMedian(countUp(11)), 10);
}

TEST(MeasureLatency, BoundIsNotWithinReachOfALuckyMedian) {
  // A median below a limit of 2, while nearly half of the runs are far above.
  std::vector<double> seconds(25, 1.0);
  std::fill(seconds.begin() + 13, seconds.end(), 3.0);
  EXPECT_EQ(findMedian(seconds), 1);
  EXPECT_EQ(boundMedian(seconds), 3);
}

TEST(MeasureLatency, SaysWhatCannotBeLoaded) {
  llvm::Expected<std::vector<Latency>> times =
      measureLatencies({"/nowhere/model.so"}, {}, LatencyOptions{"/nowhere/samples.npz"});
  ASSERT_FALSE(bool(times));
  EXPECT_NE(llvm::toString(times.takeError()).find("/nowhere/model.so"), std::string::npos);
}

TEST(Profiler, GivesTimesToRegions) {
  ProfileRun run;
  run.milliseconds = 10;
  run.events = {{-1, 100}, {0, 110}, {1, 140}, {0, 150}, {7, 170}, {-1, 200}};
  RegionTimes times = sumRegions(run, 2);
  ASSERT_EQ(times.regions.size(), 2u);
  EXPECT_DOUBLE_EQ(times.regions[0].milliseconds, 5);
  EXPECT_EQ(times.regions[0].calls, 2);
  EXPECT_DOUBLE_EQ(times.regions[1].milliseconds, 1);
  EXPECT_EQ(times.regions[1].calls, 1);
  // A region that the table has not, and what is before the first.
  EXPECT_DOUBLE_EQ(times.outside.milliseconds, 4);
}
