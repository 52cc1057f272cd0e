// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Rows.h"

using namespace mlir;
using namespace mlir::halftone;

Rows::Rows(Lowering &b, Value tensor, ArrayRef<int64_t> axes)
    : b(b), tensor(tensor), axes(axes), sizes(b.sizes(tensor)) {
  SmallVector<AffineExpr> keptExprs;
  for (int64_t dim = 0; dim < rankOf(tensor); ++dim) {
    bool isReduced = llvm::is_contained(axes, dim);
    iterators.push_back(isReduced ? kReduction : kParallel);
    if (isReduced)
      continue;
    keptExprs.push_back(b.getAffineDimExpr(dim));
    keptSizes.push_back(sizes[dim]);
  }
  full = b.identity(rankOf(tensor));
  kept = b.mapOf(rankOf(tensor), keptExprs);
}

SmallVector<AffineMap> Rows::mapsOf(ValueRange elements, ValueRange rows) const {
  SmallVector<AffineMap> maps(elements.size(), full);
  maps.append(rows.size(), kept);
  return maps;
}

Value Rows::reduce(Value start, ValueRange elements, ValueRange rows, Lowering::Body body) {
  SmallVector<Value> inputs(elements);
  llvm::append_range(inputs, rows);
  SmallVector<AffineMap> maps = mapsOf(elements, rows);
  maps.push_back(kept);
  return b.generic(inputs, maps, b.filled(keptSizes, start), iterators, body);
}

Value Rows::perRow(Type type, ValueRange rows, Lowering::Body body) {
  SmallVector<AffineMap> maps(rows.size(), b.identity(keptSizes.size()));
  return b.elementwise(keptSizes, type, rows, maps, body);
}

Value Rows::perElement(Type type, ValueRange elements, ValueRange rows, Lowering::Body body,
                       ValueRange others, ArrayRef<AffineMap> otherMaps) {
  SmallVector<Value> inputs(elements);
  llvm::append_range(inputs, rows);
  llvm::append_range(inputs, others);
  SmallVector<AffineMap> maps = mapsOf(elements, rows);
  llvm::append_range(maps, otherMaps);
  return b.elementwise(sizes, type, inputs, maps, body);
}

Value Rows::length(Type type) {
  Value count = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), b.count(tensor, axes));
  return buildCastScalar(b, b.getLoc(), count, b.getI64Type(), type);
}

Value Rows::keepDims(Value rows) { return b.unsqueeze(rows, axes); }

Value mlir::halftone::buildReorderedSum(OpBuilder &builder, Location loc, Value lhs, Value rhs) {
  if (!isa<FloatType>(lhs.getType()))
    return arith::AddIOp::create(builder, loc, lhs, rhs);
  return arith::AddFOp::create(builder, loc, lhs, rhs, arith::FastMathFlags::reassoc);
}

Value mlir::halftone::buildAnyZeroMaximum(OpBuilder &builder, Location loc, Value lhs, Value rhs) {
  return arith::MaximumFOp::create(builder, loc, lhs, rhs, arith::FastMathFlags::nsz);
}

Value mlir::halftone::buildAnyZeroMinimum(OpBuilder &builder, Location loc, Value lhs, Value rhs) {
  return arith::MinimumFOp::create(builder, loc, lhs, rhs, arith::FastMathFlags::nsz);
}

Type mlir::halftone::getAccumulationType(Type type) {
  return isa<Float16Type, BFloat16Type>(type) ? Float32Type::get(type.getContext()) : type;
}

Value mlir::halftone::castFloat(OpBuilder &builder, Location loc, Value value, Type type) {
  return buildCastScalar(builder, loc, value, value.getType(), type);
}

TypedAttr mlir::halftone::extremeValue(Type type, bool lowest) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(floatType, APFloat::getInf(floatType.getFloatSemantics(), lowest));
  unsigned width = type.getIntOrFloatBitWidth();
  Type signless = getSignlessType(type);
  if (type.isUnsignedInteger() || type.isInteger(1))
    return IntegerAttr::get(signless, lowest ? APInt::getZero(width) : APInt::getMaxValue(width));
  return IntegerAttr::get(signless, lowest ? APInt::getSignedMinValue(width)
                                           : APInt::getSignedMaxValue(width));
}
