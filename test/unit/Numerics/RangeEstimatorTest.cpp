// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/RangeEstimator.h"
#include "halftone/Numerics/ErrorMetrics.h"
#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/TensorStatistics.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

static constexpr double infinity = std::numeric_limits<double>::infinity();

static TensorStatistics observeAll(llvm::ArrayRef<float> values) {
  TensorStatistics statistics;
  llvm::cantFail(statistics.observe(0, values, {}));
  return statistics;
}

static Range estimate(const TensorStatistics &statistics, const RangeOptions &options,
                      bool symmetric, const char *format = "int8") {
  return llvm::cantFail(estimateRange(statistics, options, *findFormat(format), symmetric));
}

static std::string estimateError(const TensorStatistics &statistics, const RangeOptions &options) {
  llvm::Expected<Range> range = estimateRange(statistics, options, *findFormat("int8"), true);
  return range ? "" : llvm::toString(range.takeError());
}

static RangeOptions method(RangeMethod method) {
  RangeOptions options;
  options.method = method;
  return options;
}

// Mostly small values and a few large ones.
static std::vector<float> skewed(uint64_t seed, size_t size, bool positive = false) {
  Random random(seed);
  std::vector<float> values(size);
  for (float &value : values) {
    value = float(random.laplace() + 0.3);
    if (positive)
      value = std::max(value, 0.0f);
  }
  values[size / 2] = 40;
  return values;
}

TEST(RangeEstimator, MethodsAreFoundByTheirNames) {
  for (RangeMethod method :
       {RangeMethod::MinMax, RangeMethod::MovingAverage, RangeMethod::Percentile,
        RangeMethod::Entropy, RangeMethod::MeanSquaredError, RangeMethod::Clip})
    EXPECT_EQ(parseRangeMethod(stringifyRangeMethod(method)), method);
  EXPECT_EQ(parseRangeMethod("minmax"), std::nullopt);
}

TEST(RangeEstimator, MinMaxIsWhatWasSeen) {
  EXPECT_EQ(estimate(observeAll({1, -2, 5}), method(RangeMethod::MinMax), true), (Range{-2, 5}));
}

TEST(RangeEstimator, MovingAverageFollowsTheSampleNumbers) {
  TensorStatistics statistics;
  const std::pair<uint64_t, Range> samples[] = {{2, {-4, 8}}, {0, {-1, 2}}, {1, {-2, 4}}};
  for (auto &[sample, range] : samples)
    llvm::cantFail(statistics.observe(sample, {range.min, range.max}, {}));
  RangeOptions options = method(RangeMethod::MovingAverage);
  double max = 2;
  max = .9 * max + (1 - .9) * 4;
  max = .9 * max + (1 - .9) * 8;
  EXPECT_EQ(estimate(statistics, options, true), (Range{float(-max / 2), float(max)}));
  options.momentum = 0; // Only the last sample.
  EXPECT_EQ(estimate(statistics, options, true), (Range{-4, 8}));
}

// With many samples the oldest ones are forgotten, and nothing is lost by it.
TEST(RangeEstimator, MovingAverageOfManySamplesIsThatOfAll) {
  Random random(19);
  TensorStatistics statistics;
  double min = 0, max = 0;
  for (uint64_t sample = 0; sample != 2000; ++sample) {
    auto low = float(-1 - random.uniform()), high = float(1 + random.uniform());
    llvm::cantFail(statistics.observe(sample, {low, high}, {}));
    double past = sample == 0 ? 0 : .9;
    min = past * min + (1 - past) * low;
    max = past * max + (1 - past) * high;
  }
  Range range = estimate(statistics, method(RangeMethod::MovingAverage), true);
  EXPECT_FLOAT_EQ(range.min, float(min));
  EXPECT_FLOAT_EQ(range.max, float(max));
}

// Against sorting all values. The estimate is the upper edge of the value's bin.
TEST(RangeEstimator, PercentileIsThatOfTheSortedValuesToOneBin) {
  for (double percentile : {50.0, 99.0, 99.9, 99.99, 99.999, 100.0}) {
    std::vector<float> values = skewed(20, 50000);
    TensorStatistics statistics = observeAll(values);
    double width = statistics.getHistogram().getBinWidth();
    RangeOptions options = method(RangeMethod::Percentile);
    options.percentile = percentile;

    std::vector<float> magnitudes = values;
    for (float &magnitude : magnitudes)
      magnitude = std::fabs(magnitude);
    std::sort(magnitudes.begin(), magnitudes.end());
    size_t rank = size_t(std::ceil(values.size() * percentile / 100 - 1e-6));
    float absmax = estimate(statistics, options, true).absmax();
    EXPECT_GE(absmax, magnitudes[rank - 1]) << percentile;
    EXPECT_LE(absmax, magnitudes[rank - 1] + width) << percentile;

    std::sort(values.begin(), values.end());
    rank = size_t(std::ceil(values.size() * (0.5 + percentile / 200) - 1e-6));
    Range range = estimate(statistics, options, false);
    EXPECT_GE(range.max, values[rank - 1]) << percentile;
    EXPECT_LE(range.max, values[rank - 1] + width) << percentile;
    EXPECT_LE(range.min, values[values.size() - rank]) << percentile;
    EXPECT_GE(range.min, values[values.size() - rank] - width) << percentile;
  }
}

TEST(RangeEstimator, PercentileKeepsExactlyTheShareAskedFor) {
  std::vector<float> values(1000, 1.0f);
  values[0] = 100;
  RangeOptions options = method(RangeMethod::Percentile);
  options.percentile = 99.9; // 999 of 1000.
  EXPECT_LT(estimate(observeAll(values), options, true).absmax(), 1.1f);
  options.percentile = 99.95; // All.
  EXPECT_EQ(estimate(observeAll(values), options, true).absmax(), 100);
}

// The definition, bin by bin.
static double naiveDivergence(llvm::ArrayRef<uint64_t> magnitudes, unsigned levels, size_t kept) {
  std::vector<double> p(magnitudes.begin(), magnitudes.begin() + kept), q(kept, 0);
  for (size_t bin = kept; bin != magnitudes.size(); ++bin)
    p[kept - 1] += double(magnitudes[bin]);
  for (unsigned level = 0; level != levels; ++level) {
    double count = 0;
    int numOccupied = 0;
    for (size_t bin = 0; bin != kept; ++bin)
      if (bin * levels / kept == level) {
        count += double(magnitudes[bin]);
        numOccupied += p[bin] != 0;
      }
    for (size_t bin = 0; bin != kept; ++bin)
      if (bin * levels / kept == level && p[bin] != 0)
        q[bin] = count / numOccupied;
  }
  double totalP = 0, totalQ = 0, divergence = 0;
  for (size_t bin = 0; bin != kept; ++bin) {
    totalP += p[bin];
    totalQ += q[bin];
  }
  for (size_t bin = 0; bin != kept; ++bin) {
    if (p[bin] == 0)
      continue;
    if (q[bin] == 0)
      return infinity;
    divergence += p[bin] / totalP * std::log((p[bin] / totalP) / (q[bin] / totalQ));
  }
  return divergence;
}

TEST(RangeEstimator, DivergenceOfEachCandidateIsItsDefinition) {
  Random random(21);
  std::vector<uint64_t> magnitudes(200);
  for (size_t bin = 0; bin != magnitudes.size(); ++bin)
    magnitudes[bin] =
        random.below(4) ? uint64_t(1e4 * std::exp(-double(bin) / 30) * random.uniform()) : 0;
  magnitudes.back() = 3;
  for (unsigned levels : {1u, 7u, 16u, 128u})
    for (size_t kept = levels; kept <= magnitudes.size(); ++kept) {
      double expected = naiveDivergence(magnitudes, levels, kept);
      double actual = entropyDivergence(magnitudes, levels, kept);
      if (expected == infinity)
        EXPECT_EQ(actual, infinity) << levels << " " << kept;
      else
        EXPECT_NEAR(actual, expected, 1e-10) << levels << " " << kept;
    }
}

TEST(RangeEstimator, EntropyFindsTheLeastDivergence) {
  for (bool positive : {false, true}) {
    TensorStatistics statistics = observeAll(skewed(22, 100000, positive));
    std::vector<uint64_t> fine = statistics.getHistogram().getMagnitudes(), magnitudes;
    for (size_t bin = 0; bin != fine.size(); bin += 2)
      magnitudes.push_back(fine[bin] + fine[bin + 1]);
    ASSERT_EQ(magnitudes.size(), 2048u);
    magnitudes[0] -= statistics.getNumZeros();
    while (magnitudes.back() == 0)
      magnitudes.pop_back();
    size_t best = findEntropyThreshold(magnitudes, 128);
    double least = naiveDivergence(magnitudes, 128, best);
    for (size_t kept = 128; kept <= magnitudes.size(); kept += 7)
      EXPECT_LE(least, naiveDivergence(magnitudes, 128, kept) + 1e-10);
    double width = 2 * statistics.getHistogram().getBinWidth();
    Range range = estimate(statistics, method(RangeMethod::Entropy), true);
    EXPECT_EQ(range.max, float(std::min(40.0, double(best) * width)));
    // The one outlier at 40 is clipped, and most of the values are kept.
    EXPECT_LT(range.max, 20);
    EXPECT_GT(range.max, 3);
    EXPECT_GE(range.min, positive ? 0 : -range.max);
  }
}

// Half of the values behind a ReLU are zero, which every grid holds: the range is that of the
// others.
TEST(RangeEstimator, ZerosDoNotNarrowTheEntropyRange) {
  Random random(23);
  std::vector<float> positive, rectified;
  for (float value : random.gaussian(200000)) {
    rectified.push_back(std::max(value, 0.0f));
    if (value > 0)
      positive.push_back(value);
  }
  Range range = estimate(observeAll(rectified), method(RangeMethod::Entropy), true);
  EXPECT_EQ(range.max, estimate(observeAll(positive), method(RangeMethod::Entropy), true).max);
  EXPECT_GT(range.max, 2.0f);
}

TEST(RangeEstimator, EntropyKeepsFewBinsWhole) {
  EXPECT_EQ(findEntropyThreshold({5}, 128), 1u);
  EXPECT_EQ(findEntropyThreshold({5, 0, 2}, 3), 3u);
  EXPECT_EQ(estimate(observeAll({0, 0}), method(RangeMethod::Entropy), true), (Range{0, 0}));
}

// The error of really quantizing the values with a range.
static double measuredError(llvm::ArrayRef<float> values, Range range, const Format &format,
                            bool symmetric) {
  AffineGrid grid = fitGrid(range, format, symmetric);
  std::vector<float> restored;
  for (float value : values)
    restored.push_back(grid.dequantize(grid.quantize(value)));
  return measureError(values, restored).meanSquaredError();
}

TEST(RangeEstimator, LeastSquaresIsAsGoodAsTryingEveryShrinkOnTheValues) {
  for (const char *name : {"int8", "int4", "uint4"})
    for (bool symmetric : {true, false}) {
      std::vector<float> values = skewed(23, 20000);
      TensorStatistics statistics = observeAll(values);
      Range seen = *statistics.getRange();
      const Format &format = *findFormat(name);
      double least = infinity;
      for (int i = 1; i <= 128; ++i) {
        Range range = {seen.min * float(i) / 128, seen.max * float(i) / 128};
        least = std::min(least, measuredError(values, range, format, symmetric));
      }
      Range chosen = estimate(statistics, method(RangeMethod::MeanSquaredError), symmetric, name);
      EXPECT_LE(measuredError(values, chosen, format, symmetric), least * 1.02) << name;
      EXPECT_LT(measuredError(values, chosen, format, symmetric),
                measuredError(values, seen, format, symmetric))
          << name;
    }
}

TEST(RangeEstimator, LeastSquaresKnowsFormatsOtherThanIntegers) {
  Random random(24);
  TensorStatistics statistics = observeAll(random.gaussian(20000));
  float all = statistics.getRange()->absmax();
  float e2m1 =
      estimate(statistics, method(RangeMethod::MeanSquaredError), true, "fp4_e2m1").absmax();
  float e4m3 =
      estimate(statistics, method(RangeMethod::MeanSquaredError), true, "fp8_e4m3").absmax();
  EXPECT_LT(e2m1, all * 0.95f); // Four bits: clipping pays.
  EXPECT_GT(e4m3, e2m1);        // A float grid is dense near zero anyway.
}

TEST(RangeEstimator, ClipNeedsNoData) {
  RangeOptions options = method(RangeMethod::Clip);
  options.clip = {-3, 6};
  EXPECT_EQ(estimate(TensorStatistics(), options, true), (Range{-3, 6}));
}

TEST(RangeEstimator, MissingDataIsAnErrorAndNeverADefault) {
  for (RangeMethod name : {RangeMethod::MinMax, RangeMethod::MovingAverage, RangeMethod::Percentile,
                           RangeMethod::Entropy, RangeMethod::MeanSquaredError})
    EXPECT_EQ(estimateError(TensorStatistics(), method(name)), "no finite value was observed");
}

TEST(RangeEstimator, OptionsOutOfRangeAreErrors) {
  TensorStatistics statistics = observeAll({1, 2});
  RangeOptions options;
  options.momentum = 1;
  EXPECT_EQ(estimateError(statistics, options), "momentum must be in [0, 1), not 1");
  options = {};
  options.percentile = 0;
  EXPECT_EQ(estimateError(statistics, options), "percentile must be in (0, 100], not 0");
  options.percentile = std::nan("");
  EXPECT_NE(estimateError(statistics, options), "");
  options = {};
  options.entropyLevels = 0;
  EXPECT_EQ(estimateError(statistics, options), "entropy needs at least one level");
  options = method(RangeMethod::Clip);
  options.clip = {2, 1};
  EXPECT_EQ(estimateError(statistics, options), "clip range [2, 1] is not a finite interval");
}

TEST(RangeEstimator, EveryEstimateLiesWithinTheValuesSeen) {
  for (uint64_t seed = 0; seed != 20; ++seed) {
    Random random(seed);
    std::vector<float> values = random.gaussian(500, std::exp(5 * random.gauss()));
    for (float &value : values)
      value += float(random.below(3)) * 10 - 10;
    TensorStatistics statistics = observeAll(values);
    Range seen = *statistics.getRange();
    for (RangeMethod name :
         {RangeMethod::MinMax, RangeMethod::MovingAverage, RangeMethod::Percentile,
          RangeMethod::Entropy, RangeMethod::MeanSquaredError})
      for (bool symmetric : {true, false}) {
        Range range = estimate(statistics, method(name), symmetric);
        EXPECT_LE(range.min, range.max);
        EXPECT_GE(range.min, std::min(seen.min, 0.0f));
        EXPECT_LE(range.max, std::max(seen.max, 0.0f));
      }
  }
}
