// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the inferShapes of the op families share: checks of operands and attributes, and symbolic
// element values.
#ifndef HALFTONE_LIB_DIALECT_SHAPEINFERENCE_H
#define HALFTONE_LIB_DIALECT_SHAPEINFERENCE_H

#include "halftone/Dialect/HalftoneDialect.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::halftone {

/// Element types that an operand may have. Number: floats and integers other than i1.
enum class ElementDomain { Any, Number, Float, Logical, Integer };

using Values = std::optional<SmallVector<AffineExpr>>;

/// The element type of a tensor value.
inline Type elementOf(Value value) { return cast<ShapedType>(value.getType()).getElementType(); }
inline int64_t rankOf(Value value) { return cast<ShapedType>(value.getType()).getRank(); }

/// Whether every operand and result is a ranked tensor (an importer's results are not yet).
LogicalResult expectRankedOperands(Operation *op);

LogicalResult expectDomain(Operation *op, StringRef name, Value value, ElementDomain domain);
LogicalResult expectSameElement(Operation *op, StringRef lhsName, Value lhs, StringRef rhsName,
                                Value rhs);
/// Checks that `value` is an integer tensor of `rank` dimensions (any if negative), as indices and
/// shapes are.
LogicalResult expectIndices(Operation *op, StringRef name, Value value, int64_t rank);
LogicalResult expectRank(Operation *op, StringRef name, Value value, int64_t rank);
/// Checks that `value` can have `count` elements only.
LogicalResult expectElementCount(Operation *op, ShapeContext &shapes, StringRef name, Value value,
                                 int64_t count);
LogicalResult expectAxis(Operation *op, StringRef name, int64_t axis, int64_t rank);
/// Checks that `axes` are sorted, unique and in [0, rank).
LogicalResult expectAxes(Operation *op, ArrayRef<int64_t> axes, int64_t rank);
/// Checks the length of an attribute, and that each value is between `low` and 2^31 - 1, so that no
/// arithmetic over it and dimensions overflows.
LogicalResult expectAmounts(Operation *op, StringRef name, ArrayRef<int64_t> amounts, int64_t count,
                            int64_t low);

/// For diagnostics: an expression, and a bracketed list of them (a null one is -1).
std::string describe(AffineExpr expr);
std::string describe(ArrayRef<AffineExpr> exprs);

/// The broadcast dimensions of `operands`, or an error at `op` that lists their types.
FailureOr<SmallVector<Dim>> broadcastOperands(Operation *op, ShapeContext &shapes,
                                              ValueRange operands);

/// The dimensions as constants if there are at most ShapeContext::kMaxValues elements.
std::optional<SmallVector<int64_t>> smallShape(ArrayRef<Dim> dims);
/// The elements of a tensor of dimensions `dims`, each made from its index; nullopt if it is not
/// small or `element` returns a null expression.
Values makeValues(ArrayRef<Dim> dims, llvm::function_ref<AffineExpr(ArrayRef<int64_t>)> element);
/// The position in row-major order of the element of a tensor of `shape` that `index` of a
/// broadcast result reads.
int64_t broadcastPosition(ArrayRef<int64_t> index, ArrayRef<int64_t> shape);
int64_t rowMajorPosition(ArrayRef<int64_t> index, ArrayRef<int64_t> shape);
/// The values of `value`, where each index of a result of dimensions `dims` reads the one at index
/// `map(index)`.
Values mapValues(ShapeContext &shapes, Value value, ArrayRef<Dim> dims,
                 llvm::function_ref<SmallVector<int64_t>(ArrayRef<int64_t>)> map);
/// The values of `value` for a result with the same elements in the same order.
Values sameValues(ShapeContext &shapes, Value value);

// One op each; op must have one result.
LogicalResult inferUnary(Operation *op, ShapeContext &shapes, ElementDomain domain);
LogicalResult inferPredicate(Operation *op, ShapeContext &shapes, ElementDomain domain);
LogicalResult inferBinary(Operation *op, ShapeContext &shapes, ElementDomain domain);
LogicalResult inferCompare(Operation *op, ShapeContext &shapes, ElementDomain domain);

/// The dimensions of a convolution's result; `op` has `input` and `filter` of s + 2 dimensions.
struct ConvolutionGeometry {
  ArrayRef<int64_t> strides, dilations, pads;
  int64_t group;
  Layout layout;
};
FailureOr<SmallVector<Dim>> inferConvolution(Operation *op, ShapeContext &shapes, Value input,
                                             Value filter, const ConvolutionGeometry &geometry);
/// The dimensions of a matrix product with NumPy semantics.
FailureOr<SmallVector<Dim>> inferMatrixProduct(Operation *op, ShapeContext &shapes, Value lhs,
                                               Value rhs);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DIALECT_SHAPEINFERENCE_H
