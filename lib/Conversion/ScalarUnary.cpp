// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scalar arithmetic of the unary ops: one entry per op.
#include "ScalarBody.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;

namespace {

template <typename Op> Value map(ScalarBody &s) { return Op::create(s.b, s.x()); }

/// A rounding of floats; integers are round already.
template <typename Op> Value roundTo(ScalarBody &s) { return s.isFloat() ? map<Op>(s) : s.x(); }

Value buildAbs(ScalarBody &s) {
  if (s.isFloat())
    return map<math::AbsFOp>(s);
  if (s.isUnsigned())
    return s.x();
  return arith::MaxSIOp::create(s.b, s.x(), s.sub(s.constant(0), s.x()));
}

Value buildNeg(ScalarBody &s) {
  return s.isFloat() ? map<arith::NegFOp>(s) : s.sub(s.constant(0), s.x());
}

// NaN and zeros of both signs are returned as they are.
Value buildSign(ScalarBody &s) {
  Value zero = s.constant(0);
  Value negative = s.select(s.isLess(s.x(), zero), s.constant(-1), s.x());
  return s.select(s.isGreater(s.x(), zero), s.constant(1), negative);
}

Value buildNot(ScalarBody &s) { return arith::XOrIOp::create(s.b, s.x(), s.constant(-1)); }

Value buildReciprocal(ScalarBody &s) { return arith::DivFOp::create(s.b, s.constant(1), s.x()); }

Value buildIsNaN(ScalarBody &s) {
  return arith::CmpFOp::create(s.b, CmpFPredicate::UNO, s.x(), s.x());
}

Value buildIsInf(ScalarBody &s) {
  auto op = cast<IsInfOp>(s.op);
  auto isInfinity = [&](double sign) -> Value {
    return arith::CmpFOp::create(s.b, CmpFPredicate::OEQ, s.x(),
                                 s.constant(sign * std::numeric_limits<double>::infinity()));
  };
  Value no = arith::ConstantOp::create(s.b, s.b.getBoolAttr(false));
  Value positive = op.getDetectPositive() ? isInfinity(1) : no;
  Value negative = op.getDetectNegative() ? isInfinity(-1) : no;
  return arith::OrIOp::create(s.b, positive, negative);
}

constexpr ScalarEntry kEntries[] = {
    {"abs", buildAbs},
    {"neg", buildNeg},
    {"sign", buildSign},
    {"not", buildNot},
    {"ceil", roundTo<math::CeilOp>},
    {"floor", roundTo<math::FloorOp>},
    {"round", roundTo<math::RoundEvenOp>},
    {"reciprocal", buildReciprocal},
    {"sqrt", map<math::SqrtOp>},
    {"exp", map<math::ExpOp>},
    {"log", map<math::LogOp>},
    {"erf", map<math::ErfOp>},
    {"sin", map<math::SinOp>},
    {"cos", map<math::CosOp>},
    {"tan", map<math::TanOp>},
    {"asin", map<math::AsinOp>},
    {"acos", map<math::AcosOp>},
    {"atan", map<math::AtanOp>},
    {"sinh", map<math::SinhOp>},
    {"cosh", map<math::CoshOp>},
    {"tanh", map<math::TanhOp>},
    {"asinh", map<math::AsinhOp>},
    {"acosh", map<math::AcoshOp>},
    {"atanh", map<math::AtanhOp>},
    {"isnan", buildIsNaN},
    {"isinf", buildIsInf},
};

} // namespace

ArrayRef<ScalarEntry> mlir::halftone::unaryScalarEntries() { return kEntries; }
