// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kinds of kernels that a nest can become. Each emitter creates a gpu.launch at the builder's
// insertion point, or declines without creating anything.
#ifndef HALFTONE_LIB_GPU_KERNELEMITTERS_H
#define HALFTONE_LIB_GPU_KERNELEMITTERS_H

#include "halftone/Conversion/LoopNest.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::halftone {

/// Tiles of a sum of products, on tensor cores where they have the type; nullopt for what is none,
/// or too small for tiles.
std::optional<gpu::LaunchOp> emitTileKernel(OpBuilder &builder, LoopNest &nest);

/// A thread or a warp for every element of the outputs. Takes any nest.
gpu::LaunchOp emitElementKernel(OpBuilder &builder, LoopNest &nest);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_GPU_KERNELEMITTERS_H
