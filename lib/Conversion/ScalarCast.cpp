// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversion of one element, and of one element to and from integer codes.
#include "halftone/Conversion/ScalarArithmetic.h"

#include "NarrowFloat.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace {

bool isUnsigned(Type type) { return type.isUnsignedInteger() || type.isInteger(1); }

Value floatConstant(ImplicitLocOpBuilder &b, Type type, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

Value castFloatToFloat(ImplicitLocOpBuilder &b, Value value, Type to) {
  Type from = value.getType();
  unsigned fromWidth = from.getIntOrFloatBitWidth(), toWidth = to.getIntOrFloatBitWidth();
  if (from == to)
    return value;
  if (fromWidth < toWidth)
    return arith::ExtFOp::create(b, to, value);
  if (fromWidth > toWidth)
    return arith::TruncFOp::create(b, to, value);
  // f16 and bf16: neither contains the other.
  return arith::TruncFOp::create(b, to, arith::ExtFOp::create(b, b.getF32Type(), value));
}

Value castIntegerToFloat(ImplicitLocOpBuilder &b, Value value, Type from, Type to) {
  // Through f32 where the target is narrower, as wide as it: one rounding of at most 24 bits.
  Type wide = to.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : to;
  Value result = isUnsigned(from) ? Value(arith::UIToFPOp::create(b, wide, value))
                                  : Value(arith::SIToFPOp::create(b, wide, value));
  return castFloatToFloat(b, result, to);
}

/// Truncates toward zero, saturates, NaN gives 0. The instruction's own result out of range is not
/// used.
Value castFloatToInteger(ImplicitLocOpBuilder &b, Value value, Type to) {
  if (value.getType().getIntOrFloatBitWidth() < 32)
    value = arith::ExtFOp::create(b, b.getF32Type(), value);
  Type floatType = value.getType();
  Type type = getSignlessType(to);
  unsigned width = type.getIntOrFloatBitWidth();
  bool isSigned = !isUnsigned(to);
  APInt lowest = isSigned ? APInt::getSignedMinValue(width) : APInt::getZero(width);
  APInt highest = isSigned ? APInt::getSignedMaxValue(width) : APInt::getMaxValue(width);
  // One more than the highest is a power of two, exact in any float type; the lowest is exact too.
  double low = isSigned ? -std::ldexp(1.0, width - 1) : 0.0;
  double high = std::ldexp(1.0, isSigned ? width - 1 : width);

  Value result = isSigned ? Value(arith::FPToSIOp::create(b, type, value))
                          : Value(arith::FPToUIOp::create(b, type, value));
  auto replaceIf = [&](CmpFPredicate predicate, Value limit, APInt replacement) {
    Value condition = arith::CmpFOp::create(b, predicate, value, limit);
    Value constant = arith::ConstantOp::create(b, b.getIntegerAttr(type, replacement));
    result = arith::SelectOp::create(b, condition, constant, result);
  };
  replaceIf(CmpFPredicate::OLE, floatConstant(b, floatType, low), lowest);
  replaceIf(CmpFPredicate::OGE, floatConstant(b, floatType, high), highest);
  replaceIf(CmpFPredicate::UNO, value, APInt::getZero(width));
  return result;
}

Value castToBool(ImplicitLocOpBuilder &b, Value value) {
  Type type = value.getType();
  if (isa<FloatType>(type))
    return arith::CmpFOp::create(b, CmpFPredicate::UNE, value, floatConstant(b, type, 0));
  Value zero = arith::ConstantOp::create(b, b.getIntegerAttr(type, 0));
  return arith::CmpIOp::create(b, CmpIPredicate::ne, value, zero);
}

/// Wraps an i8 to the narrower integer `to`, which it holds.
Value wrapToWidth(ImplicitLocOpBuilder &b, Value value, Type to) {
  unsigned width = to.getIntOrFloatBitWidth();
  auto constant = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(b, b.getIntegerAttr(value.getType(), number));
  };
  if (isUnsigned(to))
    return arith::AndIOp::create(b, value, constant((1 << width) - 1));
  Value unused = constant(8 - width);
  return arith::ShRSIOp::create(b, arith::ShLIOp::create(b, value, unused), unused);
}

Value castIntegerToInteger(ImplicitLocOpBuilder &b, Value value, Type from, Type to) {
  Type type = getSignlessType(to);
  unsigned fromWidth = value.getType().getIntOrFloatBitWidth();
  unsigned toWidth = type.getIntOrFloatBitWidth();
  if (fromWidth > toWidth)
    value = arith::TruncIOp::create(b, type, value);
  else if (fromWidth < toWidth)
    value = isUnsigned(from) ? Value(arith::ExtUIOp::create(b, type, value))
                             : Value(arith::ExtSIOp::create(b, type, value));
  bool isHeld = to.getIntOrFloatBitWidth() < toWidth && from != to;
  return isHeld ? wrapToWidth(b, value, to) : value;
}

/// The code as a float; exact for integers of at most 16 bits and all floats.
Value codeToFloat(ImplicitLocOpBuilder &b, Value code, Type codeType) {
  if (isNarrowFloat(codeType))
    return decodeNarrowFloat(b, code, cast<FloatType>(codeType));
  if (isa<FloatType>(codeType))
    return castFloatToFloat(b, code, b.getF32Type());
  return castIntegerToFloat(b, code, codeType, b.getF32Type());
}

/// The zero point of float codes. Powers of two have no zero, so theirs counts as one whatever it
/// is.
Value floatZeroPoint(ImplicitLocOpBuilder &b, Value zeroPoint, Type codeType) {
  if (isa<Float8E8M0FNUType>(codeType))
    return floatConstant(b, b.getF32Type(), 0);
  return codeToFloat(b, zeroPoint, codeType);
}

} // namespace

Value mlir::halftone::buildCastScalar(OpBuilder &builder, Location loc, Value scalar, Type from,
                                      Type to, bool saturate) {
  ImplicitLocOpBuilder b(loc, builder);
  if (from == to)
    return scalar;
  if (isNarrowFloat(from)) {
    scalar = decodeNarrowFloat(b, scalar, cast<FloatType>(from));
    from = b.getF32Type();
  }
  if (isNarrowFloat(to)) {
    Value value = buildCastScalar(builder, loc, scalar, from, b.getF32Type());
    return encodeNarrowFloat(b, value, cast<FloatType>(to), saturate);
  }
  if (to.isInteger(1))
    return castToBool(b, scalar);
  // Of less than 8 bits the lowest ones are kept, as of integers.
  if (isa<FloatType>(from) && isa<IntegerType>(to) && to.getIntOrFloatBitWidth() < 8)
    return castIntegerToInteger(b, castFloatToInteger(b, scalar, b.getI32Type()), b.getI32Type(),
                                to);
  if (isa<FloatType>(from))
    return isa<FloatType>(to) ? castFloatToFloat(b, scalar, to) : castFloatToInteger(b, scalar, to);
  return isa<FloatType>(to) ? castIntegerToFloat(b, scalar, from, to)
                            : castIntegerToInteger(b, scalar, from, to);
}

Value mlir::halftone::buildRoundToBFloat(OpBuilder &builder, Location loc, Value value) {
  ImplicitLocOpBuilder b(loc, builder);
  auto vector = dyn_cast<VectorType>(value.getType());
  auto typeOf = [&](Type each) -> Type { return vector ? vector.clone(each) : each; };
  auto constant = [&](int32_t number) -> Value {
    TypedAttr attribute = b.getI32IntegerAttr(number);
    if (vector)
      attribute = DenseElementsAttr::get(vector.clone(b.getI32Type()), number);
    return arith::ConstantOp::create(b, attribute);
  };
  Value bits = arith::BitcastOp::create(b, typeOf(b.getI32Type()), value);
  Value high = arith::ShRUIOp::create(b, bits, constant(16));
  // Half of the last place, less a bit if that place is even: a tie stays below the carry.
  Value isOdd = arith::AndIOp::create(b, high, constant(1));
  Value half = arith::AddIOp::create(b, isOdd, constant(0x7fff));
  Value rounded = arith::ShRUIOp::create(b, arith::AddIOp::create(b, bits, half), constant(16));
  Value isNaN = arith::CmpFOp::create(b, CmpFPredicate::UNO, value, value);
  Value quiet = arith::OrIOp::create(b, high, constant(0x40));
  Value result = arith::SelectOp::create(b, isNaN, quiet, rounded);
  result = arith::TruncIOp::create(b, typeOf(b.getI16Type()), result);
  return arith::BitcastOp::create(b, typeOf(b.getBF16Type()), result);
}

Value mlir::halftone::buildQuantizeScalar(OpBuilder &builder, Location loc, Value value,
                                          Value scale, Value zeroPoint, Type codeType) {
  ImplicitLocOpBuilder b(loc, builder);
  Type f32 = b.getF32Type();
  unsigned width = codeType.getIntOrFloatBitWidth();
  bool isSigned = !isUnsigned(codeType);
  Value x = castFloatToFloat(b, value, f32);
  Value ratio = arith::DivFOp::create(b, x, castFloatToFloat(b, scale, f32));
  if (isa<FloatType>(codeType)) {
    Value shifted = arith::AddFOp::create(b, ratio, floatZeroPoint(b, zeroPoint, codeType));
    return buildCastScalar(builder, loc, shifted, f32, codeType);
  }
  Value zero = codeToFloat(b, zeroPoint, codeType);
  Value code = arith::AddFOp::create(b, math::RoundEvenOp::create(b, ratio), zero);

  Value low = floatConstant(b, f32, isSigned ? -std::ldexp(1.0, width - 1) : 0.0);
  Value high = floatConstant(b, f32, std::ldexp(1.0, isSigned ? width - 1 : width) - 1);
  auto replaceIf = [&](CmpFPredicate predicate, Value lhs, Value rhs, Value replacement) {
    Value condition = arith::CmpFOp::create(b, predicate, lhs, rhs);
    code = arith::SelectOp::create(b, condition, replacement, code);
  };
  replaceIf(CmpFPredicate::OLT, code, low, low);
  replaceIf(CmpFPredicate::OGT, code, high, high);
  replaceIf(CmpFPredicate::UNO, code, code, zero);
  // Narrow codes go through i32: one conversion instruction and a truncation on every vector unit.
  Value integer = arith::FPToSIOp::create(b, b.getI32Type(), code);
  return castIntegerToInteger(b, integer, b.getI32Type(), codeType);
}

Value mlir::halftone::buildDequantizeScalar(OpBuilder &builder, Location loc, Value code,
                                            Value scale, Value zeroPoint, Type codeType) {
  ImplicitLocOpBuilder b(loc, builder);
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  if (isa<FloatType>(codeType)) {
    Value distance = arith::SubFOp::create(b, codeToFloat(b, code, codeType),
                                           floatZeroPoint(b, zeroPoint, codeType));
    return arith::MulFOp::create(b, distance, castFloatToFloat(b, scale, f32));
  }
  Value difference = arith::SubIOp::create(b, castIntegerToInteger(b, code, codeType, i32),
                                           castIntegerToInteger(b, zeroPoint, codeType, i32));
  Value real = arith::SIToFPOp::create(b, f32, difference);
  return arith::MulFOp::create(b, real, castFloatToFloat(b, scale, f32));
}
