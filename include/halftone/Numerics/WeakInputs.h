// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Outlier-aware weight quantization (OWQ, arXiv 2306.02272): the weights of the few inputs that
// cost a layer most stay as they are, the others are rounded.
#ifndef HALFTONE_NUMERICS_WEAKINPUTS_H
#define HALFTONE_NUMERICS_WEAKINPUTS_H

#include "halftone/Numerics/OutputError.h"

namespace halftone {

/// How many inputs of `reduction` can stay f16 if a weight takes `bits` on average: codes of
/// `codeBits` for all of them, 16 bits for those that stay. Scales are not counted.
int64_t countWeakInputs(int64_t reduction, double codeBits, double bits);

/// The `count` inputs j with the largest G_jj ||dW_j||^2, ascending: what the errors dW that
/// `nearest` makes of the weights cost, each input for itself. Of equal ones the first.
std::vector<int64_t> findWeakInputs(llvm::ArrayRef<float> weights, const EncodedTensor &nearest,
                                    const Format &format, const WeightMatrix &matrix,
                                    llvm::ArrayRef<float> gram, int64_t count);

/// What is left of the errors E of all other inputs when the weights of weak ones take up as much
/// of them as they can: e G e^T becomes E S E^T, with the Schur complement S = G - G_w (G_ww)^-1
/// G_w^T, which is zero for the weak inputs.
class WeakInputs {
public:
  /// `gram` is the matrix [size, size], symmetric. `damping` times its mean diagonal is added to
  /// the diagonal of G_ww. An error if it is not positive definite then.
  static llvm::Expected<WeakInputs> create(llvm::ArrayRef<float> gram, int64_t size,
                                           llvm::ArrayRef<int64_t> inputs, double damping);

  llvm::ArrayRef<int64_t> getInputs() const { return inputs; }
  /// S, [size, size]: the matrix to round all other weights by.
  llvm::ArrayRef<float> getGram() const { return gram; }

  /// The weights without those of the weak inputs, which are 0.
  std::vector<float> leaveOut(llvm::ArrayRef<float> weights, const WeightMatrix &matrix) const;

  /// The weights [inputs, channels] of the weak inputs when the others have become the numbers of
  /// `rounded`: their own and G_ww^-1 G_w^T E.
  std::vector<float> compensate(llvm::ArrayRef<float> weights, llvm::ArrayRef<float> rounded,
                                const WeightMatrix &matrix) const;

private:
  std::vector<int64_t> inputs;
  std::vector<float> gram;
  /// G_ww^-1 G_w^T, [inputs, size], 0 for the weak inputs themselves.
  std::vector<double> shares;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_WEAKINPUTS_H
