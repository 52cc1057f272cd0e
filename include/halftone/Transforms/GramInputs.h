// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layers whose weights are rounded by the Gram matrix of their inputs, and where that matrix stands
// between the one who makes it and the pass that rounds.
#ifndef HALFTONE_TRANSFORMS_GRAMINPUTS_H
#define HALFTONE_TRANSFORMS_GRAMINPUTS_H

#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Numerics/GramMatrix.h"
#include <optional>
#include <vector>

namespace mlir::halftone {

/// What layers multiply their weights with: the vectors along the last dimension of an observed
/// tensor, or the windows of a convolution in it.
struct GramInput {
  ObserveOp observer;
  std::optional<::halftone::ConvolutionWindows> windows;
  /// Elements of a vector.
  int64_t size;
  SmallVector<Operation *> layers;
};

/// Whether the inputs of the contraction have a Gram matrix: not those of a grouped convolution,
/// which has one for each group.
bool hasGramMatrix(const WeightContraction &contraction);

/// The inputs of all layers below `root` that need their Gram matrix and have float weights, in the
/// order of the program. Requires that they are observed.
std::vector<GramInput> findGramInputs(Operation *root);

/// The Gram matrix of a layer's inputs, f32 [reduction, reduction]; null if it has none.
ElementsAttr getGramMatrix(Operation *layer);
/// Makes it one constant of all layers of `input`.
void setGramMatrix(const GramInput &input, ArrayRef<float> gram);
void removeGramMatrix(Operation *layer);

} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_GRAMINPUTS_H
