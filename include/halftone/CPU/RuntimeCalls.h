// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions that lowerings call to reach the runtime. They are symbols until
// halftone-bind-runtime.
#ifndef HALFTONE_CPU_RUNTIMECALLS_H
#define HALFTONE_CPU_RUNTIMECALLS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include <optional>

namespace mlir::halftone {

enum class RuntimeFunction {
  Weights,
  Arena,
  Alloc,
  Release,
  ParallelFor,
  Fail,
  Observe,
  Profile,
  DeviceWeights,
  DeviceArena,
  DeviceAlloc,
  DeviceRelease,
  DeviceCopy,
  Launch
};

/// `halftone_…`.
StringRef getSymbolName(RuntimeFunction function);

/// The function of this name; nullopt when there is none.
std::optional<RuntimeFunction> findRuntimeFunction(StringRef symbolName);

/// Offset in the context of the pointer behind `function`.
int64_t getContextOffset(RuntimeFunction function);

/// Whether `function` is the pointer itself (weights, arena) rather than code behind it.
bool isPointerField(RuntimeFunction function);

/// Its type, without the context.
LLVM::LLVMFunctionType getFunctionType(RuntimeFunction function, MLIRContext *context);

/// Calls `function`, declaring it in the module of the insertion point when necessary.
LLVM::CallOp callRuntime(OpBuilder &builder, Location loc, RuntimeFunction function,
                         ValueRange arguments = {});

} // namespace mlir::halftone

#endif // HALFTONE_CPU_RUNTIMECALLS_H
