// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops of a linalg op on buffers, in a form that can be simplified and reordered.
#ifndef HALFTONE_CONVERSION_LOOPNEST_H
#define HALFTONE_CONVERSION_LOOPNEST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <memory>

namespace mlir::halftone {

/// A value that the body of the loops reads or writes: element `map(indices)` of a buffer, or a
/// scalar.
struct LoopAccess {
  Value buffer;
  AffineMap map;

  bool isScalar() const { return !llvm::isa<MemRefType>(buffer.getType()); }
  MemRefType getType() const { return llvm::cast<MemRefType>(buffer.getType()); }
};

struct LoopNest {
  Location loc;
  SmallVector<OpFoldResult> sizes;
  SmallVector<utils::IteratorType> iterators;
  SmallVector<LoopAccess> inputs;
  SmallVector<LoopAccess> outputs;
  /// Computes new output elements from the elements of inputs and outputs; null means a copy.
  Block *body = nullptr;
  /// The loop that `linalg.index i` of the body stands for; nullopt when it is always 0.
  SmallVector<std::optional<unsigned>> indexLoops;
  /// What the only output is before a reduction; null means what is in its memory.
  Value start;
  /// What follows a reduction, over the same loops. Its inputs `sumInputs` stand for the elements
  /// of this nest's only output, which then are in no memory.
  std::unique_ptr<LoopNest> epilogue;
  SmallVector<unsigned> sumInputs; // of an epilogue

  LoopNest(Location loc) : loc(loc) {}

  /// Creates ops for the sizes of the loops where they are not static.
  static LoopNest fromLinalg(OpBuilder &builder, linalg::LinalgOp op);
  static LoopNest fromCopy(OpBuilder &builder, memref::CopyOp op);

  /// Makes an elementwise op the epilogue of this reduction. The op must read the output, by one
  /// permutation of its loops wherever it does; the output's own map must be a projected one.
  void addEpilogue(linalg::LinalgOp op);

  unsigned getNumLoops() const { return sizes.size(); }
  bool isParallel(unsigned loop) const { return iterators[loop] == utils::IteratorType::parallel; }
  std::optional<int64_t> getStaticSize(unsigned loop) const {
    return getConstantIntValue(sizes[loop]);
  }
  /// All of them that are in memory, the epilogue's as well.
  SmallVector<LoopAccess *> getAccesses();

  /// Removes loops of one iteration.
  void dropUnitLoops();

  /// Merges neighbouring loops that walk through all buffers without a gap, so that the innermost
  /// loop is long.
  void collapseLoops(OpBuilder &builder);

  /// The loop that should be innermost: the one that walks through the buffers in the smallest
  /// steps. There must be a loop.
  unsigned chooseInnermost() const;

private:
  void eraseLoops(ArrayRef<bool> erased, ArrayRef<AffineExpr> replacements);
  bool usesIndex(unsigned loop) const;
};

} // namespace mlir::halftone

#endif // HALFTONE_CONVERSION_LOOPNEST_H
