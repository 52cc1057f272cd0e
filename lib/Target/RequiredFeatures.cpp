// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Emission.h"

#include "halftone/runtime.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::halftone;

static bool usesTiles(ModuleOp module) {
  auto findTile = [](LLVM::CallIntrinsicOp call) {
    // Whatever multiplies tiles stores them.
    return call.getIntrin().starts_with("llvm.x86.tilestore") ? WalkResult::interrupt()
                                                              : WalkResult::advance();
  };
  return module.walk(findTile).wasInterrupted();
}

uint64_t mlir::halftone::findRequiredFeatures(ModuleOp module, const CPUTarget &target) {
  // LLVM makes vector instructions of any loop, tiles only of what asks for them.
  constexpr uint64_t tileFeatures =
      HALFTONE_CPU_BIT(HALFTONE_CPU_AMXTILE) | HALFTONE_CPU_BIT(HALFTONE_CPU_AMXINT8) |
      HALFTONE_CPU_BIT(HALFTONE_CPU_AMXBF16) | HALFTONE_CPU_BIT(HALFTONE_CPU_AMXFP16);
  return usesTiles(module) ? target.requiredFeatures : target.requiredFeatures & ~tileFeatures;
}
