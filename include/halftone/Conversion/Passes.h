// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CONVERSION_PASSES_H
#define HALFTONE_CONVERSION_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::halftone {
#define GEN_PASS_DECL
#include "halftone/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "halftone/Conversion/Passes.h.inc"
} // namespace mlir::halftone

#endif // HALFTONE_CONVERSION_PASSES_H
