// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which number format suits a tensor of weights best (MoFQ, arXiv 2305.12356).
#ifndef HALFTONE_NUMERICS_FORMATCHOICE_H
#define HALFTONE_NUMERICS_FORMATCHOICE_H

#include "halftone/Numerics/EncodeTensor.h"

namespace halftone {

struct FormatCandidate {
  Format format;
  EncodeOptions options;
};

/// The errors of candidates at one tensor, in powers (sums of squares).
struct FormatChoice {
  /// Of the candidates, the first of those with the least error.
  size_t best = 0;
  /// Of the weights, or of the layer's output.
  double power = 0;
  /// Of what each candidate changes about it.
  std::vector<double> errors;

  /// Signal to noise of a candidate in dB; infinite without noise.
  double sqnr(size_t candidate) const;
};

/// Encodes `values` in each candidate, each number as near as it allows, and measures how far off
/// that is. Without `grams` the error is that of the weights, sum (w - w')^2. Otherwise it is that
/// of the layer's output: `grams` holds the Gram matrices X^T X of its inputs, one
/// [reduction, reduction] after the other for each group of channels, and the channels of more than
/// one group are the first dimension. An error if an element is not finite, or if scales do not fit
/// in the type that they are stored in.
llvm::Expected<FormatChoice> chooseFormat(llvm::ArrayRef<float> values,
                                          llvm::ArrayRef<int64_t> shape,
                                          llvm::ArrayRef<FormatCandidate> candidates,
                                          llvm::ArrayRef<float> grams);

} // namespace halftone

#endif // HALFTONE_NUMERICS_FORMATCHOICE_H
