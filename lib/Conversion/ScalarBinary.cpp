// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scalar arithmetic of the ops of two and three operands: one entry per op.
#include "ScalarBody.h"

#include "halftone/Conversion/ScalarArithmetic.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace {

template <typename OfFloats, typename OfSigned, typename OfUnsigned = OfSigned>
Value combine(ScalarBody &s) {
  return s.choose<OfFloats, OfSigned, OfUnsigned>(s.x(), s.y());
}

template <typename Op> Value combineBits(ScalarBody &s) { return Op::create(s.b, s.x(), s.y()); }

template <CmpFPredicate ofFloats, CmpIPredicate ofSigned, CmpIPredicate ofUnsigned>
Value compare(ScalarBody &s) {
  return s.compare(s.x(), s.y(), ofFloats, ofSigned, ofUnsigned);
}

Value buildDiv(ScalarBody &s) {
  if (s.isFloat())
    return arith::DivFOp::create(s.b, s.x(), s.y());
  return buildIntegerQuotient(s, s.x(), s.y());
}

Value buildMod(ScalarBody &s) {
  if (s.isFloat())
    return arith::RemFOp::create(s.b, s.x(), s.y());
  Value remainder = buildIntegerRemainder(s, s.x(), s.y());
  if (s.isUnsigned() || cast<ModOp>(s.op).getFmod())
    return remainder;
  // The sign of the divisor: a remainder of the other sign is one divisor off.
  Value zero = s.constant(0);
  Value signs = arith::XOrIOp::create(s.b, remainder, s.y());
  Value differ = arith::CmpIOp::create(s.b, CmpIPredicate::slt, signs, zero);
  Value nonZero = arith::CmpIOp::create(s.b, CmpIPredicate::ne, remainder, zero);
  return s.select(arith::AndIOp::create(s.b, differ, nonZero), s.add(remainder, s.y()), remainder);
}

// A shift by the width or more gives 0, where the instruction would give anything.
Value buildBitShift(ScalarBody &s) {
  Value width = s.constant(s.x().getType().getIntOrFloatBitWidth());
  Value inRange = arith::CmpIOp::create(s.b, CmpIPredicate::ult, s.y(), width);
  Value amount = s.select(inRange, s.y(), s.constant(0));
  Value shifted = cast<BitShiftOp>(s.op).getRight()
                      ? Value(arith::ShRUIOp::create(s.b, s.x(), amount))
                      : Value(arith::ShLIOp::create(s.b, s.x(), amount));
  return s.select(inRange, shifted, s.constant(0));
}

Value buildPRelu(ScalarBody &s) {
  return s.select(s.isLess(s.x(), s.constant(0)), s.mul(s.y(), s.x()), s.x());
}

Value buildWhere(ScalarBody &s) { return s.select(s.in[0], s.in[1], s.in[2]); }

/// The exponent, if it is one constant for all elements.
std::optional<double> constantExponent(PowOp op) {
  ElementsAttr elements = getConstant(op.getRhs());
  if (!elements || (!elements.isSplat() && elements.getNumElements() != 1))
    return std::nullopt;
  Type type = elements.getElementType();
  if (isa<FloatType>(type))
    if (auto floats = readFloats(elements))
      return floats->front();
  if (isa<IntegerType>(type))
    if (auto integers = readIntegers(elements))
      return static_cast<double>(integers->front());
  return std::nullopt;
}

/// x^exponent by products and roots; null where the general function is needed.
Value buildConstantPower(ScalarBody &s, double exponent) {
  Value x = s.x();
  if (exponent == 1)
    return x;
  if (exponent == 2)
    return s.mul(x, x);
  if (exponent == 3)
    return s.mul(s.mul(x, x), x);
  if (exponent == -1)
    return arith::DivFOp::create(s.b, s.constant(1), x);
  if (exponent != 0.5)
    return Value();
  // pow(-inf, 0.5) is +inf, and pow(-0.0, 0.5) is +0.0.
  Value root = math::SqrtOp::create(s.b, s.add(x, s.constant(0)));
  Value isLowest = arith::CmpFOp::create(s.b, CmpFPredicate::OEQ, x,
                                         s.constant(-std::numeric_limits<double>::infinity()));
  return s.select(isLowest, s.constant(std::numeric_limits<double>::infinity()), root);
}

Value buildPow(ScalarBody &s) {
  auto op = cast<PowOp>(s.op);
  Type exponentType = getElementTypeOrSelf(op.getRhs().getType());
  bool unsignedExponent = exponentType.isUnsignedInteger();
  if (s.isFloat()) {
    if (std::optional<double> exponent = constantExponent(op))
      if (Value power = buildConstantPower(s, *exponent))
        return power;
    // f16 and bf16 exponents were widened with the operands.
    Type from = isa<FloatType>(exponentType) ? s.y().getType() : exponentType;
    Value exponent = buildCastScalar(s.b, s.b.getLoc(), s.y(), from, s.x().getType());
    return math::PowFOp::create(s.b, s.x(), exponent);
  }
  if (isa<IntegerType>(exponentType))
    return buildIntegerPower(s, s.x(), s.y(), !unsignedExponent);
  Type wide = s.b.getF64Type();
  Value base = buildCastScalar(s.b, s.b.getLoc(), s.x(), s.source, wide);
  Value exponent = buildCastScalar(s.b, s.b.getLoc(), s.y(), s.y().getType(), wide);
  Value power = math::PowFOp::create(s.b, base, exponent);
  return buildCastScalar(s.b, s.b.getLoc(), power, wide, s.source);
}

constexpr ScalarEntry kEntries[] = {
    {"add", combine<arith::AddFOp, arith::AddIOp>},
    {"sub", combine<arith::SubFOp, arith::SubIOp>},
    {"mul", combine<arith::MulFOp, arith::MulIOp>},
    {"div", buildDiv},
    {"mod", buildMod},
    {"pow", buildPow},
    {"min", combine<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>},
    {"max", combine<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>},
    {"and", combineBits<arith::AndIOp>},
    {"or", combineBits<arith::OrIOp>},
    {"xor", combineBits<arith::XOrIOp>},
    {"bit_shift", buildBitShift},
    {"prelu", buildPRelu},
    {"where", buildWhere},
    {"equal", compare<CmpFPredicate::OEQ, CmpIPredicate::eq, CmpIPredicate::eq>},
    {"less", compare<CmpFPredicate::OLT, CmpIPredicate::slt, CmpIPredicate::ult>},
    {"less_or_equal", compare<CmpFPredicate::OLE, CmpIPredicate::sle, CmpIPredicate::ule>},
    {"greater", compare<CmpFPredicate::OGT, CmpIPredicate::sgt, CmpIPredicate::ugt>},
    {"greater_or_equal", compare<CmpFPredicate::OGE, CmpIPredicate::sge, CmpIPredicate::uge>},
};

} // namespace

ArrayRef<ScalarEntry> mlir::halftone::binaryScalarEntries() { return kEntries; }
