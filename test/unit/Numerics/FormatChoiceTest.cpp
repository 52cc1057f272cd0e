// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/FormatChoice.h"

#include "CorrelatedLayer.h"
#include "Random.h"

#include "halftone/Numerics/ErrorMetrics.h"

#include "gtest/gtest.h"

#include <limits>

using namespace halftone;
using namespace halftone::testing;

static std::vector<FormatCandidate> candidates(std::initializer_list<llvm::StringRef> names) {
  std::vector<FormatCandidate> result;
  for (llvm::StringRef name : names)
    result.push_back({*findFormat(name), perChannel()});
  return result;
}

// Evenly spread numbers suit evenly spaced codes, a normal distribution's
// many small ones those that are finer near zero.
TEST(FormatChoice, DependsOnTheDistributionOfTheWeights) {
  Random random(7);
  std::vector<float> uniform(4096), gauss = random.gaussian(4096);
  for (float &value : uniform)
    value = float(2 * random.uniform() - 1);
  auto list = candidates({"int4", "fp4_e2m1"});
  FormatChoice ofUniform = llvm::cantFail(chooseFormat(uniform, {4096, 1}, list, {}));
  FormatChoice ofGauss = llvm::cantFail(chooseFormat(gauss, {4096, 1}, list, {}));
  EXPECT_EQ(ofUniform.best, 0u);
  EXPECT_GT(ofUniform.sqnr(0), ofUniform.sqnr(1) + 2);
  EXPECT_EQ(ofGauss.best, 1u);
  EXPECT_GT(ofGauss.sqnr(1), ofGauss.sqnr(0) + 2);
}

// What is compared is the error of the numbers that are stored, whatever the format has: codebooks
// and scales of several levels, too.
TEST(FormatChoice, MeasuresWhatEachFormatStores) {
  Layer layer(1, 64, 8, 100, 0.5);
  std::vector<FormatCandidate> list = candidates({"int4", "kmeans4", "vsq4", "mxfp4"});
  FormatChoice choice = llvm::cantFail(chooseFormat(layer.weights, layer.shape(), list, {}));
  ASSERT_EQ(choice.errors.size(), list.size());
  for (size_t i = 0; i != list.size(); ++i) {
    EncodedTensor encoded =
        llvm::cantFail(encodeTensor(layer.weights, layer.shape(), list[i].format, list[i].options));
    double expected = measureError(layer.weights, decodeTensor(encoded, list[i].format)).sqnr();
    EXPECT_NEAR(choice.sqnr(i), expected, 1e-9) << list[i].format.name.str();
    EXPECT_GE(choice.errors[i], choice.errors[choice.best]);
  }
}

// The power of the inputs says which weight's error counts.
TEST(FormatChoice, ByTheOutputDependsOnTheInputs) {
  // With the scale 1 of the 7, int4 has 5 and rounds 0.6 to 1; with 7 / 6 fp4 rounds 5 to 4.67 and
  // 0.6 to 0.58.
  std::vector<float> weights = {7, 5, 0.6f};
  auto list = candidates({"int4", "fp4_e2m1"});
  std::vector<float> firstCounts = {1, 0, 0, 0, 9, 0, 0, 0, 1};
  std::vector<float> lastCounts = {1, 0, 0, 0, 1, 0, 0, 0, 9};
  FormatChoice first = llvm::cantFail(chooseFormat(weights, {3, 1}, list, firstCounts));
  FormatChoice last = llvm::cantFail(chooseFormat(weights, {3, 1}, list, lastCounts));
  EXPECT_EQ(first.best, 0u);
  EXPECT_NEAR(first.errors[0], 0.16, 1e-5);
  EXPECT_EQ(last.best, 1u);
  EXPECT_NEAR(last.errors[0], 9 * 0.16, 1e-5);
  EXPECT_NEAR(first.power, 49 + 9 * 25 + 0.36, 1e-4);
}

// Each group of channels has inputs of its own.
TEST(FormatChoice, AddsUpTheErrorsOfGroups) {
  std::vector<float> weights = {7, 5, 0.6f, 7, 5, 0.6f};
  std::vector<float> grams = {1, 0, 0, 0, 9, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 9};
  FormatCandidate candidate{*findFormat("int4"), {}};
  FormatChoice choice = llvm::cantFail(chooseFormat(weights, {2, 1, 3}, {candidate}, grams));
  EXPECT_NEAR(choice.errors[0], 10 * 0.16, 1e-5);
}

// The first of equal ones, so that the list says which.
TEST(FormatChoice, OfEqualErrorsIsTheFirst) {
  std::vector<float> weights = {7, 5, 0.6f};
  FormatChoice choice = llvm::cantFail(
      chooseFormat(weights, {3, 1}, candidates({"fp4_e2m1", "int4", "uint4", "fp4_e2m1"}), {}));
  EXPECT_EQ(choice.best, 0u);
  EXPECT_EQ(choice.errors[0], choice.errors[3]);
}

TEST(FormatChoice, RefusesWeightsThatAreNotFinite) {
  std::vector<float> weights = {1, std::numeric_limits<float>::infinity()};
  llvm::Expected<FormatChoice> choice = chooseFormat(weights, {2, 1}, candidates({"int4"}), {});
  ASSERT_FALSE(bool(choice));
  EXPECT_NE(llvm::toString(choice.takeError()).find("not finite"), std::string::npos);
}
