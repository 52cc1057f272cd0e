// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/AdaRound.h"
#include "halftone/Numerics/GPTQ.h"

#include "CorrelatedLayer.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <limits>

using namespace halftone;
using namespace halftone::testing;

static EncodedTensor adaRound(const Layer &layer, const Format &format,
                              const EncodeOptions &options, AdaRoundOptions adaRound = {}) {
  return llvm::cantFail(
      encodeByAdaRound(layer.weights, layer.shape(), format, options, layer.gram, adaRound));
}

static double errorOf(const Layer &layer, const EncodedTensor &tensor, const Format &format) {
  return layer.outputError(decodeTensor(tensor, format));
}

static double nearestError(const Layer &layer, const Format &format, const EncodeOptions &options) {
  return errorOf(layer, nearest(layer, format, options), format);
}

// All ways to round four weights up or down tried: never better than the best, and next to it.
TEST(AdaRound, ComesNextToTheBest) {
  const Format &format = *findFormat("int4");
  double best = 0, rounded = 0, plain = 0;
  for (uint64_t seed = 0; seed != 40; ++seed) {
    Layer layer(seed, 4, 1, 30, 0.8);
    EncodedTensor tensor = nearest(layer, format, perChannel());
    plain += errorOf(layer, tensor, format);
    double one = errorOf(layer, adaRound(layer, format, perChannel()), format);
    float scale = tensor.scales.front().values.front();
    double least = std::numeric_limits<double>::infinity();
    for (uint32_t ups = 0; ups != 16; ++ups) {
      for (unsigned i = 0; i != 4; ++i) {
        int code = int(std::floor(layer.weights[i] / scale)) + int(ups >> i & 1);
        tensor.codes[i] = uint8_t(std::clamp(code, -7, 7)) & 15;
      }
      least = std::min(least, errorOf(layer, tensor, format));
    }
    EXPECT_GE(one, least * (1 - 1e-5));
    best += least;
    rounded += one;
  }
  EXPECT_LT(rounded - best, 0.1 * (plain - best));
}

static double obqError(const Layer &layer, const Format &format) {
  EncodedTensor tensor = nearest(layer, format, perChannel());
  for (int64_t channel = 0; channel != layer.channels; ++channel) {
    OBQ oracle = makeOBQ(layer, format, tensor, channel);
    oracle.roundGreedily();
    for (int64_t k = 0; k != layer.reduction; ++k)
      tensor.codes[k * layer.channels + channel] =
          uint8_t(oracle.codes[k]) & (format.codec.numCodes() - 1);
  }
  return errorOf(layer, tensor, format);
}

// On the generator whose ratios are known of GPTQ (.89, .65, .19): as good as the greedy order of
// OBQ, better than GPTQ's fixed one where inputs go together little. Where each is nearly its
// neighbour GPTQ is ahead: it may go further than to the number above or below.
TEST(AdaRound, GainsBesideGPTQAndOBQ) {
  struct {
    double rho, ratio, overGPTQ;
  } cases[] = {{0, 0.81, 0.95}, {0.5, 0.60, 0.95}, {0.9, 0.20, 1.25}};
  const Format &format = *findFormat("int4");
  for (auto [rho, ratio, overGPTQ] : cases) {
    double learned = 0, carried = 0, greedy = 0;
    constexpr int numLayers = 5;
    for (uint64_t seed = 0; seed != numLayers; ++seed) {
      Layer layer(seed, 64, 16, 256, rho);
      double plain = nearestError(layer, format, perChannel()) * numLayers;
      GramFactor factor = llvm::cantFail(GramFactor::create(layer.gram, layer.reduction, {}));
      learned += errorOf(layer, adaRound(layer, format, perChannel()), format) / plain;
      carried += errorOf(layer,
                         llvm::cantFail(encodeByGPTQ(layer.weights, layer.shape(), format,
                                                     perChannel(), factor)),
                         format) /
                 plain;
      greedy += obqError(layer, format) / plain;
    }
    RecordProperty("ratios_" + std::to_string(rho), std::to_string(learned) + ", GPTQ " +
                                                        std::to_string(carried) + ", OBQ " +
                                                        std::to_string(greedy));
    EXPECT_NEAR(learned, ratio, 0.04) << "rho " << rho;
    EXPECT_LT(learned, overGPTQ * carried) << "rho " << rho;
    EXPECT_LT(learned, 1.03 * greedy) << "rho " << rho;
  }
}

// Without products between inputs each weight is best at its nearest number.
TEST(AdaRound, IsNearestWithADiagonalGramMatrix) {
  Layer layer(10, 150, 20, 10, 0.5);
  layer.separateInputs();
  for (const char *name : {"int4", "uint3", "fp4_e2m1", "nf4"})
    for (const EncodeOptions &options : {perChannel(), perGroup(32)}) {
      const Format &format = *findFormat(name);
      EncodedTensor expected = nearest(layer, format, options);
      EncodedTensor actual = adaRound(layer, format, options);
      EXPECT_EQ(actual.scales.front().values, expected.scales.front().values) << name;
      EXPECT_EQ(actual.zeroPoints, expected.zeroPoints) << name;
      EXPECT_EQ(decodeTensor(actual, format), decodeTensor(expected, format)) << name;
    }
}

TEST(AdaRound, BeatsNearestInEveryFormatWithFreeScales) {
  Layer layer(8, 150, 12, 400, 0.7);
  for (const Format &format : allFormats()) {
    if (format.coding != Format::Coding::Scaled || !format.hasFreeScales())
      continue;
    for (const EncodeOptions &options : {perChannel(), perGroup(32)})
      EXPECT_LT(errorOf(layer, adaRound(layer, format, options, {200}), format),
                0.85 * nearestError(layer, format, options))
          << format.name.str();
  }
}

// A weight becomes the number below it or the one above, with and without a zero point.
TEST(AdaRound, StaysNextToEachWeight) {
  Layer layer(9, 64, 16, 200, 0.9);
  for (bool symmetric : {true, false}) {
    const Format &format = *findFormat("uint3");
    EncodedTensor tensor = adaRound(layer, format, perGroup(16, symmetric));
    std::vector<float> numbers = decodeTensor(tensor, format);
    for (int64_t k = 0; k != layer.reduction; ++k)
      for (int64_t channel = 0; channel != layer.channels; ++channel) {
        int64_t i = k * layer.channels + channel;
        float scale = tensor.scales.front().values[k / 16 * layer.channels + channel];
        EXPECT_LT(std::fabs(layer.weights[i] - numbers[i]), scale * 1.0001f);
      }
  }
}

// Panels of channels run in parallel, each channel for itself: the codes of one channel are those
// that it has alone.
TEST(AdaRound, RoundsEachChannelForItself) {
  Layer layer(12, 40, 200, 100, 0.6);
  const Format &format = *findFormat("uint4");
  EncodedTensor whole = adaRound(layer, format, perGroup(16, false));
  for (int64_t channel : {0, 70, 199}) {
    Layer alone = layer;
    alone.channels = 1;
    alone.weights.clear();
    for (int64_t k = 0; k != layer.reduction; ++k)
      alone.weights.push_back(layer.weights[k * layer.channels + channel]);
    EncodedTensor one = adaRound(alone, format, perGroup(16, false));
    for (int64_t k = 0; k != layer.reduction; ++k)
      EXPECT_EQ(whole.codes[k * layer.channels + channel], one.codes[k]) << channel;
  }
}

TEST(AdaRound, RoundsFiltersAsTheirMatrices) {
  Layer layer(13, 45, 6, 200, 0.6);
  std::vector<float> filter;
  for (int64_t channel = 0; channel != layer.channels; ++channel)
    for (int64_t k = 0; k != layer.reduction; ++k)
      filter.push_back(layer.weights[k * layer.channels + channel]);
  const Format &format = *findFormat("int4");
  EncodeOptions options{GranularityKind::Channel, 0, /*channelAxis=*/0, true};
  EncodedTensor actual =
      llvm::cantFail(encodeByAdaRound(filter, {6, 5, 3, 3}, format, options, layer.gram));
  EncodedTensor expected = adaRound(layer, format, perChannel());
  for (int64_t channel = 0; channel != layer.channels; ++channel)
    for (int64_t k = 0; k != layer.reduction; ++k)
      EXPECT_EQ(actual.codes[channel * layer.reduction + k],
                expected.codes[k * layer.channels + channel]);
}

// Inputs that were always 0 say nothing; their weights are rounded to nearest.
TEST(AdaRound, RoundsWithoutInputsToNearest) {
  Layer layer(14, 20, 4, 50, 0.5);
  std::fill(layer.gram.begin(), layer.gram.end(), 0.0f);
  const Format &format = *findFormat("int4");
  EXPECT_EQ(adaRound(layer, format, perChannel()).codes,
            nearest(layer, format, perChannel()).codes);
}

TEST(AdaRound, RefusesNumbersThatAreNotFinite) {
  Layer layer(15, 8, 2, 20, 0.5);
  const Format &format = *findFormat("int4");
  Layer bad = layer;
  bad.weights[3] = std::numeric_limits<float>::quiet_NaN();
  llvm::Expected<EncodedTensor> weights =
      encodeByAdaRound(bad.weights, bad.shape(), format, perChannel(), bad.gram);
  ASSERT_FALSE(bool(weights));
  EXPECT_EQ(llvm::toString(weights.takeError()),
            "cannot quantize a tensor with 1 elements that are not finite");
  bad = layer;
  bad.gram[5] = std::numeric_limits<float>::infinity();
  llvm::Expected<EncodedTensor> gram =
      encodeByAdaRound(bad.weights, bad.shape(), format, perChannel(), bad.gram);
  ASSERT_FALSE(bool(gram));
  EXPECT_EQ(llvm::toString(gram.takeError()),
            "the Gram matrix of the inputs has elements that are not finite");
}
