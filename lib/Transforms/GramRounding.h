// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_TRANSFORMS_GRAMROUNDING_H
#define HALFTONE_LIB_TRANSFORMS_GRAMROUNDING_H

#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Numerics/GPTQ.h"
#include "halftone/Transforms/Recipe.h"

namespace mlir::halftone {

/// Weights that were rounded for their layer's inputs. Powers are sums of squares over what
/// calibration has seen.
struct RoundedWeights {
  ::halftone::EncodedTensor tensor;
  /// Of the layer's output, of its error, and of the error that rounding to nearest leaves.
  double power = 0, error = 0, nearestError = 0;

  /// Signal to noise of the output in dB; infinite without noise.
  double sqnr() const;
  double nearestSqnr() const;
};

/// Rounds the weights of layers by the Gram matrices of their inputs. Layers that follow each other
/// and read the same input share the factor of its matrix.
class GramRounding {
public:
  /// Never with more error of the output than rounding to nearest. Failure after an error at the
  /// op.
  FailureOr<RoundedWeights> round(const WeightContraction &contraction,
                                  const ::halftone::WeightScheme &scheme, ArrayRef<float> values,
                                  const ::halftone::Format &format,
                                  const ::halftone::EncodeOptions &options);

private:
  LogicalResult readMatrix(const WeightContraction &contraction);
  LogicalResult factorize(const WeightContraction &contraction,
                          const ::halftone::GPTQScheme &scheme);

  ElementsAttr matrix;
  /// The elements of `matrix`; in `copied` if they are not in memory in this form.
  ArrayRef<float> elements;
  std::vector<float> copied;

  ::halftone::GramFactorOptions factorOptions;
  std::optional<::halftone::GramFactor> factor;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_GRAMROUNDING_H
