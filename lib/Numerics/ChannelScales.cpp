// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/ChannelScales.h"

#include "FloatSummary.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace halftone;

// The bits of the magnitude of a finite value, or 0. They compare like magnitudes.
static int32_t finiteMagnitude(float value) {
  int32_t magnitude = llvm::bit_cast<int32_t>(value) & magnitudeMask;
  return magnitude < infinityBits ? magnitude : 0;
}

// Elements of a channel that lie next to each other.
static size_t innerSize(llvm::ArrayRef<int64_t> shape, size_t axis) {
  size_t inner = 1;
  for (int64_t size : shape.drop_front(axis + 1))
    inner *= size_t(size);
  return inner;
}

void halftone::raiseChannelMaxima(llvm::MutableArrayRef<float> absmax, llvm::ArrayRef<float> values,
                                  llvm::ArrayRef<int64_t> shape, size_t axis) {
  size_t numChannels = absmax.size(), inner = innerSize(shape, axis);
  assert(numChannels == size_t(shape[axis]) && "one maximum per channel");
  std::vector<int32_t> magnitudes(numChannels, 0);
  for (size_t begin = 0; begin < values.size(); begin += numChannels * inner) {
    const float *row = values.data() + begin;
    for (size_t channel = 0; channel != numChannels; ++channel) {
      int32_t largest = magnitudes[channel];
      for (size_t i = 0; i != inner; ++i)
        largest = std::max(largest, finiteMagnitude(row[channel * inner + i]));
      magnitudes[channel] = largest;
    }
  }
  for (size_t channel = 0; channel != numChannels; ++channel)
    absmax[channel] = std::max(absmax[channel], llvm::bit_cast<float>(magnitudes[channel]));
}

double halftone::boundExponent(double exponent) { return std::clamp(exponent, -16.0, 16.0); }

std::vector<float> halftone::findSmoothingFactors(llvm::ArrayRef<float> activations,
                                                  llvm::ArrayRef<float> weights,
                                                  const SmoothingOptions &options) {
  assert(activations.size() == weights.size() && "both have the same channels");
  std::vector<float> factors;
  for (size_t channel = 0; channel != weights.size(); ++channel) {
    if (activations[channel] == 0 || weights[channel] == 0) {
      factors.push_back(1);
      continue;
    }
    double exponent = options.alpha * std::log2(double(activations[channel])) -
                      (1 - options.alpha) * std::log2(double(weights[channel]));
    if (options.powerOfTwo)
      exponent = std::round(exponent);
    factors.push_back(float(std::exp2(boundExponent(exponent))));
  }
  return factors;
}

template <typename Combine>
static void combineChannels(llvm::MutableArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                            size_t axis, llvm::ArrayRef<float> factors, Combine combine) {
  size_t inner = innerSize(shape, axis);
  assert(factors.size() == size_t(shape[axis]) && "one factor per channel");
  for (size_t begin = 0, channel = 0; begin < values.size(); begin += inner) {
    for (float &value : values.slice(begin, inner))
      value = combine(value, factors[channel]);
    channel = channel + 1 == factors.size() ? 0 : channel + 1;
  }
}

void halftone::multiplyChannels(llvm::MutableArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                                size_t axis, llvm::ArrayRef<float> factors) {
  combineChannels(values, shape, axis, factors, [](float lhs, float rhs) { return lhs * rhs; });
}

void halftone::divideChannels(llvm::MutableArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                              size_t axis, llvm::ArrayRef<float> factors) {
  combineChannels(values, shape, axis, factors, [](float lhs, float rhs) { return lhs / rhs; });
}
