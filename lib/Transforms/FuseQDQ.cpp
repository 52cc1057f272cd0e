// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/ParameterAxis.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Numerics/IntegerMatmul.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_FUSEQDQ
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

static RankedTensorType getType(Value value) {
  return llvm::cast<RankedTensorType>(value.getType());
}

static bool hasOneElement(Value value) {
  RankedTensorType type = getType(value);
  return type.hasStaticShape() && type.getNumElements() == 1;
}

static FailureOr<::halftone::IntegerRange> getCodeRange(DequantizeOp op) {
  auto type = llvm::dyn_cast<IntegerType>(getType(op.getInput()).getElementType());
  if (!type || type.getWidth() != 8)
    return failure();
  return type.isUnsigned() ? ::halftone::uint8Range : ::halftone::int8Range;
}

namespace {
/// A float contraction of two dequantized operands whose scales can leave the sum.
struct QuantizedContraction {
  DequantizeOp lhs;
  DequantizeOp rhs;
};
} // namespace

static FailureOr<QuantizedContraction> matchOperands(Operation *op, int64_t reduction,
                                                     PatternRewriter &rewriter) {
  QuantizedContraction match{op->getOperand(0).getDefiningOp<DequantizeOp>(),
                             op->getOperand(1).getDefiningOp<DequantizeOp>()};
  if (!match.lhs || !match.rhs)
    return rewriter.notifyMatchFailure(op, "an operand is not dequantized");
  if (match.lhs.getBlocks() || match.rhs.getBlocks())
    return rewriter.notifyMatchFailure(op, "the scales are one per block");
  if (!getType(match.lhs).getElementType().isF32())
    return rewriter.notifyMatchFailure(op, "only f32 contractions are quantized");
  FailureOr<::halftone::IntegerRange> lhsRange = getCodeRange(match.lhs);
  FailureOr<::halftone::IntegerRange> rhsRange = getCodeRange(match.rhs);
  if (failed(lhsRange) || failed(rhsRange))
    return rewriter.notifyMatchFailure(op, "an operand has codes of other than 8 bits");
  if (ShapedType::isDynamic(reduction))
    return rewriter.notifyMatchFailure(op, "a reduction of unknown size could overflow i32");
  if (reduction > ::halftone::maxReduction(*lhsRange, *rhsRange))
    return rewriter.notifyMatchFailure(op, "the reduction could overflow i32");
  return match;
}

/// The product of two constant scales, elementwise in f32; null if one is not constant or neither
/// has one element.
static Value foldScales(PatternRewriter &rewriter, Location loc, Value scalar, Value channels) {
  ElementsAttr scalarAttr = getConstant(scalar), channelsAttr = getConstant(channels);
  if (!scalarAttr || !channelsAttr || !hasOneElement(scalar))
    return nullptr;
  std::optional<std::vector<float>> factor = readFloats(scalarAttr),
                                    values = readFloats(channelsAttr);
  if (!factor || !values)
    return nullptr;
  for (float &value : *values)
    value *= factor->front();
  return ConstantOp::create(rewriter, loc,
                            makeConstant(getType(channels), ArrayRef<float>(*values), "scales"));
}

/// `accumulator * rhsScale * lhsScale`, with one multiplication when both are constant.
static Value buildRescale(PatternRewriter &rewriter, Operation *op, Value accumulator,
                          QuantizedContraction match, int64_t channelAxis) {
  Location loc = op->getLoc();
  Type resultType = op->getResult(0).getType();
  auto zeroType = RankedTensorType::get({}, rewriter.getI32Type());
  Value zero = ConstantOp::create(rewriter, loc,
                                  DenseElementsAttr::get(zeroType, rewriter.getI32IntegerAttr(0)));
  Value lhsScale = match.lhs.getScale(), rhsScale = match.rhs.getScale();
  if (getType(rhsScale).getRank() > 1) { // [1, N] or [O, 1, 1, 1]: one dimension is left.
    auto shape = RankedTensorType::get({1}, rewriter.getI64Type());
    Value minusOne = ConstantOp::create(
        rewriter, loc, DenseElementsAttr::get(shape, rewriter.getI64IntegerAttr(-1)));
    auto flat = RankedTensorType::get({getType(rhsScale).getNumElements()}, rewriter.getF32Type());
    rhsScale = ReshapeOp::create(rewriter, loc, flat, rhsScale, minusOne);
  }
  if (Value scale = foldScales(rewriter, loc, lhsScale, rhsScale))
    return DequantizeOp::create(rewriter, loc, resultType, accumulator, scale, zero, channelAxis);
  Value scaled =
      DequantizeOp::create(rewriter, loc, resultType, accumulator, rhsScale, zero, channelAxis);
  return MulOp::create(rewriter, loc, resultType, scaled, lhsScale);
}

namespace {
struct FuseMatMul : public OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    RankedTensorType lhsType = getType(op.getLhs()), rhsType = getType(op.getRhs());
    if (lhsType.getRank() < 2 || rhsType.getRank() < 2)
      return rewriter.notifyMatchFailure(op, "vectors stay float");
    int64_t lhsRank = lhsType.getRank(), rhsRank = rhsType.getRank();
    FailureOr<QuantizedContraction> match =
        matchOperands(op, rhsType.getDimSize(rhsRank - 2), rewriter);
    if (failed(match))
      return failure(); // matchOperands has said why.
    if (!variesPerRow(match->lhs, lhsRank))
      return rewriter.notifyMatchFailure(op, "the left scale varies along the reduction");
    if (!variesOnlyAlong(match->rhs.getScale(), rhsRank, rhsRank - 1, match->rhs.getAxis()) ||
        !variesOnlyAlong(match->rhs.getZeroPoint(), rhsRank, rhsRank - 1, match->rhs.getAxis()))
      return rewriter.notifyMatchFailure(op,
                                         "the right scale varies along the reduction or a batch");
    RankedTensorType resultType = getType(op.getOutput());
    Value accumulator = MatMulIntegerOp::create(
        rewriter, op.getLoc(), resultType.clone(rewriter.getI32Type()), match->lhs.getInput(),
        match->rhs.getInput(), match->lhs.getZeroPoint(), match->rhs.getZeroPoint());
    rewriter.replaceOp(op,
                       buildRescale(rewriter, op, accumulator, *match, resultType.getRank() - 1));
    return success();
  }

  /// One parameter for all, or one per row: same rank and a last dimension of 1.
  static bool variesPerRow(DequantizeOp lhs, int64_t rank) {
    return llvm::all_of(ValueRange{lhs.getScale(), lhs.getZeroPoint()}, [&](Value parameter) {
      RankedTensorType type = getType(parameter);
      return hasOneElement(parameter) || (type.getRank() == rank && type.getShape().back() == 1);
    });
  }
};

struct FuseConv : public OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvOp op, PatternRewriter &rewriter) const override {
    RankedTensorType filterType = getType(op.getFilter());
    int64_t reduction = ShapedType::kDynamic;
    if (filterType.hasStaticShape() && filterType.getDimSize(0) > 0)
      reduction = filterType.getNumElements() / filterType.getDimSize(0);
    FailureOr<QuantizedContraction> match = matchOperands(op, reduction, rewriter);
    if (failed(match))
      return failure(); // matchOperands has said why.
    if (!hasOneElement(match->lhs.getScale()) || !hasOneElement(match->lhs.getZeroPoint()))
      return rewriter.notifyMatchFailure(
          op, "the input has more than one scale: it varies inside the window");
    int64_t rank = filterType.getRank();
    if (!variesOnlyAlong(match->rhs.getScale(), rank, 0, match->rhs.getAxis()) ||
        !variesOnlyAlong(match->rhs.getZeroPoint(), rank, 0, match->rhs.getAxis()))
      return rewriter.notifyMatchFailure(op, "the filter scale varies along the reduction");
    RankedTensorType resultType = getType(op.getOutput());
    Value accumulator = ConvIntegerOp::create(
        rewriter, op.getLoc(), resultType.clone(rewriter.getI32Type()), match->lhs.getInput(),
        match->rhs.getInput(), match->lhs.getZeroPoint(), match->rhs.getZeroPoint(),
        op.getStrides(), op.getDilations(), op.getPads(), op.getGroup(), op.getLayout());
    int64_t channelAxis = op.getLayout() == Layout::ChannelsLast ? rank - 1 : 1;
    rewriter.replaceOp(op, buildRescale(rewriter, op, accumulator, *match, channelAxis));
    return success();
  }
};

struct FuseQDQ : public mlir::halftone::impl::FuseQDQBase<FuseQDQ> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseMatMul, FuseConv>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    getOperation().walk(
        [&](Operation *op) { numFused += llvm::isa<MatMulIntegerOp, ConvIntegerOp>(op); });
  }
};
} // namespace
