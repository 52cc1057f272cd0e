// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The patterns only rearrange ops on constants; FoldConstants evaluates them.
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_FOLDSCALEINTOFILTER
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// A contraction with constant weights that nothing else uses.
struct WeightedOp {
  Operation *op;
  Value weights;
  /// The output channels: a dimension of the weights, and one of the result.
  int64_t weightsAxis, resultAxis;
};
} // namespace

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

// A constant, or what these patterns have built of constants.
static bool isConstant(Value value) {
  if (getConstant(value))
    return true;
  Operation *op = value.getDefiningOp();
  return isa_and_nonnull<AddOp, MulOp, ReshapeOp>(op) &&
         llvm::all_of(op->getOperands(), [](Value operand) { return isConstant(operand); });
}

static std::optional<WeightedOp> matchWeightedOp(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<ConvOp, ConvTransposeOp, MatMulOp>(op) ||
      !isa<FloatType>(tensorType(value).getElementType()))
    return std::nullopt;
  Value weights = op->getOperand(1);
  bool isUsable = value.hasOneUse() && weights.hasOneUse() && isConstant(weights) &&
                  tensorType(weights).hasStaticShape();
  if (!isUsable)
    return std::nullopt;
  int64_t rank = tensorType(value).getRank();
  if (auto conv = dyn_cast<ConvOp>(op))
    return WeightedOp{op, weights, 0, conv.getLayout() == Layout::ChannelsFirst ? 1 : rank - 1};
  if (auto conv = dyn_cast<ConvTransposeOp>(op))
    return conv.getGroup() == 1 ? std::optional(WeightedOp{op, weights, 1, 1}) : std::nullopt;
  // A matrix for all batches, and a matrix on the left: otherwise a column is not the last
  // dimension of the result.
  bool isMatrix =
      tensorType(weights).getRank() == 2 && tensorType(op->getOperand(0)).getRank() >= 2;
  return isMatrix ? std::optional(WeightedOp{op, weights, 1, rank - 1}) : std::nullopt;
}

// Whether a constant of `type`, broadcast to `rank` dimensions, varies along `axis` only and adds
// no dimension of the result.
static bool variesAlong(RankedTensorType type, int64_t rank, int64_t axis) {
  if (!type.hasStaticShape() || type.getRank() > rank)
    return false;
  for (auto [index, size] : llvm::enumerate(type.getShape()))
    if (size != 1 && int64_t(index) + rank - type.getRank() != axis)
      return false;
  return true;
}

// The operand of a commutative op that is a constant, and the other one.
static std::optional<std::pair<Value, Value>> splitConstant(Operation *op) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  if (isConstant(rhs) && !isConstant(lhs))
    return std::pair(lhs, rhs);
  if (isConstant(lhs) && !isConstant(rhs))
    return std::pair(rhs, lhs);
  return std::nullopt;
}

namespace {
/// mul(contraction(x, w), s) -> contraction(x, mul(w, s')).
struct FoldScale : public OpRewritePattern<MulOp> {
  FoldScale(MLIRContext *context, Pass::Statistic &numFolded)
      : OpRewritePattern(context), numFolded(numFolded) {}

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    auto operands = splitConstant(op);
    if (!operands)
      return rewriter.notifyMatchFailure(op, "no factor is a constant");
    auto [result, scale] = *operands;
    std::optional<WeightedOp> match = matchWeightedOp(result);
    if (!match)
      return rewriter.notifyMatchFailure(op, "not behind a contraction with its own constants");
    if (!variesAlong(tensorType(scale), tensorType(result).getRank(), match->resultAxis))
      return rewriter.notifyMatchFailure(op, "the factor varies along more than the channels");
    if (result.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "the factor changes the type of the result");
    // Behind the factor, which may be defined after the contraction; nothing else uses its result.
    Operation *scaled = rewriter.clone(*match->op);
    rewriter.setInsertionPoint(scaled);
    scaled->setOperand(1, buildScaledWeights(rewriter, *match, scale));
    rewriter.replaceOp(op, scaled);
    rewriter.eraseOp(match->op);
    ++numFolded;
    return success();
  }

private:
  // The factor along the channel dimension of the weights, times the weights.
  static Value buildScaledWeights(PatternRewriter &rewriter, const WeightedOp &match, Value scale) {
    RankedTensorType weights = tensorType(match.weights), factors = tensorType(scale);
    SmallVector<int64_t> shape(weights.getRank(), 1);
    shape[match.weightsAxis] = factors.getNumElements();
    Location location = match.op->getLoc();
    Value target = ConstantOp::create(rewriter, location, rewriter.getI64TensorAttr(shape));
    Value factor = ReshapeOp::create(rewriter, location, factors.clone(shape), scale, target);
    return MulOp::create(rewriter, location, weights, match.weights, factor);
  }

  Pass::Statistic &numFolded;
};

/// mul(add(contraction, b), s) -> add(mul(contraction, s), mul(b, s)).
struct ScaleBeforeBias : public OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp op, PatternRewriter &rewriter) const override {
    auto operands = splitConstant(op);
    if (!operands)
      return rewriter.notifyMatchFailure(op, "no factor is a constant");
    auto [sum, scale] = *operands;
    auto add = sum.getDefiningOp<AddOp>();
    auto terms = add && add->hasOneUse() ? splitConstant(add) : std::nullopt;
    if (!terms)
      return rewriter.notifyMatchFailure(op, "not behind a constant bias of its own");
    auto [result, bias] = *terms;
    std::optional<WeightedOp> match = matchWeightedOp(result);
    int64_t rank = tensorType(result).getRank();
    if (!match || !variesAlong(tensorType(scale), rank, match->resultAxis) ||
        !variesAlong(tensorType(bias), rank, match->resultAxis))
      return rewriter.notifyMatchFailure(op, "no contraction with one bias and factor a channel");
    if (result.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "the constants change the type of the result");
    Value scaled = MulOp::create(rewriter, op.getLoc(), op.getType(), result, scale);
    Value newBias = buildConstantOp<MulOp>(rewriter, add.getLoc(), bias, scale);
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), scaled, newBias);
    return success();
  }

  // The op on two constants that vary along one dimension at most.
  template <typename Op>
  static Value buildConstantOp(PatternRewriter &rewriter, Location location, Value lhs, Value rhs) {
    bool isLeftWider = tensorType(lhs).getRank() > tensorType(rhs).getRank();
    RankedTensorType wide = tensorType(isLeftWider ? lhs : rhs);
    RankedTensorType narrow = tensorType(isLeftWider ? rhs : lhs);
    SmallVector<int64_t> shape = llvm::to_vector(wide.getShape());
    for (auto [index, size] : llvm::enumerate(llvm::reverse(narrow.getShape())))
      shape[shape.size() - 1 - index] = std::max(shape[shape.size() - 1 - index], size);
    return Op::create(rewriter, location, wide.clone(shape), lhs, rhs);
  }
};

/// add(add(contraction, b), c) -> add(contraction, add(b, c)).
struct MergeBiases : public OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    auto outer = splitConstant(op);
    auto inner = outer ? outer->first.getDefiningOp<AddOp>() : AddOp();
    auto terms = inner && inner->hasOneUse() ? splitConstant(inner) : std::nullopt;
    if (!terms)
      return rewriter.notifyMatchFailure(op, "not a constant added to a sum with a constant");
    auto [result, bias] = *terms;
    std::optional<WeightedOp> match = matchWeightedOp(result);
    int64_t rank = tensorType(result).getRank();
    if (!match || !variesAlong(tensorType(bias), rank, match->resultAxis) ||
        !variesAlong(tensorType(outer->second), rank, match->resultAxis))
      return rewriter.notifyMatchFailure(op, "no contraction with one bias per channel");
    if (result.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "the constants change the type of the result");
    Value merged =
        ScaleBeforeBias::buildConstantOp<AddOp>(rewriter, op.getLoc(), bias, outer->second);
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), result, merged);
    return success();
  }
};

struct FoldScaleIntoFilter
    : public mlir::halftone::impl::FoldScaleIntoFilterBase<FoldScaleIntoFilter> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldScale>(&getContext(), numFolded);
    patterns.add<ScaleBeforeBias, MergeBiases>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
