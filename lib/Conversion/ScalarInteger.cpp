// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integer division, remainder and power, defined for all operands.
#include "ScalarBody.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

Value isEqualTo(ScalarBody &s, Value value, int64_t number) {
  return arith::CmpIOp::create(s.b, CmpIPredicate::eq, value, s.constant(number, value));
}

/// A divisor that cannot trap: 1 instead of 0 and, if signed, of -1.
Value safeDivisor(ScalarBody &s, Value rhs) {
  Value trap = isEqualTo(s, rhs, 0);
  if (!s.isUnsigned())
    trap = arith::OrIOp::create(s.b, trap, isEqualTo(s, rhs, -1));
  return s.select(trap, s.constant(1, rhs), rhs);
}

/// What x^e is for e < 0: 1 for x = 1, ±1 for x = -1, else 0 (the reciprocal, truncated).
Value buildNegativePower(ScalarBody &s, Value base, Value exponent) {
  Value one = s.constant(1, base), zero = s.constant(0, base);
  Value odd = arith::AndIOp::create(s.b, exponent, s.constant(1, exponent));
  Value sign = s.select(isEqualTo(s, odd, 1), s.constant(-1, base), one);
  Value ofMinusOne = s.isUnsigned() ? zero : s.select(isEqualTo(s, base, -1), sign, zero);
  return s.select(isEqualTo(s, base, 1), one, ofMinusOne);
}

} // namespace

Value mlir::halftone::buildIntegerQuotient(ScalarBody &s, Value lhs, Value rhs) {
  Value divisor = safeDivisor(s, rhs);
  if (s.isUnsigned())
    return arith::DivUIOp::create(s.b, lhs, divisor);
  Value quotient = arith::DivSIOp::create(s.b, lhs, divisor);
  Value negated = arith::SubIOp::create(s.b, s.constant(0, lhs), lhs);
  return s.select(isEqualTo(s, rhs, -1), negated, quotient);
}

Value mlir::halftone::buildIntegerRemainder(ScalarBody &s, Value lhs, Value rhs) {
  // Any remainder by 1 is 0, which is also the one by -1.
  Value divisor = safeDivisor(s, rhs);
  if (s.isUnsigned())
    return arith::RemUIOp::create(s.b, lhs, divisor);
  return arith::RemSIOp::create(s.b, lhs, divisor);
}

Value mlir::halftone::buildIntegerPower(ScalarBody &s, Value base, Value exponent,
                                        bool signedExponent) {
  Value zero = s.constant(0, exponent), one = s.constant(1, exponent);
  Value isNegative = arith::CmpIOp::create(s.b, CmpIPredicate::slt, exponent, zero);
  Value count = signedExponent ? s.select(isNegative, zero, exponent) : exponent;
  SmallVector<Value> start = {count, base, s.constant(1, base)};
  SmallVector<Type> types = {count.getType(), base.getType(), base.getType()};
  auto loop = scf::WhileOp::create(
      s.b, types, start,
      [&](OpBuilder &b, Location loc, ValueRange args) {
        Value more = arith::CmpIOp::create(b, loc, CmpIPredicate::ne, args[0], zero);
        scf::ConditionOp::create(b, loc, more, args);
      },
      [&](OpBuilder &b, Location loc, ValueRange args) {
        Value bit = arith::AndIOp::create(b, loc, args[0], one);
        Value isSet = arith::CmpIOp::create(b, loc, CmpIPredicate::ne, bit, zero);
        Value product = arith::MulIOp::create(b, loc, args[2], args[1]);
        Value power = arith::SelectOp::create(b, loc, isSet, product, args[2]);
        Value square = arith::MulIOp::create(b, loc, args[1], args[1]);
        Value rest = arith::ShRUIOp::create(b, loc, args[0], one);
        scf::YieldOp::create(b, loc, ValueRange{rest, square, power});
      });
  if (!signedExponent)
    return loop.getResult(2);
  return s.select(isNegative, buildNegativePower(s, base, exponent), loop.getResult(2));
}
