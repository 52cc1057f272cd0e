// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/SampleSet.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <set>

using namespace halftone;
using halftone::testing::Random;
using Intervals = std::map<uint64_t, uint64_t>;

TEST(SampleSet, ConsecutiveNumbersAreOneIntervalInAnyOrder) {
  SampleSet samples;
  for (uint64_t sample : {3, 0, 4, 1, 2, 9})
    samples.insert(sample);
  EXPECT_EQ(samples.getIntervals(), (Intervals{{0, 4}, {9, 9}}));
  EXPECT_EQ(samples.size(), 6u);
  samples.insert(2, 12);
  EXPECT_EQ(samples.getIntervals(), (Intervals{{0, 12}}));
  samples.insert(UINT64_MAX);
  samples.insert(UINT64_MAX - 1);
  EXPECT_TRUE(samples.contains(UINT64_MAX));
  EXPECT_EQ(samples.size(), 15u);
}

TEST(SampleSet, AgreesWithAPlainSet) {
  Random random(12);
  for (int round = 0; round != 200; ++round) {
    SampleSet samples, other;
    std::set<uint64_t> plain, plainOther;
    for (int i = 0; i != 12; ++i) {
      uint64_t first = random.below(60), last = first + random.below(4);
      (i % 2 ? samples : other).insert(first, last);
      for (uint64_t sample = first; sample <= last; ++sample)
        (i % 2 ? plain : plainOther).insert(sample);
    }
    std::optional<uint64_t> common;
    for (uint64_t sample : plain)
      if (!common && plainOther.count(sample))
        common = sample;
    EXPECT_EQ(samples.findCommon(other), common);
    EXPECT_EQ(samples.size(), plain.size());
    samples.merge(other);
    plain.insert(plainOther.begin(), plainOther.end());
    for (uint64_t sample = 0; sample != 70; ++sample)
      EXPECT_EQ(samples.contains(sample), plain.count(sample) != 0);
  }
}
