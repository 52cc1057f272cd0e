// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How blocks of threads divide a product. Rows of an operand in shared memory are 64 bytes,
// whatever the type of its elements: four chunks of 16 bytes, the unit of cp.async and ldmatrix.
#ifndef HALFTONE_LIB_GPU_TILE_H
#define HALFTONE_LIB_GPU_TILE_H

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace mlir::halftone {

struct Tile {
  int64_t rows;        // of the output, a multiple of 16 per warp
  int64_t columns;     // of the output, a multiple of 16 per warp
  int64_t warpRows;    // warps that share the rows
  int64_t warpColumns; // warps that share the columns
  int64_t stages;      // how many steps along the terms are in shared memory
  int64_t leastRows;   // products with fewer rows take a smaller tile

  static constexpr int64_t warpSize = 32;
  static constexpr int64_t chunkBytes = 16;
  static constexpr int64_t chunks = 4; // of a row in shared memory

  int64_t getThreads() const { return warpRows * warpColumns * warpSize; }

  /// The tile for a product of that many rows and columns; nullopt stands for a number that is
  /// known only at run time.
  static const Tile &choose(std::optional<int64_t> rows, std::optional<int64_t> columns);
};

/// How fragments in registers are multiplied.
struct TensorInstruction {
  int64_t terms; // of one instruction
  NVVM::MMATypes lhs, rhs;

  /// That for elements of `type`; nullopt means one multiplication and addition per term, as a CPU
  /// does it.
  static std::optional<TensorInstruction> get(Type type, bool isLhsUnsigned, bool isRhsUnsigned);
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_GPU_TILE_H
