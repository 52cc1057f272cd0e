// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The memory spaces of buffers: none on the host, `global` on the device.
#ifndef HALFTONE_LIB_GPU_DEVICEMEMORY_H
#define HALFTONE_LIB_GPU_DEVICEMEMORY_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::halftone {

inline bool isOnDevice(Type type) {
  auto buffer = llvm::dyn_cast<MemRefType>(type);
  return buffer && llvm::isa_and_nonnull<gpu::AddressSpaceAttr>(buffer.getMemorySpace());
}

inline MemRefType withMemorySpace(MemRefType type, Attribute space) {
  return MemRefType::get(type.getShape(), type.getElementType(), type.getLayout(), space);
}

inline MemRefType onDevice(MemRefType type) {
  return withMemorySpace(type,
                         gpu::AddressSpaceAttr::get(type.getContext(), gpu::AddressSpace::Global));
}

inline MemRefType onHost(MemRefType type) { return withMemorySpace(type, Attribute()); }

/// Whether the runtime can do the copy; else it takes a loop.
inline bool isContiguousCopy(memref::CopyOp op) {
  return llvm::all_of(op->getOperandTypes(), [](Type type) {
    auto buffer = llvm::cast<MemRefType>(type);
    return buffer.areTrailingDimsContiguous(buffer.getRank());
  });
}

} // namespace mlir::halftone

#endif // HALFTONE_LIB_GPU_DEVICEMEMORY_H
