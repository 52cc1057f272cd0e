// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_PIPELINES_REGISTER_H
#define HALFTONE_PIPELINES_REGISTER_H

#include "mlir/IR/DialectRegistry.h"

namespace mlir::halftone {

/// Every dialect that occurs between an ONNX model and LLVM IR, with the interfaces that the passes
/// need.
void registerAllDialects(DialectRegistry &registry);

/// Our passes and pipelines, and upstream's general ones, by their command line names.
void registerAllPasses();

} // namespace mlir::halftone

#endif // HALFTONE_PIPELINES_REGISTER_H
