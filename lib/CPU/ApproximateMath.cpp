// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

namespace mlir::halftone {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

// Polynomials that are within a few units in the last place of libm's results over all of f32. The
// others (sin and cos of large angles, pow, …) are not, and stay calls of libm.
static bool hasGoodPolynomial(StringRef name) {
  static constexpr StringLiteral good[] = {"math.exp",   "math.log",  "math.log2", "math.log1p",
                                           "math.expm1", "math.tanh", "math.erf"};
  return llvm::is_contained(good, name);
}

static Value splat(OpBuilder &builder, Location loc, Type type, double value) {
  TypedAttr attribute = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = llvm::dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, Attribute(attribute));
  return arith::ConstantOp::create(builder, loc, attribute);
}

/// Upstream's logarithms take an argument below the normal numbers for the smallest of those:
///   log(x) = log(x * 2^23) - log(2^23).
static void scaleSmallArgument(Operation *logarithm, double logOfScale) {
  OpBuilder builder(logarithm);
  Location loc = logarithm->getLoc();
  Value x = logarithm->getOperand(0);
  Type type = x.getType();
  auto constant = [&](double value) { return splat(builder, loc, type, value); };
  Value isSmall = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, x,
                                        constant(std::ldexp(1.0, -126)));
  Value scaled = arith::MulFOp::create(builder, loc, x, constant(std::ldexp(1.0, 23)));
  logarithm->setOperand(0, arith::SelectOp::create(builder, loc, isSmall, scaled, x));
  Value excess =
      arith::SelectOp::create(builder, loc, isSmall, constant(logOfScale), constant(0.0));
  builder.setInsertionPointAfter(logarithm);
  Value result = logarithm->getResult(0);
  auto sum = arith::SubFOp::create(builder, loc, result, excess);
  result.replaceAllUsesExcept(sum, sum);
}

/// Upstream's polynomial of erf yields 0 for -0.
static void keepSign(math::ErfOp erf) {
  OpBuilder builder(erf->getContext());
  builder.setInsertionPointAfter(erf);
  auto result = math::CopySignOp::create(builder, erf.getLoc(), erf.getResult(), erf.getOperand());
  erf.getResult().replaceAllUsesExcept(result, result);
}

/// Adds what upstream's polynomials need to hold for every f32.
static void completeDomain(Operation *op) {
  if (!getElementTypeOrSelf(op->getResultTypes().front()).isF32())
    return;
  if (llvm::isa<math::LogOp>(op))
    scaleSmallArgument(op, 23 * std::log(2.0));
  else if (llvm::isa<math::Log2Op>(op))
    scaleSmallArgument(op, 23);
  else if (auto erf = llvm::dyn_cast<math::ErfOp>(op))
    keepSign(erf);
}

namespace {

struct ApproximateMath : halftone::impl::ApproximateMathBase<ApproximateMath> {
  void runOnOperation() override {
    RewritePatternSet widen(&getContext()), approximate(&getContext());
    math::populateExpansionPatterns(widen, {"rsqrt"});
    populateMathF32ExpansionPatterns(widen, hasGoodPolynomial);
    populateMathPolynomialApproximationPatterns(approximate, hasGoodPolynomial);
    if (failed(applyPatternsGreedily(getOperation(), std::move(widen))))
      return signalPassFailure();
    SmallVector<Operation *> functions;
    getOperation().walk([&](Operation *op) {
      if (hasGoodPolynomial(op->getName().getStringRef()))
        functions.push_back(op);
    });
    llvm::for_each(functions, completeDomain);
    if (failed(applyPatternsGreedily(getOperation(), std::move(approximate))))
      signalPassFailure();
  }
};

} // namespace
