// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NarrowFloat.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

static constexpr int kBias32 = 127, kMantissa32 = 23;

bool mlir::halftone::isNarrowFloat(Type type) {
  return isa<FloatType>(type) && type.getIntOrFloatBitWidth() <= 8;
}

namespace {

/// A narrow type as its bits: sign, exponent, mantissa.
class NarrowCodec {
public:
  NarrowCodec(ImplicitLocOpBuilder &b, FloatType type)
      : b(b), semantics(type.getFloatSemantics()),
        mantissa(int(APFloat::semanticsPrecision(semantics)) - 1),
        bias(isExponent() ? kBias32 : 1 - int(APFloat::semanticsMinExponent(semantics))),
        isSigned(APFloat::semanticsHasSignedRepr(semantics)),
        magnitudeBits(int(type.getWidth()) - (isSigned ? 1 : 0)) {}

  Value decode(Value code);
  Value encode(Value value, bool saturate);

private:
  /// Only f8E8M0FNU: its code is an exponent, and code 0 is no zero.
  bool isExponent() const { return mantissa == 0; }
  int64_t codeOf(const APFloat &value) const { return value.bitcastToAPInt().getZExtValue(); }
  bool hasNaN() const { return APFloat::semanticsHasNaN(semantics); }
  int64_t nanCode() const { return codeOf(APFloat::getNaN(semantics)); }
  /// Of types without minus zero its code is NaN.
  bool nanIsMinusZero() const {
    return isSigned && hasNaN() && (nanCode() & ((1 << magnitudeBits) - 1)) == 0;
  }
  int64_t largestCode() const { return codeOf(APFloat::getLargest(semantics)); }

  Value i32(int64_t value) {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(value)));
  }
  Value f32(double value) { return arith::ConstantOp::create(b, b.getF32FloatAttr(float(value))); }
  Value asFloat(Value bits) { return arith::BitcastOp::create(b, b.getF32Type(), bits); }
  Value asBits(Value value) { return arith::BitcastOp::create(b, b.getI32Type(), value); }
  Value shiftLeft(Value value, int amount) { return arith::ShLIOp::create(b, value, i32(amount)); }
  Value shiftRight(Value value, int amount) {
    return arith::ShRUIOp::create(b, value, i32(amount));
  }
  Value mask(Value value, int64_t bits) { return arith::AndIOp::create(b, value, i32(bits)); }
  Value selectIf(CmpIPredicate predicate, Value lhs, int64_t rhs, Value ifTrue, Value ifFalse) {
    Value condition = arith::CmpIOp::create(b, predicate, lhs, i32(rhs));
    return arith::SelectOp::create(b, condition, ifTrue, ifFalse);
  }
  Value encodeMagnitude(Value value);
  Value encodeExponent(Value value);

  ImplicitLocOpBuilder &b;
  const llvm::fltSemantics &semantics;
  int mantissa, bias;
  bool isSigned;
  int magnitudeBits;
};

// The magnitude moved to where f32 has it is the number times 2^(bias - 127), denormals included.
Value NarrowCodec::decode(Value code) {
  Value bits = arith::ExtUIOp::create(b, b.getI32Type(), code);
  Value magnitude = mask(bits, (1 << magnitudeBits) - 1);
  Value raw = asFloat(shiftLeft(magnitude, kMantissa32 - mantissa));
  Value result = arith::MulFOp::create(b, raw, f32(std::ldexp(1.0, kBias32 - bias)));
  if (isExponent()) // 2^-127 is a denormal, whose bits are not the exponent.
    result = selectIf(CmpIPredicate::eq, magnitude, 0, f32(std::ldexp(1.0, -bias)), result);
  if (isSigned) {
    Value sign = shiftLeft(shiftRight(bits, magnitudeBits), 31);
    result = asFloat(arith::OrIOp::create(b, asBits(result), sign));
  }
  Value nan = f32(std::numeric_limits<double>::quiet_NaN());
  if (APFloat::semanticsHasInf(semantics)) {
    int64_t infinity = codeOf(APFloat::getInf(semantics));
    Value sign = shiftLeft(shiftRight(bits, magnitudeBits), 31);
    Value infinite = asFloat(
        arith::OrIOp::create(b, asBits(f32(std::numeric_limits<double>::infinity())), sign));
    result = selectIf(CmpIPredicate::eq, magnitude, infinity, infinite, result);
    return selectIf(CmpIPredicate::ugt, magnitude, infinity, nan, result);
  }
  if (!hasNaN())
    return result;
  // Otherwise it is all ones, of any sign.
  Value compared = nanIsMinusZero() ? bits : magnitude;
  return selectIf(CmpIPredicate::eq, compared, nanCode(), nan, result);
}

// Normal numbers: half of the last place, less one where that is even, carries into the exponent
// as it should. Denormal ones: the sum with a number whose last place is theirs is rounded there.
Value NarrowCodec::encodeMagnitude(Value value) {
  int dropped = kMantissa32 - mantissa;
  Value bits = asBits(value);
  Value isOdd = mask(shiftRight(bits, dropped), 1);
  Value half = arith::AddIOp::create(b, isOdd, i32((1 << (dropped - 1)) - 1));
  Value rounded = shiftRight(arith::AddIOp::create(b, bits, half), dropped);
  Value normal = arith::SubIOp::create(b, rounded, i32((kBias32 - bias) << mantissa));

  Value magic = f32(std::ldexp(1.0, kMantissa32 - mantissa + 1 - bias));
  Value sum = arith::AddFOp::create(b, value, magic);
  Value denormal = arith::SubIOp::create(b, asBits(sum), asBits(magic));
  Value isDenormal =
      arith::CmpFOp::create(b, CmpFPredicate::OLT, value, f32(std::ldexp(1.0, 1 - bias)));
  return arith::SelectOp::create(b, isDenormal, denormal, normal);
}

// The exponent of the next power of two; 2^-127 and less are code 0.
Value NarrowCodec::encodeExponent(Value value) {
  Value bits = asBits(value);
  Value up = arith::AddIOp::create(b, bits, i32((1 << kMantissa32) - 1));
  Value code = shiftRight(up, kMantissa32);
  return selectIf(CmpIPredicate::ule, bits, 1 << (kMantissa32 - 1), i32(0), code);
}

Value NarrowCodec::encode(Value value, bool saturate) {
  Value magnitude = math::AbsFOp::create(b, value);
  Value code = isExponent() ? encodeExponent(magnitude) : encodeMagnitude(magnitude);
  int64_t beyond = largestCode();
  if (!saturate && APFloat::semanticsHasInf(semantics))
    beyond = codeOf(APFloat::getInf(semantics));
  else if (!saturate && hasNaN())
    beyond = nanCode();
  code = selectIf(CmpIPredicate::sgt, code, largestCode(), i32(beyond), code);
  if (isSigned) {
    Value sign = shiftLeft(shiftRight(asBits(value), 31), magnitudeBits);
    Value withSign = arith::OrIOp::create(b, code, sign);
    code = nanIsMinusZero() ? selectIf(CmpIPredicate::eq, code, 0, code, withSign) : withSign;
  }
  // Where nothing stands for NaN it becomes minus zero, as in ONNX's reference.
  Value isNaN = arith::CmpFOp::create(b, CmpFPredicate::UNO, value, value);
  code = arith::SelectOp::create(b, isNaN, i32(hasNaN() ? nanCode() : 1 << magnitudeBits), code);
  return arith::TruncIOp::create(b, b.getI8Type(), code);
}

} // namespace

Value mlir::halftone::decodeNarrowFloat(ImplicitLocOpBuilder &b, Value code, FloatType type) {
  return NarrowCodec(b, type).decode(code);
}

Value mlir::halftone::encodeNarrowFloat(ImplicitLocOpBuilder &b, Value value, FloatType type,
                                        bool saturate) {
  return NarrowCodec(b, type).encode(value, saturate);
}
