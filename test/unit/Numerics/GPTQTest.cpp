// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/GPTQ.h"

#include "CorrelatedLayer.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace halftone;
using namespace halftone::testing;

static EncodedTensor gptq(const Layer &layer, const Format &format, const EncodeOptions &options,
                          GramFactorOptions factorOptions = {}, bool staticGroups = false) {
  GramFactor factor =
      llvm::cantFail(GramFactor::create(layer.gram, layer.reduction, factorOptions));
  return llvm::cantFail(
      encodeByGPTQ(layer.weights, layer.shape(), format, options, factor, staticGroups));
}

static double errorRatio(const Layer &layer, const Format &format, const EncodeOptions &options,
                         GramFactorOptions factorOptions = {}) {
  EncodedTensor rounded = gptq(layer, format, options, factorOptions);
  return layer.outputError(decodeTensor(rounded, format)) /
         layer.outputError(decodeTensor(nearest(layer, format, options), format));
}

// "Once the order is fixed": the codes of OBQ with an inverse that is downdated weight by weight
// are those of the triangular factor.
TEST(GPTQ, IsOBQInAFixedOrder) {
  for (const char *name : {"int4", "int3", "int8"})
    for (uint64_t seed : {1, 2, 3}) {
      const Format &format = *findFormat(name);
      Layer layer(seed, 40, 6, 100, 0.7);
      EncodedTensor tensor = gptq(layer, format, perChannel());
      for (int64_t channel = 0; channel != layer.channels; ++channel) {
        OBQ oracle = makeOBQ(layer, format, tensor, channel);
        oracle.roundInOrder();
        for (int64_t k = 0; k != layer.reduction; ++k)
          EXPECT_EQ(tensor.codes[k * layer.channels + channel],
                    uint8_t(oracle.codes[k]) & (format.codec.numCodes() - 1))
              << name << ", seed " << seed << ", weight " << k << " of channel " << channel;
      }
    }
}

// What the paper found: the greedy order, a different one for each channel, gains next to nothing.
TEST(GPTQ, LosesLittleToTheGreedyOrder) {
  const Format &format = *findFormat("int4");
  double fixed = 0, greedy = 0;
  for (uint64_t seed = 0; seed != 6; ++seed) {
    Layer layer(seed, 32, 4, 100, 0.5);
    EncodedTensor tensor = gptq(layer, format, perChannel());
    fixed += layer.outputError(decodeTensor(tensor, format));
    for (int64_t channel = 0; channel != layer.channels; ++channel) {
      OBQ oracle = makeOBQ(layer, format, tensor, channel);
      oracle.roundGreedily();
      for (int64_t k = 0; k != layer.reduction; ++k)
        tensor.codes[k * layer.channels + channel] = uint8_t(oracle.codes[k]) & 15;
    }
    greedy += layer.outputError(decodeTensor(tensor, format));
  }
  RecordProperty("fixed_over_greedy", std::to_string(fixed / greedy));
  EXPECT_LT(fixed, 1.15 * greedy);
  EXPECT_GT(fixed, 0.9 * greedy);
}

// All codes of four weights tried: never better than the best, and nearer to it than nearest.
TEST(GPTQ, LiesBetweenNearestAndTheBest) {
  const Format &format = *findFormat("int2");
  double best = 0, rounded = 0, plain = 0;
  for (uint64_t seed = 0; seed != 40; ++seed) {
    Layer layer(seed, 4, 1, 30, 0.8);
    EncodedTensor tensor = nearest(layer, format, perChannel());
    plain += layer.outputError(decodeTensor(tensor, format));
    double one = layer.outputError(decodeTensor(gptq(layer, format, perChannel()), format));
    double least = std::numeric_limits<double>::infinity();
    for (uint32_t codes = 0; codes != 256; ++codes) {
      for (unsigned i = 0; i != 4; ++i)
        tensor.codes[i] = codes >> (2 * i) & 3;
      least = std::min(least, layer.outputError(decodeTensor(tensor, format)));
    }
    EXPECT_GE(one, least * (1 - 1e-5));
    best += least;
    rounded += one;
  }
  EXPECT_LT(rounded - best, 0.5 * (plain - best));
}

namespace {
// The paper's own algorithm for one channel, in f64: U upper triangular with U^T U the inverse of
// the Hessian, all remaining weights updated after each rounding, groups fitted to what they are
// then.
struct PaperGPTQ {
  Square u;

  explicit PaperGPTQ(const Square &hessian) {
    Square inverse = invert(hessian);
    size_t size = inverse.size();
    u.assign(size, std::vector<double>(size));
    for (size_t i = 0; i != size; ++i)
      for (size_t j = i; j != size; ++j) {
        double sum = inverse[i][j];
        for (size_t k = 0; k != i; ++k)
          sum -= u[k][i] * u[k][j];
        u[i][j] = i == j ? std::sqrt(sum) : sum / u[i][i];
      }
  }

  std::vector<int32_t> round(std::vector<double> weights, const Format &format, bool symmetric,
                             int64_t group) const {
    std::vector<int32_t> codes;
    AffineGrid grid;
    for (size_t i = 0; i != weights.size(); ++i) {
      if (i % size_t(group) == 0) {
        std::vector<float> members(weights.begin() + int64_t(i),
                                   weights.begin() +
                                       int64_t(std::min(i + size_t(group), weights.size())));
        grid = fitGrid(*findRange(members), format, symmetric);
      }
      codes.push_back(grid.quantize(float(weights[i])));
      double error = (weights[i] - double(grid.dequantize(codes[i]))) / u[i][i];
      for (size_t j = i; j != weights.size(); ++j)
        weights[j] -= error * u[i][j];
    }
    return codes;
  }
};
} // namespace

static double shareOfEqualCodes(const Layer &layer, const EncodedTensor &tensor,
                                const Format &format, bool symmetric, int64_t group) {
  PaperGPTQ paper(layer.hessian(naturalOrder(layer.reduction)));
  int64_t equal = 0;
  for (int64_t channel = 0; channel != layer.channels; ++channel) {
    std::vector<double> weights;
    for (int64_t k = 0; k != layer.reduction; ++k)
      weights.push_back(layer.weights[k * layer.channels + channel]);
    std::vector<int32_t> codes = paper.round(weights, format, symmetric, group);
    for (int64_t k = 0; k != layer.reduction; ++k)
      equal += tensor.codes[k * layer.channels + channel] ==
               (uint8_t(codes[k]) & (format.codec.numCodes() - 1));
  }
  return double(equal) / double(layer.weights.size());
}

// Groups fitted in turn, several blocks of inputs, ragged ends: the codes of the paper. In a long
// reduction one weight on the edge between two codes, decided otherwise in f32, changes what
// follows.
TEST(GPTQ, GivesTheCodesOfThePaper) {
  Layer layer(7, 300, 5, 500, 0.6);
  for (int64_t group : {16, 32, 128, 200})
    for (bool symmetric : {true, false}) {
      const Format &format = *findFormat(symmetric ? "int4" : "uint4");
      EncodedTensor tensor = gptq(layer, format, perGroup(group, symmetric));
      EXPECT_GT(shareOfEqualCodes(layer, tensor, format, symmetric, group), 0.99)
          << group << ", " << symmetric;
    }
}

// The ratios of mean errors on this generator that go with the method: 4 bits, [64, 16] weights,
// 256 vectors.
TEST(GPTQ, GainsWhatIsKnownFromCorrelatedInputs) {
  struct {
    double rho, ratio;
  } cases[] = {{0, 0.89}, {0.5, 0.65}, {0.9, 0.19}};
  for (auto [rho, ratio] : cases) {
    double sum = 0;
    constexpr int numLayers = 20;
    for (uint64_t seed = 0; seed != numLayers; ++seed)
      sum += errorRatio(Layer(seed, 64, 16, 256, rho), *findFormat("int4"), perChannel());
    EXPECT_NEAR(sum / numLayers, ratio, 0.04) << "rho " << rho;
  }
}

// Every format with one level of scales, ragged shapes: always less error than rounding to nearest.
TEST(GPTQ, BeatsNearestInEveryFormatWithFreeScales) {
  Layer layer(8, 150, 20, 400, 0.7);
  for (const Format &format : allFormats()) {
    if (format.coding != Format::Coding::Scaled || !format.hasFreeScales())
      continue;
    EXPECT_LT(errorRatio(layer, format, perChannel()), 0.85) << format.name.str();
    EXPECT_LT(errorRatio(layer, format, perGroup(32)), 0.85) << format.name.str();
  }
}

TEST(GPTQ, TakesInputsInAnyOrder) {
  Layer layer(9, 150, 20, 400, 0.7);
  EXPECT_LT(errorRatio(layer, *findFormat("int3"), perGroup(32), {0.01, /*descending=*/true}), 0.8);
}

// Without products between inputs no error can be carried on.
TEST(GPTQ, IsNearestWithADiagonalGramMatrix) {
  Layer layer(10, 150, 20, 10, 0.5);
  layer.separateInputs();
  for (const char *name : {"int4", "uint3", "fp4_e2m1", "nf4"})
    for (const EncodeOptions &options : {perChannel(), perGroup(32)}) {
      const Format &format = *findFormat(name);
      EncodedTensor expected = nearest(layer, format, options);
      EncodedTensor actual = gptq(layer, format, options);
      EXPECT_EQ(actual.codes, expected.codes) << name;
      EXPECT_EQ(actual.scales.front().values, expected.scales.front().values) << name;
      EXPECT_EQ(actual.zeroPoints, expected.zeroPoints) << name;
    }
}

// An input that calibration never saw says nothing about its weights: they are rounded to nearest,
// and those of the others are what they are without it.
TEST(GPTQ, RoundsDeadInputsToNearest) {
  Layer layer(11, 60, 8, 200, 0.6);
  for (int64_t i = 0; i != layer.reduction; ++i)
    layer.gram[20 * layer.reduction + i] = layer.gram[i * layer.reduction + 20] = 0;
  const Format &format = *findFormat("int4");
  EncodedTensor actual = gptq(layer, format, perChannel()),
                expected = nearest(layer, format, perChannel());
  for (int64_t channel = 0; channel != layer.channels; ++channel)
    EXPECT_EQ(actual.codes[20 * layer.channels + channel],
              expected.codes[20 * layer.channels + channel]);
  EXPECT_NE(actual.codes, expected.codes);
}

// Channels are rounded in panels of 512, each for itself.
TEST(GPTQ, RoundsEachChannelForItself) {
  Layer layer(12, 40, 600, 100, 0.6);
  const Format &format = *findFormat("uint4");
  EncodedTensor whole = gptq(layer, format, perGroup(16, false));
  Layer last = layer;
  last.channels = 1;
  last.weights.clear();
  for (int64_t k = 0; k != layer.reduction; ++k)
    last.weights.push_back(layer.weights[k * layer.channels + 599]);
  EncodedTensor alone = gptq(last, format, perGroup(16, false));
  for (int64_t k = 0; k != layer.reduction; ++k)
    EXPECT_EQ(whole.codes[k * layer.channels + 599], alone.codes[k]);
}

// A filter [O, I, 3, 3] has its channels first, and groups of whole kernels.
TEST(GPTQ, RoundsFiltersAsTheirMatrices) {
  Layer layer(13, 45, 6, 200, 0.6);
  std::vector<float> filter;
  for (int64_t channel = 0; channel != layer.channels; ++channel)
    for (int64_t k = 0; k != layer.reduction; ++k)
      filter.push_back(layer.weights[k * layer.channels + channel]);
  const Format &format = *findFormat("int4");
  GramFactor factor = llvm::cantFail(GramFactor::create(layer.gram, layer.reduction, {}));
  EncodeOptions options{GranularityKind::Group, 9, /*channelAxis=*/0, true};
  EncodedTensor actual =
      llvm::cantFail(encodeByGPTQ(filter, {6, 5, 3, 3}, format, options, factor));
  EncodedTensor expected = gptq(layer, format, perGroup(9));
  for (int64_t channel = 0; channel != layer.channels; ++channel)
    for (int64_t k = 0; k != layer.reduction; ++k)
      EXPECT_EQ(actual.codes[channel * layer.reduction + k],
                expected.codes[k * layer.channels + channel]);
}

TEST(GPTQ, RefusesWeightsThatAreNotFinite) {
  Layer layer(14, 8, 2, 20, 0.5);
  GramFactor factor = llvm::cantFail(GramFactor::create(layer.gram, layer.reduction, {}));
  layer.weights[3] = std::numeric_limits<float>::quiet_NaN();
  for (const EncodeOptions &options : {perChannel(), perGroup(4)}) {
    llvm::Expected<EncodedTensor> result =
        encodeByGPTQ(layer.weights, layer.shape(), *findFormat("int4"), options, factor);
    ASSERT_FALSE(bool(result));
    EXPECT_EQ(llvm::toString(result.takeError()),
              "cannot quantize a tensor with 1 elements that are not finite");
  }
}
