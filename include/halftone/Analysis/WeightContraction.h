// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_ANALYSIS_WEIGHTCONTRACTION_H
#define HALFTONE_ANALYSIS_WEIGHTCONTRACTION_H

#include "halftone/Dialect/HalftoneDialect.h"
#include <optional>

namespace mlir::halftone {

/// A float contraction of activations with constant weights: what quantization is about.
struct WeightContraction {
  Operation *op;
  OpOperand *activations;
  OpOperand *weights;
  /// The dimension of the weights that is the output channel; scales may vary along it and leave
  /// the sum.
  int64_t channelAxis;
  /// Number of products summed up for one output element.
  int64_t reduction;

  ElementsAttr getWeights() const;
  RankedTensorType getWeightsType() const;
  /// The dimension of the activations that holds the input channels, counted from the end.
  int64_t getInputAxis() const;
};

/// The same view of a `gather` of rows (axis 0) of a constant f32 matrix: an embedding. Its
/// "channels" are the rows, its `activations` the indices.
std::optional<WeightContraction> matchEmbedding(Operation *op);

/// Matches `matmul` with a constant f32 matrix on the right and `conv` with a constant f32 filter.
std::optional<WeightContraction> matchWeightContraction(Operation *op);

} // namespace mlir::halftone

#endif // HALFTONE_ANALYSIS_WEIGHTCONTRACTION_H
