// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_TRANSFORMS_GRAMROUNDING_H
#define HALFTONE_LIB_TRANSFORMS_GRAMROUNDING_H

#include "RoundingMethods.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Numerics/EncodeTensor.h"
#include "halftone/Numerics/OutputError.h"
#include "halftone/Transforms/Recipe.h"

namespace mlir::halftone {

/// Weights that were rounded for their layer's inputs. Powers are sums of squares over what
/// calibration has seen, of the samples that were held back if some were.
struct RoundedWeights {
  ::halftone::EncodedTensor tensor;
  /// The numbers that the weights are; those of the codes but for weak inputs.
  std::vector<float> numbers;
  /// Inputs whose weights stay, ascending, and these, [inputs, channels], in numbers of f16. Their
  /// codes stand for 0.
  std::vector<int64_t> weakInputs;
  std::vector<float> kept;
  /// Of the layer's output, of its error, and of the error that rounding to nearest leaves.
  double power = 0, error = 0, nearestError = 0;

  /// Fills in what follows from the rest and the weights' format: how the tensor is cut, and the
  /// numbers.
  void complete(const WeightContraction &contraction, const ::halftone::Format &format,
                const ::halftone::Granularity &blocks);
  /// Puts the weights that stay into the numbers.
  void layKeptOver(const ::halftone::WeightMatrix &view);
  /// Signal to noise of the output in dB; infinite without noise.
  double sqnr() const;
  double nearestSqnr() const;
};

/// Rounds the weights of layers by the Gram matrices of their inputs. Layers that follow each other
/// and read the same input share what is computed of its matrix.
class GramRounding {
public:
  /// Never with more error of the output than rounding to nearest. Writes the layer's file if it
  /// has one (setRoundedFile). Failure after an error at the op.
  FailureOr<RoundedWeights> round(const WeightContraction &contraction,
                                  const ::halftone::WeightScheme &scheme, ArrayRef<float> values,
                                  const ::halftone::Format &format,
                                  const ::halftone::EncodeOptions &options);

  /// What `round` has written to the layer's file before. Failure after an error at the op.
  static FailureOr<RoundedWeights> load(const WeightContraction &contraction,
                                        const ::halftone::WeightScheme &scheme,
                                        const ::halftone::Format &format,
                                        const ::halftone::EncodeOptions &options);

private:
  /// A constant of the layer's matrices and their elements, in `copied` if they are not in memory
  /// in this form.
  struct Matrices {
    ElementsAttr constant;
    ArrayRef<float> elements;
    std::vector<float> copied;
  };

  LogicalResult readMatrices(const WeightContraction &contraction, bool holdsBack);
  LogicalResult read(const WeightContraction &contraction, ElementsAttr constant,
                     Matrices &matrices);

  Matrices fitted, heldBack;
  /// Of each group of channels.
  std::vector<::halftone::RoundingInputs> inputs;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_GRAMROUNDING_H
