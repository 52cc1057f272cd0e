// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ValueBounds.h"
#include "halftone/CPU/CPUTarget.h"
#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Numerics/RoundedDivision.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

namespace mlir::halftone {
#define GEN_PASS_DEF_SIMPLIFYQUANTIZE
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;
using ::halftone::RoundedDivision;

namespace {

std::optional<float> matchConstant(Value value) {
  llvm::APFloat constant(0.0f);
  if (!value.getType().isF32() || !matchPattern(value, m_ConstantFloat(&constant)))
    return std::nullopt;
  return constant.convertToFloat();
}

/// value < limit ? limit : value, or with >.
struct Clamp {
  Value value;
  float limit;
};

std::optional<Clamp> matchClamp(Value value, CmpFPredicate predicate) {
  auto select = value.getDefiningOp<arith::SelectOp>();
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpFOp>() : nullptr;
  if (!compare || compare.getPredicate() != predicate ||
      compare.getLhs() != select.getFalseValue() || compare.getRhs() != select.getTrueValue())
    return std::nullopt;
  std::optional<float> limit = matchConstant(select.getTrueValue());
  if (!limit)
    return std::nullopt;
  return Clamp{select.getFalseValue(), *limit};
}

// Beyond 8 bits the boundaries between codes are too many to try.
bool isSmallInteger(float number) {
  return number == std::rint(number) && std::fabs(number) <= 256;
}

/// What quantization by a constant scale looks like in f32:
/// fptosi(NaN -> zeroPoint(clamp(roundeven(x / scale) + zeroPoint, low, high))).
struct Quantization {
  Value x;
  float scale = 1;
  float zeroPoint = 0, low = 0, high = 0;

  /// The code of x before the clamp.
  float getCode(float x) const { return std::rint(x / scale) + zeroPoint; }
};

std::optional<Quantization> matchQuantization(arith::FPToSIOp conversion) {
  auto select = conversion.getIn().getDefiningOp<arith::SelectOp>();
  auto isNaN = select ? select.getCondition().getDefiningOp<arith::CmpFOp>() : nullptr;
  if (!isNaN || isNaN.getPredicate() != CmpFPredicate::UNO || isNaN.getLhs() != isNaN.getRhs() ||
      isNaN.getLhs() != select.getFalseValue() || !conversion.getType().isInteger(32))
    return std::nullopt;
  std::optional<Clamp> high = matchClamp(select.getFalseValue(), CmpFPredicate::OGT);
  std::optional<Clamp> low = high ? matchClamp(high->value, CmpFPredicate::OLT) : std::nullopt;
  auto sum = low ? low->value.getDefiningOp<arith::AddFOp>() : nullptr;
  auto rounded = sum ? sum.getLhs().getDefiningOp<mlir::math::RoundEvenOp>() : nullptr;
  auto division = rounded ? rounded.getOperand().getDefiningOp<arith::DivFOp>() : nullptr;
  if (!division || select.getTrueValue() != sum.getRhs())
    return std::nullopt;
  std::optional<float> scale = matchConstant(division.getRhs());
  std::optional<float> zeroPoint = matchConstant(sum.getRhs());
  if (!scale || !zeroPoint || !isSmallInteger(*zeroPoint) || !isSmallInteger(low->limit) ||
      !isSmallInteger(high->limit) || *zeroPoint < low->limit || *zeroPoint > high->limit)
    return std::nullopt;
  return Quantization{division.getLhs(), *scale, *zeroPoint, low->limit, high->limit};
}

/// The value below all clamps that change no code.
Value skipClamps(const Quantization &match) {
  Value x = match.x;
  while (true) {
    std::optional<Clamp> low = matchClamp(x, CmpFPredicate::OLT);
    std::optional<Clamp> high = matchClamp(x, CmpFPredicate::OGT);
    if (low && match.getCode(low->limit) <= match.low)
      x = low->value;
    else if (high && match.getCode(high->limit) >= match.high)
      x = high->value;
    else
      return x;
  }
}

class Simplifier {
public:
  explicit Simplifier(bool hasFma) : hasFma(hasFma) {}

  /// Whether the uses of `conversion` take their code from a shorter chain now.
  bool simplify(arith::FPToSIOp conversion);

private:
  Value buildClampedInput(ImplicitLocOpBuilder &b, const Quantization &match);
  static Value buildQuotient(ImplicitLocOpBuilder &b, Value x, float scale, RoundedDivision form);

  bool hasFma;
  ValueBounds bounds;
};

} // namespace

static Value buildConstant(ImplicitLocOpBuilder &b, float value) {
  return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
}

static Value buildClamp(ImplicitLocOpBuilder &b, Value x, CmpFPredicate predicate, float limit) {
  Value constant = buildConstant(b, limit);
  Value isBeyond = arith::CmpFOp::create(b, predicate, x, constant);
  return arith::SelectOp::create(b, isBeyond, constant, x);
}

/// x between the values of the lowest and the highest code, and 0 (the zero point's value) for NaN.
Value Simplifier::buildClampedInput(ImplicitLocOpBuilder &b, const Quantization &match) {
  Value x = skipClamps(match);
  if (!bounds.getBound(x)) {
    Value isNaN = arith::CmpFOp::create(b, CmpFPredicate::UNO, x, x);
    x = arith::SelectOp::create(b, isNaN, buildConstant(b, 0), x);
  }
  x = buildClamp(b, x, CmpFPredicate::OLT, (match.low - match.zeroPoint) * match.scale);
  return buildClamp(b, x, CmpFPredicate::OGT, (match.high - match.zeroPoint) * match.scale);
}

Value Simplifier::buildQuotient(ImplicitLocOpBuilder &b, Value x, float scale,
                                RoundedDivision form) {
  Value reciprocal = buildConstant(b, 1 / scale);
  Value quotient = arith::MulFOp::create(b, x, reciprocal);
  if (form == RoundedDivision::Multiply)
    return quotient;
  Value negated = buildConstant(b, -scale);
  Value remainder = mlir::math::FmaOp::create(b, negated, quotient, x);
  return mlir::math::FmaOp::create(b, remainder, reciprocal, quotient);
}

bool Simplifier::simplify(arith::FPToSIOp conversion) {
  std::optional<Quantization> match = matchQuantization(conversion);
  if (!match)
    return false;
  std::optional<RoundedDivision> form =
      ::halftone::findRoundedDivision(match->scale, int32_t(match->low - match->zeroPoint),
                                      int32_t(match->high - match->zeroPoint));
  if (!form || (*form == RoundedDivision::Correct && !hasFma))
    return false;
  ImplicitLocOpBuilder b(conversion.getLoc(), conversion);
  Value x = buildClampedInput(b, *match);
  Value quotient = buildQuotient(b, x, match->scale, *form);
  // Right under the conversion: the two are one instruction.
  Value rounded = mlir::math::RoundEvenOp::create(b, quotient);
  Value code = arith::FPToSIOp::create(b, conversion.getType(), rounded);
  if (match->zeroPoint != 0) {
    Value zeroPoint = arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(match->zeroPoint)));
    code = arith::AddIOp::create(b, code, zeroPoint);
  }
  conversion.replaceAllUsesWith(code);
  return true;
}

namespace {

struct SimplifyQuantize : mlir::halftone::impl::SimplifyQuantizeBase<SimplifyQuantize> {
  using SimplifyQuantizeBase::SimplifyQuantizeBase;

  void runOnOperation() override {
    llvm::Expected<CPUTarget> cpu = CPUTarget::get(target);
    if (!cpu) {
      getOperation().emitError() << llvm::toString(cpu.takeError());
      return signalPassFailure();
    }
    SmallVector<arith::FPToSIOp> conversions;
    getOperation().walk([&](Operation *op) {
      if (!llvm::isa<linalg::GenericOp, ContractOp, DepthwiseOp>(op))
        return;
      op->walk([&](arith::FPToSIOp conversion) { conversions.push_back(conversion); });
    });
    Simplifier simplifier(cpu->avx2 || cpu->neon);
    for (arith::FPToSIOp conversion : conversions) {
      if (!simplifier.simplify(conversion))
        continue;
      ++numSimplified;
      conversion.erase();
    }
    // What only the replaced conversions used is left to the cleanup that follows.
  }
};

} // namespace
