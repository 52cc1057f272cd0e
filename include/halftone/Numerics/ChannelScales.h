// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factors per input channel that move the range of activations into the weights that they meet: X W
// = (X / s) (s W).
#ifndef HALFTONE_NUMERICS_CHANNELSCALES_H
#define HALFTONE_NUMERICS_CHANNELSCALES_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace halftone {

/// Raises each element of `absmax` to the largest finite magnitude in its channel of `values`, a
/// row-major tensor of `shape` whose channels are the slices along `axis`.
void raiseChannelMaxima(llvm::MutableArrayRef<float> absmax, llvm::ArrayRef<float> values,
                        llvm::ArrayRef<int64_t> shape, size_t axis);

/// Between -16 and 16: factors beyond 2^16 would let numbers near the ends of f32 overflow or
/// vanish.
double boundExponent(double exponent);

struct SmoothingOptions {
  /// How much of the activations' range the weights take over: 0 nothing, 1 all of it.
  double alpha = 0.5;
  /// Factors are rounded to powers of two, by which floats are multiplied exactly.
  bool powerOfTwo = false;
};

/// SmoothQuant (arXiv 2211.10438): s = activations^alpha / weights^(1 - alpha) for the largest
/// magnitudes of each channel. Channels in which one of them is 0 have the factor 1, and all are
/// between 2^-16 and 2^16.
std::vector<float> findSmoothingFactors(llvm::ArrayRef<float> activations,
                                        llvm::ArrayRef<float> weights,
                                        const SmoothingOptions &options);

/// Multiplies each channel of `values`, a row-major tensor of `shape`, by its factor, or divides it
/// by it. Each result is rounded once.
void multiplyChannels(llvm::MutableArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                      size_t axis, llvm::ArrayRef<float> factors);
void divideChannels(llvm::MutableArrayRef<float> values, llvm::ArrayRef<int64_t> shape, size_t axis,
                    llvm::ArrayRef<float> factors);

} // namespace halftone

#endif // HALFTONE_NUMERICS_CHANNELSCALES_H
