// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LoweringPatterns.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

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

} // namespace

void mlir::halftone::populateRoundingPatterns(const LLVMTypeConverter &converter,
                                              RewritePatternSet &patterns) {
  // Before upstream's conversion, which truncates.
  patterns.add<RoundingConversionPattern>(converter, /*benefit=*/2);
}
