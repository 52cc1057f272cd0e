// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How far off a layer's output is, measured with the Gram matrix of its inputs.
#ifndef HALFTONE_NUMERICS_OUTPUTERROR_H
#define HALFTONE_NUMERICS_OUTPUTERROR_H

#include "halftone/Numerics/EncodeTensor.h"

namespace halftone {

/// The matrix [reduction, channels] that a contraction multiplies vectors with, as it lies in a
/// tensor of weights.
struct WeightMatrix {
  int64_t reduction, channels;
  int64_t reductionStride, channelStride;
  unsigned channelAxis;

  /// `channelAxis` is the first or the last dimension.
  static WeightMatrix get(llvm::ArrayRef<int64_t> shape, unsigned channelAxis);

  int64_t at(int64_t input, int64_t channel) const {
    return input * reductionStride + channel * channelStride;
  }
};

/// The power of the layer's output, the sum of the squares of X W where `gram` is X^T X.
double measureOutputPower(llvm::ArrayRef<float> weights, const WeightMatrix &matrix,
                          llvm::ArrayRef<float> gram);

/// The power of the output's error when the weights become the numbers of `tensor`, which has one
/// level of scales, or codebooks. The extra memory is a panel of channels.
double measureOutputError(llvm::ArrayRef<float> weights, const EncodedTensor &tensor,
                          const Format &format, const WeightMatrix &matrix,
                          llvm::ArrayRef<float> gram);

} // namespace halftone

#endif // HALFTONE_NUMERICS_OUTPUTERROR_H
