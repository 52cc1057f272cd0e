// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loops of a kernel op on memrefs, and how each operand is indexed by them.
#ifndef HALFTONE_CPU_ITERATIONSPACE_H
#define HALFTONE_CPU_ITERATIONSPACE_H

#include "IndexMath.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::halftone {

/// A memref and, for each of its dimensions, the loop that indexes it.
struct OperandView {
  static constexpr int kZero = -1;

  Value memref;
  SmallVector<int> loops;
  /// Where the rows are several dimensions of the output, of these sizes, that this operand does not
  /// have side by side: `loops` has kSplit - i for the i-th of them.
  static constexpr int kSplit = -2;
  SmallVector<int64_t> splitSizes;
  int splitLoop = kZero;

  MemRefType getType() const { return llvm::cast<MemRefType>(memref.getType()); }
  Type getElementType() const { return getType().getElementType(); }
  bool isSplit() const { return !splitSizes.empty(); }
  bool uses(int loop) const {
    return llvm::is_contained(loops, loop) ||
           (loop == splitLoop && llvm::any_of(loops, [](int each) { return each <= kSplit; }));
  }
  /// The indices, given the value of each loop.
  SmallVector<Value> indices(IndexMath &math, ArrayRef<Value> loopValues) const;
};

/// Loops are numbered: `numOuter` outer ones, then rows, then columns, then k (of `lhs` alone).
/// Rows are several dimensions of the output taken as one where every operand allows it.
struct IterationSpace {
  SmallVector<OpFoldResult> outer;
  OpFoldResult rows;
  OpFoldResult columns;
  OperandView lhs, output;
  SmallVector<OperandView> epilogueInputs;

  int rowLoop() const { return int(outer.size()); }
  int columnLoop() const { return rowLoop() + 1; }
  int depthLoop() const { return rowLoop() + 2; }
};

/// The iteration space of a product without a window.
IterationSpace makeMatmulSpace(IndexMath &math, ContractOp op);

/// The iteration space of a kernel over an image: batch and y are outer loops, x the rows. `lhs` is
/// left as it is.
IterationSpace makeImageSpace(IndexMath &math, Value lhs, Value init, ValueRange epilogueInputs,
                              ArrayAttr epilogueMaps);

/// Size of dimension `dim`, a constant where static.
OpFoldResult dimSize(IndexMath &math, Value memref, int64_t dim);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_ITERATIONSPACE_H
