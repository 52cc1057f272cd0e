// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What keeps the loops of one kernel together when they are no tasks, so that outlining can make a
// function of them, and the memory that they work in.
#ifndef HALFTONE_CPU_KERNELREGION_H
#define HALFTONE_CPU_KERNELREGION_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::halftone {

/// Calls `body` to build in an scf.execute_region of its own; in place where it is in a task or
/// such a region already.
void emitKernelRegion(OpBuilder &builder, Location loc, llvm::function_ref<void()> body);

/// Memory on the stack for the kernel that is being built: in a task's body, which is outlined with
/// its own stack, or once for all kernels of the function, which follow each other.
Value makeKernelScratch(OpBuilder &builder, Location loc, MemRefType type);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_KERNELREGION_H
