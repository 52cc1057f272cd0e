// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/StringSet.h"

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

namespace {

struct ApproximateMath : halftone::impl::ApproximateMathBase<ApproximateMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    math::populateExpansionPatterns(patterns, {"rsqrt"});
    populateMathF32ExpansionPatterns(patterns, hasGoodPolynomial);
    populateMathPolynomialApproximationPatterns(patterns, hasGoodPolynomial);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
