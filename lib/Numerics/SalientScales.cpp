// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/SalientScales.h"

#include "halftone/Numerics/ChannelScales.h"
#include "halftone/Numerics/OutputError.h"

#include <algorithm>
#include <cmath>

using namespace halftone;

std::vector<float> halftone::findSalientFactors(llvm::ArrayRef<float> gram, int64_t size,
                                                double alpha, bool powerOfTwo) {
  // Exponents of two; the sums of squares are as good as their means, which differ by one factor.
  std::vector<double> exponents(size, 0);
  double least = INFINITY, largest = -INFINITY;
  for (int64_t input = 0; input != size; ++input) {
    double power = gram[input * (size + 1)];
    if (power <= 0)
      continue;
    exponents[input] = alpha * std::log2(power) / 2;
    least = std::min(least, exponents[input]);
    largest = std::max(largest, exponents[input]);
  }
  std::vector<float> factors(size, 1);
  for (int64_t input = 0; input != size; ++input) {
    if (gram[input * (size + 1)] <= 0)
      continue;
    double exponent = boundExponent(exponents[input] - (least + largest) / 2);
    factors[input] = float(std::exp2(powerOfTwo ? std::round(exponent) : exponent));
  }
  return factors;
}

// The Gram matrix of inputs that are divided by `factors`.
static std::vector<float> divideGram(llvm::ArrayRef<float> gram, llvm::ArrayRef<float> factors) {
  auto size = int64_t(factors.size());
  std::vector<float> divided = gram.vec();
  divideChannels(divided, {size, size}, 0, factors);
  divideChannels(divided, {size, size}, 1, factors);
  return divided;
}

// The power of the error of all layers' outputs when their weights are multiplied by `factors`.
static llvm::Expected<double> measureScaled(llvm::ArrayRef<SalientLayer> layers,
                                            llvm::ArrayRef<float> gram,
                                            llvm::ArrayRef<float> factors) {
  std::vector<float> divided = divideGram(gram, factors);
  double error = 0;
  for (const SalientLayer &layer : layers) {
    std::vector<float> scaled = layer.values.vec();
    multiplyChannels(scaled, layer.shape, 0, factors);
    llvm::Expected<EncodedTensor> encoded =
        encodeTensor(scaled, layer.shape, *layer.format, layer.options);
    if (!encoded)
      return encoded.takeError();
    WeightMatrix matrix = WeightMatrix::get(layer.shape, layer.options.channelAxis);
    error += measureOutputError(scaled, *encoded, *layer.format, matrix, divided);
  }
  return error;
}

llvm::Expected<SalientChoice> halftone::chooseSalientFactors(llvm::ArrayRef<SalientLayer> layers,
                                                             llvm::ArrayRef<float> gram,
                                                             bool powerOfTwo) {
  constexpr int kNumExponents = 20;
  int64_t size = layers.front().shape.front();
  SalientChoice best;
  for (int i = 0; i != kNumExponents; ++i) {
    double alpha = double(i) / kNumExponents;
    std::vector<float> factors = findSalientFactors(gram, size, alpha, powerOfTwo);
    llvm::Expected<double> error = measureScaled(layers, gram, factors);
    if (!error)
      return error.takeError();
    if (i == 0)
      best.plainError = *error;
    if (i == 0 || *error < best.error) {
      best.alpha = alpha;
      best.factors = std::move(factors);
      best.error = *error;
    }
  }
  return best;
}
