// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/ScalarArithmetic.h"

#include "NarrowFloat.h"
#include "ScalarBody.h"
#include "halftone/Dialect/HalftoneDialect.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

//===--- Pieces shared by the tables ---===//

Value ScalarBody::constant(double value, Value like) {
  Type type = like.getType();
  if (auto floatType = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(b, b.getFloatAttr(floatType, value));
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, static_cast<int64_t>(value)));
}

Value ScalarBody::compare(Value lhs, Value rhs, CmpFPredicate ofFloats, CmpIPredicate ofSigned,
                          CmpIPredicate ofUnsigned) {
  if (isFloat())
    return arith::CmpFOp::create(b, ofFloats, lhs, rhs);
  return arith::CmpIOp::create(b, isUnsigned() ? ofUnsigned : ofSigned, lhs, rhs);
}

Value ScalarBody::isLess(Value lhs, Value rhs) {
  return compare(lhs, rhs, CmpFPredicate::OLT, CmpIPredicate::slt, CmpIPredicate::ult);
}

Value ScalarBody::isGreater(Value lhs, Value rhs) {
  return compare(lhs, rhs, CmpFPredicate::OGT, CmpIPredicate::sgt, CmpIPredicate::ugt);
}

Value ScalarBody::isEqual(Value lhs, Value rhs) {
  return compare(lhs, rhs, CmpFPredicate::OEQ, CmpIPredicate::eq, CmpIPredicate::eq);
}

namespace {

const ScalarEntry *findEntry(Operation *op) {
  StringRef name = op->getName().stripDialect();
  for (ArrayRef<ScalarEntry> table :
       {unaryScalarEntries(), activationScalarEntries(), binaryScalarEntries()})
    for (const ScalarEntry &entry : table)
      if (entry.name == name)
        return &entry;
  return nullptr;
}

bool isHalf(Type type) { return isa<Float16Type, BFloat16Type>(type); }

/// Where the operands that are computed with begin: a `where` computes with nothing before its
/// second.
Type getSourceType(Operation *op) {
  unsigned index = isa<WhereOp>(op) ? 1 : 0;
  return getElementTypeOrSelf(op->getOperand(index).getType());
}

Value widen(OpBuilder &builder, Location loc, Value value) {
  if (!isHalf(value.getType()))
    return value;
  return arith::ExtFOp::create(builder, loc, builder.getF32Type(), value);
}

} // namespace

Type mlir::halftone::getSignlessType(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  if (isNarrowFloat(type) || (integer && integer.getWidth() > 1 && integer.getWidth() < 8))
    return IntegerType::get(type.getContext(), 8);
  if (!integer || integer.isSignless())
    return type;
  return IntegerType::get(type.getContext(), integer.getWidth());
}

bool mlir::halftone::hasArithmetic(Type type) {
  if (isa<IntegerType>(type))
    return type.isInteger(1) || type.getIntOrFloatBitWidth() >= 8;
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type);
}

bool mlir::halftone::hasStorage(Type type) {
  return hasArithmetic(type) || isNarrowFloat(type) || isa<IntegerType>(type);
}

bool mlir::halftone::hasElementwiseScalar(Operation *op) {
  auto hasTypes = [op](TypeRange types) {
    bool onlyMoves = isa<CastOp, QuantizeOp, DequantizeOp, WhereOp, BitCastOp>(op);
    return llvm::all_of(types, [&](Type type) {
      Type element = getElementTypeOrSelf(type);
      return onlyMoves ? hasStorage(element) : hasArithmetic(element);
    });
  };
  if (!isa<CastOp, QuantizeOp, DequantizeOp, BitCastOp>(op) && !findEntry(op))
    return false;
  // Codes of more than 16 bits are not all floats.
  if (isa<QuantizeOp>(op) &&
      getElementTypeOrSelf(op->getResult(0).getType()).getIntOrFloatBitWidth() > 16)
    return false;
  return hasTypes(op->getOperandTypes()) && hasTypes(op->getResultTypes());
}

Value mlir::halftone::buildElementwiseScalar(Operation *op, OpBuilder &builder,
                                             ValueRange scalars) {
  Location loc = op->getLoc();
  Type source = getSourceType(op);
  Type target = getElementTypeOrSelf(op->getResult(0).getType());
  // What a user asked for by name keeps its denormals; results that are bf16 anyway need not.
  if (isa<CastOp>(op) && source.isF32() && target.isBF16())
    return buildRoundToBFloat(builder, loc, scalars[0]);
  if (auto cast = dyn_cast<CastOp>(op))
    return buildCastScalar(builder, loc, scalars[0], source, target, cast.getSaturate());
  if (isa<BitCastOp>(op))
    return builder.createOrFold<arith::BitcastOp>(loc, getSignlessType(target), scalars[0]);
  if (isa<QuantizeOp>(op))
    return buildQuantizeScalar(builder, loc, scalars[0], scalars[1], scalars[2], target);
  if (isa<DequantizeOp>(op)) {
    Value value = buildDequantizeScalar(builder, loc, scalars[0], scalars[1], scalars[2], source);
    return buildCastScalar(builder, loc, value, value.getType(), target);
  }

  ScalarBody body{op, ImplicitLocOpBuilder(loc, builder), {}, source};
  for (Value scalar : scalars)
    body.in.push_back(widen(builder, loc, scalar));
  Value result = findEntry(op)->build(body);
  if (isHalf(target) && result.getType() != target)
    return arith::TruncFOp::create(builder, loc, target, result);
  return result;
}
