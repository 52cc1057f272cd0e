// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the operands of a product in global memory to shared memory.
#ifndef HALFTONE_LIB_GPU_TILESTAGING_H
#define HALFTONE_LIB_GPU_TILESTAGING_H

#include "Tile.h"
#include "TileContraction.h"

#include "halftone/Conversion/NestEmitter.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::halftone {

/// The place of a chunk of 16 bytes in its row of shared memory. Of eight rows that are read
/// together, no two use the same banks.
Value swizzleChunk(OpBuilder &builder, Location loc, Value row, Value chunk);

/// Emits what the threads of a block do together to fill shared memory: a buffer for each operand,
/// with `stages` times the rows of a tile.
class TileStaging : NestEmitter {
public:
  TileStaging(OpBuilder &builder, LoopNest &nest, const TileContraction &contraction,
              const Tile &tile, ArrayRef<Value> batchIndices, Value thread);

  /// Of `size` rows (columns, for the right side), the block has those from `first` on.
  void addOperand(gpu::LaunchOp launch, const TileOperand &operand, ArrayRef<unsigned> loops,
                  int64_t tileSize, Value first, Value size);
  ArrayRef<Value> getShared() const { return shared; }

  /// Starts to fill `stage` with the terms of `step`, if there are so many steps.
  void emitStep(Value step, Value stage, Value steps);
  /// Waits until the thread's part of the oldest step is there.
  void emitWait();

private:
  struct Side {
    LoopAccess access;
    SmallVector<unsigned> loops; // rows or columns
    int64_t tileSize;
    Value first, size;
    bool isAsync;     // whole chunks lie in memory as they are needed
    bool isTermMajor; // neighbouring threads read neighbouring terms
    Value shared;
  };

  bool canCopyChunks(const LoopAccess &access) const;
  bool hasTermsInnermost(const LoopAccess &access) const;
  void emitSide(const Side &side, Value step, Value stage);
  void emitChunk(const Side &side, Value row, Value chunk, Value step, Value stage);
  void copyChunk(const Side &side, Value term, ValueRange target);
  void gatherChunk(const Side &side, Value term, ValueRange target);
  Value clamp(Value position, Value size, int64_t reserved);

  const TileContraction &contraction;
  const Tile &tile;
  Value thread;
  Value terms;
  Type elementType;
  int64_t chunkElements;
  SmallVector<Side> sides;
  SmallVector<Value> shared;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_GPU_TILESTAGING_H
