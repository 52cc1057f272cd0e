// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_HOISTQUANTIZE
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// How many of an op's first operands are the data that it moves; 0 for other ops. Every element of
/// the result is one of these, whatever their values; of `max_pool` the largest of some, and codes
/// are in the order of their numbers.
unsigned countMoved(Operation *op) {
  if (llvm::isa<ConcatOp>(op))
    return op->getNumOperands();
  if (auto resize = llvm::dyn_cast<ResizeOp>(op))
    return resize.getMode() == "nearest" ? 1 : 0;
  return llvm::isa<ReshapeOp, FlattenOp, SqueezeOp, UnsqueezeOp, TransposeOp, DepthToSpaceOp,
                   SpaceToDepthOp, MaxPoolOp, SplitOp>(op)
             ? 1
             : 0;
}

bool hasOneConstant(Value value) {
  auto type = llvm::cast<RankedTensorType>(value.getType());
  return type.hasStaticShape() && type.getNumElements() == 1 && getConstant(value);
}

bool haveEqualScales(QuantizeOp lhs, QuantizeOp rhs) {
  return getConstant(lhs.getScale()) == getConstant(rhs.getScale()) &&
         getConstant(lhs.getZeroPoint()) == getConstant(rhs.getZeroPoint());
}

struct HoistAbove : public OpRewritePattern<QuantizeOp> {
  HoistAbove(MLIRContext *context, Pass::Statistic &numHoisted)
      : OpRewritePattern(context), numHoisted(numHoisted) {}

  LogicalResult matchAndRewrite(QuantizeOp quantize, PatternRewriter &rewriter) const override {
    Operation *op = quantize.getInput().getDefiningOp();
    unsigned numMoved = op ? countMoved(op) : 0;
    if (numMoved == 0)
      return rewriter.notifyMatchFailure(quantize, "its operand is not just moved");
    if (!hasOneConstant(quantize.getScale()) || !hasOneConstant(quantize.getZeroPoint()))
      return rewriter.notifyMatchFailure(quantize, "it has more than one scale, or one of the run");
    if (!llvm::cast<RankedTensorType>(quantize.getOutput().getType()).getElementType().isInteger(8))
      return rewriter.notifyMatchFailure(quantize, "ops that move data take no such codes");
    bool areEqual = llvm::all_of(op->getUsers(), [&](Operation *user) {
      auto other = llvm::dyn_cast<QuantizeOp>(user);
      return other && haveEqualScales(quantize, other);
    });
    if (!areEqual)
      return rewriter.notifyMatchFailure(op, "others use the numbers, or other codes of them");
    if (!llvm::all_of(op->getOperands().take_front(numMoved), isComputed))
      return rewriter.notifyMatchFailure(op, "it moves constants, or what is no f32");

    SmallVector<Operation *> users(op->getUsers());
    rewriter.setInsertionPoint(op);
    IRMapping mapping;
    for (Value operand : op->getOperands().take_front(numMoved))
      mapping.map(operand, makeCodes(rewriter, quantize, operand));
    // Constants, which may be below the op.
    Operation *moved = rewriter.clone(*op, mapping);
    for (auto [result, codes] : llvm::zip_equal(op->getResults(), moved->getResults())) {
      codes.setType(codesOf(quantize, result));
      for (Operation *user : llvm::make_early_inc_range(result.getUsers()))
        rewriter.replaceOp(user, codes);
    }
    rewriter.eraseOp(op);
    ++numHoisted;
    return success();
  }

private:
  static bool isComputed(Value value) {
    return !getConstant(value) &&
           llvm::cast<RankedTensorType>(value.getType()).getElementType().isF32();
  }
  static Type codesOf(QuantizeOp quantize, Value numbers) {
    auto type = llvm::cast<RankedTensorType>(numbers.getType());
    return type.clone(
        llvm::cast<RankedTensorType>(quantize.getOutput().getType()).getElementType());
  }
  static Value makeCodes(PatternRewriter &rewriter, QuantizeOp quantize, Value numbers) {
    Value scale = ConstantOp::create(rewriter, quantize.getLoc(), getConstant(quantize.getScale()));
    Value zeroPoint =
        ConstantOp::create(rewriter, quantize.getLoc(), getConstant(quantize.getZeroPoint()));
    return QuantizeOp::create(rewriter, quantize.getLoc(), codesOf(quantize, numbers), numbers,
                              scale, zeroPoint);
  }

  Pass::Statistic &numHoisted;
};

struct HoistQuantize : public halftone::impl::HoistQuantizeBase<HoistQuantize> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<HoistAbove>(&getContext(), numHoisted);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
