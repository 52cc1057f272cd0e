// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layers that read the same activations, and so can only be scaled together.
#ifndef HALFTONE_LIB_TRANSFORMS_SHAREDINPUTS_H
#define HALFTONE_LIB_TRANSFORMS_SHAREDINPUTS_H

#include "halftone/Analysis/WeightContraction.h"
#include "llvm/ADT/ArrayRef.h"

namespace mlir::halftone {

/// A tensor and the contractions that sum over its channels: query, key and value, or gate and up.
struct SharedInput {
  Value value;
  /// The dimension of the channels, counted from the end.
  int64_t axis;
  SmallVector<WeightContraction> layers;

  int64_t getNumChannels() const;
  /// Those of the layers that have a scheme.
  SmallVector<WeightContraction> getQuantized() const;
};

/// How an input was divided.
enum class Division { Folded, Multiplied };

/// The inputs of contractions with constant weights below `root`, in the order of the program.
/// Grouped convolutions, each of whose channels is summed up with some others only, are left out.
std::vector<SharedInput> findSharedInputs(Operation *root);

/// The dimension of a layer's weights that the channels of its input meet, counted from the end.
int64_t getWeightsInputAxis(const WeightContraction &layer);

/// Divides the channels of the input by `factors` and multiplies the weights of its layers by them:
/// the layers compute the same. Failure after an error.
FailureOr<Division> divideInput(const SharedInput &input, ArrayRef<float> factors);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_SHAREDINPUTS_H
