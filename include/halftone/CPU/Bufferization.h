// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CPU_BUFFERIZATION_H
#define HALFTONE_CPU_BUFFERIZATION_H

namespace mlir {
class DialectRegistry;

namespace halftone {

/// Registers how the ops of this dialect, and of the upstream dialects that lower layers produce,
/// move from tensors to buffers. Call it before loading dialects.
void registerBufferization(DialectRegistry &registry);

} // namespace halftone
} // namespace mlir

#endif // HALFTONE_CPU_BUFFERIZATION_H
