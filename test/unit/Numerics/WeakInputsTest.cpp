// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/WeakInputs.h"
#include "halftone/Numerics/GPTQ.h"

#include "CorrelatedLayer.h"

#include "gtest/gtest.h"

using namespace halftone;
using namespace halftone::testing;

static WeightMatrix viewOf(const Layer &layer) { return WeightMatrix::get(layer.shape(), 1); }

// 3.01 bits of 1600 weights have room for one of them in f16 beside all codes; of 1599 for none.
TEST(WeakInputs, CountsWhatTheBitsHaveRoomFor) {
  EXPECT_EQ(countWeakInputs(1600, 3, 3.0100001), 1);
  EXPECT_EQ(countWeakInputs(1599, 3, 3.01), 0);
  EXPECT_EQ(countWeakInputs(64, 3, 3.5), 2);
  EXPECT_EQ(countWeakInputs(64, 3, 2.5), 0);
  EXPECT_EQ(countWeakInputs(64, 3, 100), 64);
}

// The power of an input counts as well as what its weights lose, not the size of the weights.
TEST(WeakInputs, AreThoseThatCostMost) {
  Layer layer(1, 16, 4, 100, 0);
  const Format &format = *findFormat("int4");
  for (int64_t i = 0; i != layer.reduction; ++i) {
    layer.gram[3 * 16 + i] *= 10, layer.gram[i * 16 + 3] *= 10;
    layer.gram[9 * 16 + i] *= 10, layer.gram[i * 16 + 9] *= 10;
  }
  EncodedTensor plain = nearest(layer, format, perChannel());
  std::vector<int64_t> expected = {3, 9};
  EXPECT_EQ(findWeakInputs(layer.weights, plain, format, viewOf(layer), layer.gram, 2), expected);
  // Weights that lie on the grid cost nothing, however strong their input is.
  std::vector<float> numbers = decodeTensor(plain, format);
  for (int64_t channel = 0; channel != 4; ++channel)
    layer.weights[3 * 4 + channel] = numbers[3 * 4 + channel];
  std::vector<int64_t> one = {9};
  EXPECT_EQ(findWeakInputs(layer.weights, nearest(layer, format, perChannel()), format,
                           viewOf(layer), layer.gram, 1),
            one);
}

namespace {
struct Outcome {
  double error;
  std::vector<float> numbers;
};
} // namespace

static Outcome roundWithout(const Layer &layer, llvm::ArrayRef<int64_t> inputs,
                            const Format &format) {
  WeightMatrix view = viewOf(layer);
  WeakInputs weak =
      llvm::cantFail(WeakInputs::create(layer.gram, layer.reduction, inputs, /*damping=*/0));
  GramFactor factor = llvm::cantFail(GramFactor::create(weak.getGram(), layer.reduction, {}));
  std::vector<float> others = weak.leaveOut(layer.weights, view);
  EncodedTensor rounded =
      llvm::cantFail(encodeByGPTQ(others, layer.shape(), format, perChannel(), factor));
  Outcome outcome;
  outcome.numbers = decodeTensor(rounded, format);
  for (int64_t input : inputs)
    for (int64_t channel = 0; channel != layer.channels; ++channel)
      EXPECT_EQ(outcome.numbers[view.at(input, channel)], 0) << "left out";
  std::vector<float> kept = weak.compensate(layer.weights, outcome.numbers, view);
  for (size_t i = 0; i != inputs.size(); ++i)
    for (int64_t channel = 0; channel != layer.channels; ++channel)
      outcome.numbers[view.at(inputs[i], channel)] = kept[i * size_t(layer.channels) + channel];
  outcome.error = layer.outputError(outcome.numbers);
  return outcome;
}

// No change of the weights that stay makes the error less: its slope along them is zero.
TEST(WeakInputs, TakeUpAsMuchAsTheyCan) {
  Layer layer(2, 40, 6, 100, 0.7);
  Outcome outcome = roundWithout(layer, {5, 6, 30}, *findFormat("int3"));
  for (int64_t input : {5, 6, 30})
    for (float step : {0.01f, -0.01f}) {
      std::vector<float> moved = outcome.numbers;
      moved[viewOf(layer).at(input, 2)] += step;
      EXPECT_GT(layer.outputError(moved), outcome.error);
    }
}

// Two columns of 64 in f16 are worth more than the bits they take: less error than 3 bits for all,
// by more than leaving out two that cost least.
TEST(WeakInputs, GainMostWhereTheyCostMost) {
  const Format &format = *findFormat("int3");
  Layer layer(3, 64, 16, 256, 0.5);
  for (int64_t i = 0; i != layer.reduction; ++i) { // An input of ten times the others' size.
    layer.gram[20 * 64 + i] *= 10;
    layer.gram[i * 64 + 20] *= 10;
  }
  WeightMatrix view = viewOf(layer);
  EncodedTensor plain = nearest(layer, format, perChannel());
  std::vector<int64_t> all = findWeakInputs(layer.weights, plain, format, view, layer.gram, 64);
  EXPECT_EQ(all.size(), 64u);
  std::vector<int64_t> worst = findWeakInputs(layer.weights, plain, format, view, layer.gram, 2);
  EXPECT_TRUE(worst[0] == 20 || worst[1] == 20);
  GramFactor factor = llvm::cantFail(GramFactor::create(layer.gram, layer.reduction, {}));
  double gptq = layer.outputError(decodeTensor(
      llvm::cantFail(encodeByGPTQ(layer.weights, layer.shape(), format, perChannel(), factor)),
      format));
  double owq = roundWithout(layer, worst, format).error;
  double random = roundWithout(layer, {1, 2}, format).error;
  RecordProperty("owq_over_gptq", std::to_string(owq / gptq));
  EXPECT_LT(owq, 0.8 * gptq);
  EXPECT_LT(owq, 0.9 * random);
}

TEST(WeakInputs, RefuseAMatrixThatIsNone) {
  std::vector<float> gram = {1, 2, 2, 1};
  llvm::Expected<WeakInputs> weak = WeakInputs::create(gram, 2, {0, 1}, 0.5);
  ASSERT_FALSE(bool(weak));
  EXPECT_NE(llvm::toString(weak.takeError()).find("not positive definite with a damping of 0.5"),
            std::string::npos);
}
