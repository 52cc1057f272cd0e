// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/SalientScales.h"
#include "Random.h"
#include "gtest/gtest.h"

using namespace halftone;
using halftone::testing::Random;

namespace {
constexpr int64_t kInputs = 32, kOutputs = 16, kVectors = 128;

/// A layer in int3 with groups of 16, and inputs of which one is 30 times larger than the others.
struct Example {
  std::vector<float> weights, inputs, gram;
  std::vector<int64_t> shape = {kInputs, kOutputs};
  EncodeOptions options;

  explicit Example(float largest) {
    Random random(3);
    weights = random.gaussian(kInputs * kOutputs);
    inputs = random.gaussian(kVectors * kInputs);
    for (int64_t vector = 0; vector != kVectors; ++vector)
      inputs[vector * kInputs + 5] *= largest;
    gram.resize(kInputs * kInputs);
    for (int64_t i = 0; i != kInputs; ++i)
      for (int64_t j = 0; j != kInputs; ++j)
        for (int64_t vector = 0; vector != kVectors; ++vector)
          gram[i * kInputs + j] += inputs[vector * kInputs + i] * inputs[vector * kInputs + j];
    options.granularity = GranularityKind::Group;
    options.group = 16;
    options.channelAxis = 1;
  }

  SalientLayer layer() const { return {weights, shape, findFormat("int3"), options}; }

  /// ||Q(W s) (X / s) - W X||^2, by its definition.
  double measure(llvm::ArrayRef<float> factors) const {
    std::vector<float> scaled = weights;
    for (int64_t i = 0; i != kInputs * kOutputs; ++i)
      scaled[i] *= factors[i / kOutputs];
    std::vector<float> decoded =
        decodeTensor(llvm::cantFail(encodeTensor(scaled, shape, *findFormat("int3"), options)),
                     *findFormat("int3"));
    double power = 0;
    for (int64_t vector = 0; vector != kVectors; ++vector)
      for (int64_t output = 0; output != kOutputs; ++output) {
        double error = 0;
        for (int64_t i = 0; i != kInputs; ++i) {
          double weight = double(decoded[i * kOutputs + output]) / factors[i];
          error += (weight - weights[i * kOutputs + output]) * inputs[vector * kInputs + i];
        }
        power += error * error;
      }
    return power;
  }
};
} // namespace

TEST(SalientScales, FactorsAreNormalizedAndDeadInputsStay) {
  // Root mean squares 1, 4 and 16, whose ends are 4 off from the middle.
  std::vector<float> gram = {1, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 256};
  EXPECT_EQ(findSalientFactors(gram, 4, 1, false), std::vector<float>({0.25f, 1, 1, 4}));
  EXPECT_EQ(findSalientFactors(gram, 4, 0.5, false), std::vector<float>({0.5f, 1, 1, 2}));
  EXPECT_EQ(findSalientFactors(gram, 4, 0, false), std::vector<float>({1, 1, 1, 1}));
  EXPECT_EQ(findSalientFactors(gram, 4, 0.4, true), std::vector<float>({0.5f, 1, 1, 2}));
}

// The search sees no samples; what it minimizes is the error on them all the same.
TEST(SalientScales, ErrorsAreThoseOfTheOutput) {
  Example example(30);
  SalientChoice choice =
      llvm::cantFail(chooseSalientFactors({example.layer()}, example.gram, false));
  EXPECT_NEAR(choice.plainError / example.measure(std::vector<float>(kInputs, 1)), 1, 1e-3);
  EXPECT_NEAR(choice.error / example.measure(choice.factors), 1, 1e-3);
}

TEST(SalientScales, SparesTheWeightsOfOutliers) {
  Example example(30);
  SalientChoice choice =
      llvm::cantFail(chooseSalientFactors({example.layer()}, example.gram, false));
  EXPECT_GT(choice.alpha, 0);
  EXPECT_LT(choice.error, 0.5 * choice.plainError);
  EXPECT_GT(choice.factors[5], choice.factors[4]);
}

TEST(SalientScales, IsNeverWorseThanNoFactors) {
  Example example(1);
  SalientChoice choice =
      llvm::cantFail(chooseSalientFactors({example.layer()}, example.gram, true));
  EXPECT_LE(choice.error, choice.plainError);
}
