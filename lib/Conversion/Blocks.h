// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops over tensors whose parameters (scales, codebooks, …) are one per block of elements.
#ifndef HALFTONE_LIB_CONVERSION_BLOCKS_H
#define HALFTONE_LIB_CONVERSION_BLOCKS_H

#include "Lowering.h"

namespace mlir::halftone {

/// The blocks of a tensor and a loop over its elements. A dimension that is cut evenly is two
/// dimensions of the loop, the block and the element in it, so that a parameter is read by a map;
/// where the last block may be shorter, the block's index is computed from that of the element.
class BlockGrid {
public:
  /// `shape` has the static sizes among `sizes`; `blocks` one size per dimension.
  BlockGrid(Lowering &b, ArrayRef<int64_t> shape, ArrayRef<OpFoldResult> sizes,
            ArrayRef<int64_t> blocks);

  int64_t getRank() const { return loopSizes.size(); }
  const Sizes &getLoopSizes() const { return loopSizes; }
  /// The tensor with the dimensions of the loop, and back.
  Value split(Value tensor) const;
  Value join(Value tensor) const;

  /// A tensor and the map by which the loop reads it.
  struct Operand {
    Value tensor;
    AffineMap map;
  };
  /// How the loop reads a parameter with one element per block.
  Operand perBlock(Value parameter) const;

  /// In the body of a loop: the indices of the element's block.
  SmallVector<Value> blockIndices(OpBuilder &builder, Location loc) const;

  /// Ends the run if `parameter` does not have one element per block along its dimensions from
  /// `first`.
  void checkCount(Value parameter, int64_t first) const;

private:
  bool isEven() const;

  Lowering &b;
  SmallVector<int64_t> blocks;
  Sizes sizes, loopSizes;
  SmallVector<ReassociationIndices> groups;
  /// The index of the block along each dimension, of the loop's indices.
  SmallVector<AffineExpr> indices;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_BLOCKS_H
