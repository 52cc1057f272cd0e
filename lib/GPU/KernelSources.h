// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which ops on the device become kernels, and which of their neighbours become part of them.
#ifndef HALFTONE_LIB_GPU_KERNELSOURCES_H
#define HALFTONE_LIB_GPU_KERNELSOURCES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::halftone {

/// An op that becomes a kernel.
struct KernelSource {
  Operation *op = nullptr;
  linalg::FillOp fill;       // of what a reduction starts from, which then is in no memory
  linalg::LinalgOp epilogue; // the only reader of a reduction's result, which it then replaces
};

/// In the order in which they run. Frees memory later where an epilogue makes its reduction run
/// later.
SmallVector<KernelSource> findKernelSources(func::FuncOp function);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_GPU_KERNELSOURCES_H
