// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factors per input channel that spare the weights which matter most when weights alone are
// quantized.
#ifndef HALFTONE_NUMERICS_SALIENTSCALES_H
#define HALFTONE_NUMERICS_SALIENTSCALES_H

#include "halftone/Numerics/EncodeTensor.h"

namespace halftone {

/// Weights [reduction, channels] of a layer, of a format with one level of scales.
struct SalientLayer {
  llvm::ArrayRef<float> values;
  llvm::ArrayRef<int64_t> shape;
  const Format *format;
  EncodeOptions options;
};

struct SalientChoice {
  double alpha = 0;
  /// What weights are multiplied by, and inputs divided by.
  std::vector<float> factors;
  /// Power of the error of all layers' outputs, and what it is with no factors.
  double error = 0, plainError = 0;
};

/// The factors m^alpha, normalized by sqrt(max * min), where m is the root mean square of an input
/// that `gram`, its Gram matrix, says. Inputs that were always 0 have the factor 1.
std::vector<float> findSalientFactors(llvm::ArrayRef<float> gram, int64_t size, double alpha,
                                      bool powerOfTwo);

/// AWQ (arXiv 2306.00978): of 20 exponents from 0 to .95 the one with which quantizing the weights
/// of all layers, which share an input, costs their outputs least: ||Q(W s) (X / s) - W X||^2,
/// computed from X^T X alone. An error if a layer cannot be encoded.
llvm::Expected<SalientChoice> chooseSalientFactors(llvm::ArrayRef<SalientLayer> layers,
                                                   llvm::ArrayRef<float> gram, bool powerOfTwo);

} // namespace halftone

#endif // HALFTONE_NUMERICS_SALIENTSCALES_H
