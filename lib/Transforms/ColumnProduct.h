// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Some columns of a product's input, multiplied apart from the others.
#ifndef HALFTONE_LIB_TRANSFORMS_COLUMNPRODUCT_H
#define HALFTONE_LIB_TRANSFORMS_COLUMNPRODUCT_H

#include "mlir/IR/Builders.h"

namespace mlir::halftone {

/// The columns (last dimension) of `input` at `indices` [k].
Value gatherColumns(OpBuilder &b, Location loc, Value input, Value indices);

/// A constant of the indices of columns, called `name` where it needs a name.
Value buildColumnIndices(OpBuilder &b, Location loc, ArrayRef<int64_t> columns, StringRef name);

/// For all users of `product` = x W: x W + `columns` `rows`, where these are [..., k] and [k, N].
/// `b` stands behind all of them.
void addColumnProduct(OpBuilder &b, Operation *product, Value columns, Value rows);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_COLUMNPRODUCT_H
