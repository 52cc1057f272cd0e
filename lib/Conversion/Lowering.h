// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every pattern of the lowering works with: the facts, sizes, index arithmetic, and loops over
// tensors.
#ifndef HALFTONE_LIB_CONVERSION_LOWERING_H
#define HALFTONE_LIB_CONVERSION_LOWERING_H

#include "halftone/Conversion/Patterns.h"
#include "halftone/Conversion/RunTimeCheck.h"
#include "halftone/Conversion/ScalarArithmetic.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::halftone {

using Sizes = SmallVector<OpFoldResult>;
using Iterators = SmallVector<utils::IteratorType>;

inline constexpr utils::IteratorType kParallel = utils::IteratorType::parallel;
inline constexpr utils::IteratorType kReduction = utils::IteratorType::reduction;

inline RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }
inline Type elementType(Value value) { return tensorType(value).getElementType(); }
inline int64_t rankOf(Value value) { return tensorType(value).getRank(); }

/// Builds the lowering of one op; folds what is constant while building. Everything is inserted
/// before the op.
class Lowering : public ImplicitLocOpBuilder {
public:
  Lowering(Operation *op, ConversionPatternRewriter &rewriter, const ShapeFacts &facts)
      : ImplicitLocOpBuilder(op->getLoc(), rewriter), op(op), facts(facts), rewriter(rewriter) {}

  // Numbers. Index arithmetic wraps nowhere: sizes fit in 63 bits.
  Value index(int64_t value);
  Value index(OpFoldResult value);
  Value scalar(Type type, double value);
  /// An element of type i64, i32, … as an index, sign-extended.
  Value toIndex(Value integer);
  template <typename Op> Value fold(Value lhs, Value rhs) { return createOrFold<Op>(lhs, rhs); }
  Value add(Value lhs, Value rhs) { return fold<arith::AddIOp>(lhs, rhs); }
  Value sub(Value lhs, Value rhs) { return fold<arith::SubIOp>(lhs, rhs); }
  Value mul(Value lhs, Value rhs) { return fold<arith::MulIOp>(lhs, rhs); }
  Value min(Value lhs, Value rhs) { return fold<arith::MinSIOp>(lhs, rhs); }
  Value max(Value lhs, Value rhs) { return fold<arith::MaxSIOp>(lhs, rhs); }
  /// Truncating; the operands are not negative where it matters.
  Value div(Value lhs, Value rhs) { return fold<arith::DivSIOp>(lhs, rhs); }
  /// The remainder with the sign of `rhs` (positive).
  Value floorMod(Value lhs, Value rhs);
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    return createOrFold<arith::CmpIOp>(predicate, lhs, rhs);
  }
  Value select(Value condition, Value ifTrue, Value ifFalse) {
    return createOrFold<arith::SelectOp>(condition, ifTrue, ifFalse);
  }

  // Sizes.
  OpFoldResult size(Value tensor, int64_t dim);
  Sizes sizes(Value tensor);
  /// The number of elements along `dims` of `tensor`, as an index.
  Value count(Value tensor, ArrayRef<int64_t> dims);
  /// Dimension `dim` of an original result, from its type or the facts; null if only the op itself
  /// can tell.
  OpFoldResult knownSize(OpResult result, int64_t dim);
  /// The same, and what `compute` gives where it is not known.
  OpFoldResult sizeOr(OpResult result, int64_t dim, llvm::function_ref<Value()> compute);
  OpFoldResult expression(AffineExpr expr);

  // Elements.
  /// Element `position` of a 1-D or 0-D tensor.
  Value element(Value tensor, int64_t position);
  Value extract(Value tensor, ValueRange indices) {
    return createOrFold<tensor::ExtractOp>(tensor, indices);
  }
  /// The one element of a tensor with one element.
  Value onlyElement(Value tensor);

  // Tensors.
  Value empty(ArrayRef<OpFoldResult> sizes, Type type);
  Value filled(ArrayRef<OpFoldResult> sizes, Value scalar);
  /// `tensor` with the static dimensions of `type` (the same tensor if it has them).
  Value castTo(Value tensor, Type type);
  Value collapse(Value tensor, ArrayRef<ReassociationIndices> groups);
  Value expand(Value tensor, ArrayRef<OpFoldResult> sizes, ArrayRef<ReassociationIndices> groups);
  Value slice(Value tensor, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
              ArrayRef<OpFoldResult> steps = {});
  Value insert(Value tensor, Value into, ArrayRef<OpFoldResult> offsets,
               ArrayRef<OpFoldResult> sizes);
  /// Drops or adds dimensions of size 1. `axes` are sorted: of the tensor, or of the result.
  Value squeeze(Value tensor, ArrayRef<int64_t> axes);
  Value unsqueeze(Value tensor, ArrayRef<int64_t> axes);
  /// The tensor with `before` and `after` elements `value` around each dimension; negative amounts
  /// crop.
  Value padded(Value tensor, ArrayRef<OpFoldResult> before, ArrayRef<OpFoldResult> after,
               Value value);

  // Loops.
  using Body = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;
  using Bodies = llvm::function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)>;
  /// One linalg.generic; the body gets one scalar per input, then one per init.
  Value generic(ValueRange inputs, ArrayRef<AffineMap> maps, Value init,
                ArrayRef<utils::IteratorType> iterators, Body body);
  SmallVector<Value> generics(ValueRange inputs, ArrayRef<AffineMap> maps, ValueRange inits,
                              ArrayRef<utils::IteratorType> iterators, Bodies body);
  /// A parallel generic over all elements of a new tensor.
  Value elementwise(ArrayRef<OpFoldResult> sizes, Type type, ValueRange inputs,
                    ArrayRef<AffineMap> maps, Body body);
  /// The same without inputs: the body gets the indices of the element.
  Value fromIndices(ArrayRef<OpFoldResult> sizes, Type type, Body body);

  // Run-time checks.
  /// Ends the run with `message` and the node's name if `condition` is false; folds if it is true.
  void check(Value condition, const Twine &message) {
    createCheck(*this, getLoc(), condition, message);
  }
  void checkAtLeast(OpFoldResult size, int64_t least, const Twine &message) {
    check(compare(arith::CmpIPredicate::sge, index(size), index(least)), message);
  }
  void checkEqual(Value lhs, Value rhs, const Twine &message) {
    if (lhs != rhs)
      check(compare(arith::CmpIPredicate::eq, lhs, rhs), message);
  }

  Operation *getOp() const { return op; }
  const ShapeFacts &getFacts() const { return facts; }

  // Maps over `rank` dimensions.
  AffineMap identity(int64_t rank) { return getMultiDimIdentityMap(rank); }
  AffineMap mapOf(int64_t rank, ArrayRef<AffineExpr> results) {
    return AffineMap::get(rank, 0, results, getContext());
  }
  /// How an operand of type `type` is read by a loop over a tensor of shape `loop`, aligned at the
  /// last dimension: a dimension of size 1 at index 0, unless that of the loop is 1 too.
  AffineMap broadcastMap(RankedTensorType type, ArrayRef<int64_t> loop);

private:
  Operation *op;
  const ShapeFacts &facts;
  ConversionPatternRewriter &rewriter;
};

/// Base of the patterns: conversion of one op with the facts at hand.
template <typename Op> class LoweringPattern : public OpConversionPattern<Op> {
public:
  LoweringPattern(const TypeConverter &converter, MLIRContext *context, const ShapeFacts &facts,
                  PatternBenefit benefit = 1)
      : OpConversionPattern<Op>(converter, context, benefit), facts(facts) {}

protected:
  Type convertedType(Value original) const {
    return this->getTypeConverter()->convertType(original.getType());
  }

  const ShapeFacts &facts;
};

/// The expressions of the dimensions [first, last) of a loop.
SmallVector<AffineExpr> dimExprs(MLIRContext *context, int64_t first, int64_t last);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_LOWERING_H
