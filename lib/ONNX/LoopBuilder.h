// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_LOOPBUILDER_H
#define HALFTONE_LIB_ONNX_LOOPBUILDER_H

#include "NodeImporter.h"

namespace mlir::halftone {

/// What halftone.loop has besides its body.
struct LoopParts {
  /// Null where the loop has none.
  Value tripCount, condition;
  SmallVector<Value> inits;
  SmallVector<Value> scanInputs;
  SmallVector<bool> reversedInputs;
  SmallVector<bool> reversedOutputs;
  int64_t numStacked = 0;
};

/// What a body computes from its arguments (the iteration, the states, the slices): the condition
/// if the loop has one, the states, the elements of the stacked results. Empty after an error.
using LoopBody = llvm::function_ref<SmallVector<Value>(Block::BlockArgListType)>;

/// Builds a loop; `buildBody` is called again when it turns out that an iteration changes the
/// dimensions of a state. The states after the last iteration, then the stacked results; null
/// values after an error.
SmallVector<Value> buildLoop(NodeImporter &node, const LoopParts &parts, LoopBody buildBody);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_LOOPBUILDER_H
