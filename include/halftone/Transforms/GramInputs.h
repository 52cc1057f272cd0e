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
  /// Of a convolution: each group of channels has windows, and a matrix, of its own.
  int64_t groups;
  /// Whether every fifth sample goes into matrices of its own.
  bool holdsBack;
  SmallVector<Operation *> layers;
};

/// How many Gram matrices the inputs of the contraction have; 0 if its channels do not come first.
int64_t countGramMatrices(const WeightContraction &contraction);

/// The inputs of all layers below `root` that need their Gram matrix and have float weights, in the
/// order of the program. Requires that they are observed.
std::vector<GramInput> findGramInputs(Operation *root);

/// The Gram matrix of a layer's inputs, f32 [reduction, reduction], or [groups, reduction,
/// reduction] of a grouped convolution; null if it has none.
ElementsAttr getGramMatrix(Operation *layer);
/// The elements of that matrix, which the layer must have; failure after an error.
FailureOr<std::vector<float>> readGramMatrix(const WeightContraction &layer);
/// That of the samples that were held back.
ElementsAttr getHeldBackGramMatrix(Operation *layer);
/// Makes it one constant of all layers of `input`. `heldBack` is empty if no samples were.
void setGramMatrix(const GramInput &input, ArrayRef<float> gram, ArrayRef<float> heldBack);
void removeGramMatrix(Operation *layer);

/// Whether the layer has its Gram matrix, or a file of what that has made of its weights
/// (RoundedFile.h).
bool isObserved(Operation *layer);

} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_GRAMINPUTS_H
