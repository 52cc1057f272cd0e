// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_LAYEROUTPUTS_H
#define HALFTONE_LIB_DRIVER_LAYEROUTPUTS_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace mlir::halftone {

/// What the output is called that `addLayerOutputs` makes of the layer of a node.
std::string nameLayerOutput(StringRef node);

/// Makes what layers with a scheme put out outputs of the model, behind its own: of those nodes
/// that `isWanted`, of several layers of one node the last. Those in branches and loops are left
/// out, since nothing outside sees what they compute.
void addLayerOutputs(ModuleOp model, llvm::function_ref<bool(StringRef node)> isWanted);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_LAYEROUTPUTS_H
