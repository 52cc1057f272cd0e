// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_LAYEROUTPUTS_H
#define HALFTONE_LIB_DRIVER_LAYEROUTPUTS_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace mlir::halftone {

/// What the output is called that `addLayerOutputs` makes of the layer of a node.
std::string nameLayerOutput(StringRef node);

/// Makes what the ops that `isWanted` put out outputs of the model, behind its own: of several ops
/// of one node the last. Those in branches and loops are left out, since nothing outside sees what
/// they compute.
void addLayerOutputs(ModuleOp model, llvm::function_ref<bool(Operation *)> isWanted);

/// Computes each layer that has a scheme, outside of branches and loops, twice: in float for those
/// that use it, and with its scheme as an output of the model. So every layer's error is its own,
/// if no scheme has static activations.
void addQuantizedTwins(ModuleOp model);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_LAYEROUTPUTS_H
