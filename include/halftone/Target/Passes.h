// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TARGET_PASSES_H
#define HALFTONE_TARGET_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::halftone {
#define GEN_PASS_DECL
#include "halftone/Target/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "halftone/Target/Passes.h.inc"
} // namespace mlir::halftone

#endif // HALFTONE_TARGET_PASSES_H
