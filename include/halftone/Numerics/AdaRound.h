// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_ADAROUND_H
#define HALFTONE_NUMERICS_ADAROUND_H

#include "halftone/Numerics/EncodeTensor.h"

namespace halftone {

struct AdaRoundOptions {
  /// Steps of Adam.
  int64_t iterations = 500;
  /// What a weight costs that is neither rounded up nor down, in parts of what the mean weight of
  /// its channel costs when it is off by a whole step.
  double lambda = 0.3;
  /// How far a step goes.
  double learningRate = 0.1;
};

/// Encodes the weights of a layer so that the error of its output is small (AdaRound, arXiv
/// 2004.10568): for each weight it is learned whether it becomes the number of the format below or
/// the one above. Scales and zero points are those of `encodeTensor`.
///
/// With h = clip(1.2 sigmoid(V) - .1, 0, 1) for each weight and the error e = w - lower - h (upper
/// - lower), what is minimized over V is e G e^T + lambda sum(1 - |2 h - 1|^beta), where G is the
/// Gram matrix of the inputs: the expected squared error of the output, which depends on the inputs
/// only through G. Beta falls from 20 to 2 after a first fifth of the steps without the second
/// term. The gradient is that of all samples, so nothing is drawn at random.
///
/// Channels have nothing to do with each other, and run in parallel; codes are the same on every
/// machine. The extra memory is seven numbers per weight of a panel of channels for each thread.
///
/// `gram` is the matrix [reduction, reduction]. `format` has one level of f32 scales;
/// `options.channelAxis` is the first or the last dimension. An error if a weight or an element of
/// the matrix is not finite.
llvm::Expected<EncodedTensor> encodeByAdaRound(llvm::ArrayRef<float> values,
                                               llvm::ArrayRef<int64_t> shape, const Format &format,
                                               const EncodeOptions &options,
                                               llvm::ArrayRef<float> gram,
                                               const AdaRoundOptions &adaRound = {});

} // namespace halftone

#endif // HALFTONE_NUMERICS_ADAROUND_H
