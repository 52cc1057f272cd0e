// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TRANSFORMS_SMOOTHING_H
#define HALFTONE_TRANSFORMS_SMOOTHING_H

#include <string>

namespace halftone {

/// How factors move between activations and weights before either is quantized.
struct SmoothingScheme {
  /// `smoothquant`: by the largest magnitudes of both; `awq`: by the power of the activations, as
  /// the error of the outputs says.
  std::string method = "smoothquant";
  /// Of `smoothquant`: how much of the activations' range the weights take over, 0 to 1.
  double alpha = 0.5;
  /// `alpha` is the one with which the outputs of the quantized model are least off (SmoothQuant+).
  bool searchesAlpha = false;
  /// Factors are powers of two, so that the float model stays the same to the bit.
  bool powerOfTwo = false;
};

} // namespace halftone

#endif // HALFTONE_TRANSFORMS_SMOOTHING_H
