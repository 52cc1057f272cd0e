// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops over a tensor some of whose dimensions are reduced: what remains are its rows.
#ifndef HALFTONE_LIB_CONVERSION_ROWS_H
#define HALFTONE_LIB_CONVERSION_ROWS_H

#include "Lowering.h"

namespace mlir::halftone {

class Rows {
public:
  /// The rows of `tensor` when `axes` (sorted) are reduced.
  Rows(Lowering &b, Value tensor, ArrayRef<int64_t> axes);

  /// Folds each row into one value. The body gets one element of each of `elements` (tensors of the
  /// full shape), one value of each of `rows` (one per row), and the value so far.
  Value reduce(Value start, ValueRange elements, ValueRange rows, Lowering::Body body);
  /// One value of type `type` per row, from values per row.
  Value perRow(Type type, ValueRange rows, Lowering::Body body);
  /// One element of type `type` for each element of the tensor. `others` are read through
  /// `otherMaps`.
  Value perElement(Type type, ValueRange elements, ValueRange rows, Lowering::Body body,
                   ValueRange others = {}, ArrayRef<AffineMap> otherMaps = {});

  /// Number of elements of one row, as a float or integer of type `type`.
  Value length(Type type);
  /// A value per row in the shape of the tensor, with 1 for the reduced dimensions.
  Value keepDims(Value rows);

  const Sizes &fullSizes() const { return sizes; }
  const Sizes &rowSizes() const { return keptSizes; }
  AffineMap fullMap() const { return full; }
  AffineMap rowMap() const { return kept; }
  ArrayRef<utils::IteratorType> getIterators() const { return iterators; }

private:
  SmallVector<AffineMap> mapsOf(ValueRange elements, ValueRange rows) const;

  Lowering &b;
  Value tensor;
  SmallVector<int64_t> axes;
  Sizes sizes, keptSizes;
  AffineMap full, kept;
  Iterators iterators;
};

/// A sum that may be reordered, so that it can be a vector of sums.
Value buildReorderedSum(OpBuilder &builder, Location loc, Value lhs, Value rhs);

/// The larger or smaller float, NaN if one is. Of two zeros any: for where their signs make no
/// difference, since keeping them apart triples the instructions.
Value buildAnyZeroMaximum(OpBuilder &builder, Location loc, Value lhs, Value rhs);
Value buildAnyZeroMinimum(OpBuilder &builder, Location loc, Value lhs, Value rhs);

/// The lowest or highest value (infinite for floats) of an original type, as a constant of the
/// converted type.
TypedAttr extremeValue(Type type, bool lowest);

/// f16 and bf16 as f32, everything else unchanged: the type that sums are kept in.
Type getAccumulationType(Type type);
/// A float in another float type.
Value castFloat(OpBuilder &builder, Location loc, Value value, Type type);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_ROWS_H
