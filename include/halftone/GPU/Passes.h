// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_GPU_PASSES_H
#define HALFTONE_GPU_PASSES_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace mlir::halftone {

#define GEN_PASS_DECL
#include "halftone/GPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "halftone/GPU/Passes.h.inc"

} // namespace mlir::halftone

#endif // HALFTONE_GPU_PASSES_H
