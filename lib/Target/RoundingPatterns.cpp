// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LoweringPatterns.h"

#include "halftone/Conversion/ScalarArithmetic.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// fptosi(roundeven(x)) is one rounding conversion: no code here ever leaves the default rounding
/// mode, half to even.
struct RoundingConversionPattern : ConvertOpToLLVMPattern<arith::FPToSIOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(arith::FPToSIOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type input = op.getIn().getType(), output = op.getType();
    auto vector = llvm::dyn_cast<VectorType>(input);
    if ((vector && vector.getRank() != 1) || !getElementTypeOrSelf(input).isF32() ||
        !getElementTypeOrSelf(output).isInteger(32))
      return rewriter.notifyMatchFailure(op, "not a conversion of f32 to i32");
    // The producer may or may not be converted already.
    Value rounded;
    if (auto rounding = op.getIn().getDefiningOp<math::RoundEvenOp>())
      rounded = rewriter.getRemappedValue(rounding.getOperand());
    else if (auto converted = adaptor.getIn().getDefiningOp<LLVM::RoundEvenOp>())
      rounded = converted.getIn();
    if (!rounded)
      return rewriter.notifyMatchFailure(op, "the operand is not rounded to even");
    rewriter.replaceOpWithNewOp<LLVM::LrintOp>(op, getTypeConverter()->convertType(output),
                                               rounded);
    return success();
  }
};

/// f64 becomes a 16-bit float by way of f32, which few CPUs do in one instruction. Rounded to odd
/// on the way, a number stays on its side of every tie of the second rounding (Boldo, Melquiond:
/// When double rounding is odd, 2005).
struct NarrowDoublePattern : ConvertOpToLLVMPattern<arith::TruncFOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto vector = llvm::dyn_cast<VectorType>(op.getType());
    Type element = getElementTypeOrSelf(op.getType());
    if ((vector && vector.getRank() != 1) || !getElementTypeOrSelf(op.getIn().getType()).isF64() ||
        !(element.isF16() || element.isBF16()))
      return rewriter.notifyMatchFailure(op, "not a conversion of f64 to a 16-bit float");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto typeOf = [&](Type each) -> Type { return vector ? vector.clone(each) : each; };
    Type f32 = typeOf(b.getF32Type()), f64 = typeOf(b.getF64Type()), i32 = typeOf(b.getI32Type());
    Value wide = adaptor.getIn();
    Value nearest = arith::TruncFOp::create(b, f32, wide);
    Value value = arith::ExtFOp::create(b, f64, nearest);
    Value isInexact = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value, wide);
    Value isBeyond =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, LLVM::FAbsOp::create(b, value),
                              LLVM::FAbsOp::create(b, wide));
    // Towards zero; then the last bit says that something was left.
    Value bits = arith::BitcastOp::create(b, i32, nearest);
    Value below = arith::SubIOp::create(b, bits, arith::ExtUIOp::create(b, i32, isBeyond));
    Value sticky = arith::ExtUIOp::create(b, i32, isInexact);
    Value odd = arith::SelectOp::create(b, isInexact, below, bits);
    odd = arith::OrIOp::create(b, odd, sticky);
    Value number = arith::BitcastOp::create(b, f32, odd);
    if (element.isBF16())
      rewriter.replaceOp(op, buildRoundToBFloat(b, b.getLoc(), number));
    else
      rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), number);
    return success();
  }
};

} // namespace

void mlir::halftone::populateRoundingPatterns(const LLVMTypeConverter &converter,
                                              RewritePatternSet &patterns) {
  // Before upstream's conversions.
  patterns.add<RoundingConversionPattern, NarrowDoublePattern>(converter, /*benefit=*/2);
}
