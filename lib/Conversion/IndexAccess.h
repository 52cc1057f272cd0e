// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Positions that are read from tensors of indices.
#ifndef HALFTONE_LIB_CONVERSION_INDEXACCESS_H
#define HALFTONE_LIB_CONVERSION_INDEXACCESS_H

#include "Lowering.h"

namespace mlir::halftone {

/// `position` (an integer element) as an index, counted from the end of `size` where negative.
Value buildPosition(OpBuilder &builder, Location loc, Value position, Value size);

/// Ends the run if an element of `indices` is not in [-size, size), in a loop of its own: the loops
/// that copy stay free of checks. Nothing is built where constants show that all are. With several
/// `sizes`, the last dimension of `indices` says which of them bounds an element.
void checkIndices(Lowering &b, Value original, Value indices, ArrayRef<OpFoldResult> sizes);

/// The same where every element is a position along `axis` of `input`; the size there.
Value checkIndicesAlong(Lowering &b, Value original, Value indices, Value input, int64_t axis);

/// The positions that the tuple at `at` of `indices` holds along dimensions of sizes `limits`.
SmallVector<Value> readTuple(OpBuilder &builder, Location loc, Value indices, ValueRange at,
                             ArrayRef<Value> limits);

/// A loop nest over `sizes` that passes one tensor on: `body` gets the indices and the tensor so
/// far.
Value buildLoopNest(Lowering &b, ArrayRef<OpFoldResult> sizes, Value start,
                    llvm::function_ref<Value(OpBuilder &, Location, ValueRange, Value)> body);

/// The part of `tensor` at `positions` (one for each leading dimension from `first`), of all
/// indices of the other dimensions, without the dimensions that were chosen.
Value extractRow(OpBuilder &builder, Location loc, Value tensor, int64_t first,
                 ValueRange positions);
/// Puts it back.
Value insertRow(OpBuilder &builder, Location loc, Value row, Value tensor, int64_t first,
                ValueRange positions);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_INDEXACCESS_H
