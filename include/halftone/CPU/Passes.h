// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CPU_PASSES_H
#define HALFTONE_CPU_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace mlir::halftone {

#define GEN_PASS_DECL
#include "halftone/CPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "halftone/CPU/Passes.h.inc"

} // namespace mlir::halftone

#endif // HALFTONE_CPU_PASSES_H
