// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scalar arithmetic of the activation functions: one entry per op.
#include "ScalarBody.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

Value div(ScalarBody &s, Value lhs, Value rhs) { return arith::DivFOp::create(s.b, lhs, rhs); }
Value exp(ScalarBody &s, Value x) { return math::ExpOp::create(s.b, x); }
double number(const APFloat &value) { return value.convertToDouble(); }

/// Limits by comparisons that are false for NaN, so that a NaN in `x` stays.
Value clamp(ScalarBody &s, Value x, Value low, Value high) {
  Value raised = s.select(s.isLess(x, low), low, x);
  return s.select(s.isGreater(raised, high), high, raised);
}

// x < 0 ? 0 : x is one instruction on every vector unit, keeps NaN and needs no flag.
Value buildRelu(ScalarBody &s) {
  Value zero = s.constant(0);
  return s.select(s.isLess(s.x(), zero), zero, s.x());
}

Value buildSigmoid(ScalarBody &s) {
  Value negated = arith::NegFOp::create(s.b, s.x());
  Value one = s.constant(1);
  return div(s, one, s.add(one, exp(s, negated)));
}

// max(x, 0) + ln(1 + e^-|x|) is ln(1 + e^x) without its overflow.
Value buildSoftplus(ScalarBody &s) {
  Value magnitude = math::AbsFOp::create(s.b, s.x());
  Value tail = math::Log1pOp::create(s.b, exp(s, arith::NegFOp::create(s.b, magnitude)));
  return s.add(buildRelu(s), tail);
}

Value buildSoftsign(ScalarBody &s) {
  return div(s, s.x(), s.add(s.constant(1), math::AbsFOp::create(s.b, s.x())));
}

Value buildMish(ScalarBody &s) { return s.mul(s.x(), math::TanhOp::create(s.b, buildSoftplus(s))); }

Value buildHardSwish(ScalarBody &s) {
  Value line = s.add(div(s, s.x(), s.constant(6)), s.constant(0.5));
  return s.mul(s.x(), clamp(s, line, s.constant(0), s.constant(1)));
}

Value buildHardSigmoid(ScalarBody &s) {
  auto op = cast<HardSigmoidOp>(s.op);
  Value scaled = s.mul(s.constant(number(op.getAlpha())), s.x());
  Value line = s.add(scaled, s.constant(number(op.getBeta())));
  return clamp(s, line, s.constant(0), s.constant(1));
}

Value buildLeakyRelu(ScalarBody &s) {
  Value slope = s.constant(number(cast<LeakyReluOp>(s.op).getAlpha()));
  return s.select(s.isLess(s.x(), s.constant(0)), s.mul(slope, s.x()), s.x());
}

Value buildElu(ScalarBody &s) {
  Value alpha = s.constant(number(cast<EluOp>(s.op).getAlpha()));
  Value below = s.mul(alpha, math::ExpM1Op::create(s.b, s.x()));
  return s.select(s.isLess(s.x(), s.constant(0)), below, s.x());
}

Value buildCelu(ScalarBody &s) {
  Value alpha = s.constant(number(cast<CeluOp>(s.op).getAlpha()));
  Value below = s.mul(alpha, math::ExpM1Op::create(s.b, div(s, s.x(), alpha)));
  return s.select(s.isLess(s.x(), s.constant(0)), below, s.x());
}

Value buildSelu(ScalarBody &s) {
  auto op = cast<SeluOp>(s.op);
  Value alpha = s.constant(number(op.getAlpha()));
  Value below = s.mul(alpha, math::ExpM1Op::create(s.b, s.x()));
  Value unscaled = s.select(s.isGreater(s.x(), s.constant(0)), s.x(), below);
  return s.mul(s.constant(number(op.getGamma())), unscaled);
}

Value buildThresholdedRelu(ScalarBody &s) {
  Value alpha = s.constant(number(cast<ThresholdedReluOp>(s.op).getAlpha()));
  return s.select(s.isGreater(s.x(), alpha), s.x(), s.constant(0));
}

Value buildShrink(ScalarBody &s) {
  auto op = cast<ShrinkOp>(s.op);
  double lambd = number(op.getLambd());
  Value bias = s.constant(number(op.getBias()));
  Value above = s.select(s.isGreater(s.x(), s.constant(lambd)), s.sub(s.x(), bias), s.constant(0));
  return s.select(s.isLess(s.x(), s.constant(-lambd)), s.add(s.x(), bias), above);
}

Value buildGelu(ScalarBody &s) {
  Value inner;
  if (cast<GeluOp>(s.op).getTanh()) {
    Value cube = s.mul(s.x(), s.mul(s.x(), s.x()));
    Value sum = s.add(s.x(), s.mul(s.constant(0.044715), cube));
    inner = math::TanhOp::create(s.b, s.mul(s.constant(0.7978845608028654), sum));
  } else {
    inner = math::ErfOp::create(s.b, s.mul(s.x(), s.constant(0.7071067811865476)));
  }
  Value half = s.mul(s.constant(0.5), s.x());
  return s.mul(half, s.add(s.constant(1), inner));
}

// Absent bounds are no operands: the first scalar after the input is `max` when there is no `min`.
Value buildClip(ScalarBody &s) {
  auto op = cast<ClipOp>(s.op);
  Value result = s.x();
  unsigned next = 1;
  if (op.getMin()) {
    Value low = s.in[next++];
    result = s.select(s.isLess(result, low), low, result);
  }
  if (op.getMax()) {
    Value high = s.in[next];
    result = s.select(s.isGreater(result, high), high, result);
  }
  return result;
}

constexpr ScalarEntry kEntries[] = {
    {"relu", buildRelu},
    {"clip", buildClip},
    {"sigmoid", buildSigmoid},
    {"softplus", buildSoftplus},
    {"softsign", buildSoftsign},
    {"mish", buildMish},
    {"hard_swish", buildHardSwish},
    {"hard_sigmoid", buildHardSigmoid},
    {"leaky_relu", buildLeakyRelu},
    {"elu", buildElu},
    {"celu", buildCelu},
    {"selu", buildSelu},
    {"thresholded_relu", buildThresholdedRelu},
    {"shrink", buildShrink},
    {"gelu", buildGelu},
};

} // namespace

ArrayRef<ScalarEntry> mlir::halftone::activationScalarEntries() { return kEntries; }
