// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/Observations.h"
#include "halftone/Numerics/RangeEstimator.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <fstream>
#include <unistd.h>

using namespace halftone;
using halftone::testing::Random;

namespace {
constexpr size_t sampleSize = size_t(1) << 20;
constexpr size_t mebibyte = size_t(1) << 20;
} // namespace

/// Bytes of this process that are in memory.
static size_t residentBytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * size_t(sysconf(_SC_PAGESIZE));
}

/// Samples of a million values whose range grows now and then, so that histograms widen.
static void stream(TensorStatistics &statistics, std::vector<float> &values, size_t numSamples) {
  Random random(7);
  for (size_t sample = 0; sample != numSamples; ++sample) {
    values[random.below(sampleSize)] = float(sample) / 16;
    llvm::cantFail(statistics.observe(sample, values, {int64_t(sampleSize)}));
  }
}

// The measure itself: a sixtieth of what the next test streams, kept, is seen.
TEST(Streaming, KeptSamplesShowInTheResidentSet) {
  size_t before = residentBytes();
  // More than malloc reuses: it maps blocks of this size each time.
  std::vector<float> kept(16 * sampleSize, 1.0f);
  EXPECT_GE(residentBytes(), before + 60 * mebibyte);
  EXPECT_EQ(kept.back(), 1.0f);
}

// 10^9 values, 4 GB of floats: what is kept of them fits in a few hundred kilobytes, and every
// estimator finds its range in that.
TEST(Streaming, ABillionValuesTakeNoMemory) {
  // Room for what sanitizers keep of freed memory; 10^9 values at one bit each would be 119 MiB.
  constexpr size_t room = 16 * mebibyte;
  Random random(5);
  std::vector<float> values = random.gaussian(sampleSize);
  size_t before = residentBytes();
  TensorStatistics statistics;
  size_t numSamples = 1000000000 / sampleSize + 1;
  stream(statistics, values, numSamples);
  EXPECT_LE(residentBytes(), before + room);
  EXPECT_EQ(statistics.getCount(), numSamples * sampleSize);
  for (RangeMethod method :
       {RangeMethod::MinMax, RangeMethod::MovingAverage, RangeMethod::Percentile,
        RangeMethod::Entropy, RangeMethod::MeanSquaredError}) {
    RangeOptions options;
    options.method = method;
    llvm::Expected<Range> range =
        estimateRange(statistics, options, *findFormat("uint8"), /*symmetric=*/false);
    ASSERT_TRUE(bool(range)) << stringifyRangeMethod(method).str();
    EXPECT_LT(range->min, 0) << stringifyRangeMethod(method).str();
    EXPECT_GT(range->max, 0) << stringifyRangeMethod(method).str();
  }
  EXPECT_LE(residentBytes(), before + room);
}

// The file does not grow with the number of samples either.
TEST(Streaming, TheFileOfManySamplesIsSmall) {
  Observations observations("model");
  TensorStatistics *statistics = llvm::cantFail(observations.getOrCreate("x"));
  Random random(9);
  for (uint64_t sample = 0; sample != 20000; ++sample) {
    llvm::cantFail(statistics->observe(sample, random.gaussian(16), {16}));
    observations.addSample(sample);
  }
  EXPECT_LT(llvm::cantFail(observations.toJSON()).size(), 64u * 1024);
}
