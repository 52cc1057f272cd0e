// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TRANSFORMS_PASSES_H
#define HALFTONE_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::halftone {
#define GEN_PASS_DECL
#include "halftone/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_PASSES_H
