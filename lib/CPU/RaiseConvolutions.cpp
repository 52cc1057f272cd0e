// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WindowOps.h"

#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_RAISECONVOLUTIONS
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

// [N, C, W] becomes [N, C, height, W].
constexpr int64_t kHeight = 2;

namespace {

RankedTensorType typeOf(Value value) { return llvm::cast<RankedTensorType>(value.getType()); }

RankedTensorType insertDim(RankedTensorType type, int64_t dim) {
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.begin() + dim, 1);
  return type.clone(shape);
}

Value insertDim(RewriterBase &rewriter, Location loc, Value value, int64_t dim) {
  RankedTensorType type = insertDim(typeOf(value), dim);
  if (ElementsAttr constant = getConstant(value))
    if (ElementsAttr reshaped = reshapeConstant(constant, type))
      return ConstantOp::create(rewriter, loc, reshaped);
  return UnsqueezeOp::create(rewriter, loc, type, value, rewriter.getDenseI64ArrayAttr(dim));
}

Value removeHeight(RewriterBase &rewriter, Location loc, Value value) {
  SmallVector<int64_t> shape(typeOf(value).getShape());
  shape.erase(shape.begin() + kHeight);
  return SqueezeOp::create(rewriter, loc, typeOf(value).clone(shape), value,
                           rewriter.getDenseI64ArrayAttr(kHeight));
}

/// The image of which `value` is the only row, else null.
Value getImage(Value value) {
  auto squeeze = value.getDefiningOp<SqueezeOp>();
  bool isImage = squeeze && squeeze.getAxes() == ArrayRef<int64_t>{kHeight} &&
                 typeOf(squeeze.getInput()).getRank() == 4;
  return isImage ? squeeze.getInput() : nullptr;
}

/// Replaces `op` by `copy`, of which the images get their height removed.
void replaceLowered(RewriterBase &rewriter, Operation *op, Operation *copy) {
  replaceReformed(rewriter, op, copy, /*rank=*/4,
                  [&](Value image) { return removeHeight(rewriter, op->getLoc(), image); });
}

/// A copy of `op` with other operands, whose results of rank 3 get a height.
Operation *cloneRaised(RewriterBase &rewriter, Operation *op, ValueRange operands) {
  return cloneReformed(rewriter, op, operands, /*rank=*/3,
                       [](RankedTensorType type) { return insertDim(type, kHeight); });
}

//===--- Convolutions and pools ---===//

SmallVector<int64_t> withFirst(int64_t first, ArrayRef<int64_t> values) {
  SmallVector<int64_t> all{first};
  llvm::append_range(all, values);
  return all;
}

template <typename Op> void raiseWindow(Op copy) {
  copy.setStrides(withFirst(1, copy.getStrides()));
  copy.setDilations(withFirst(1, copy.getDilations()));
  ArrayRef<int64_t> pads = copy.getPads();
  copy.setPads(ArrayRef<int64_t>{0, pads[0], 0, pads[1]});
}

template <typename Op> void raiseFilter(RewriterBase &rewriter, Op copy) {
  copy.getFilterMutable().assign(insertDim(rewriter, copy.getLoc(), copy.getFilter(), kHeight));
}
void raiseKernel(RewriterBase &rewriter, ConvOp copy) { raiseFilter(rewriter, copy); }
void raiseKernel(RewriterBase &rewriter, ConvIntegerOp copy) { raiseFilter(rewriter, copy); }
template <typename Pool> void raiseKernel(RewriterBase &, Pool copy) {
  copy.setKernel(withFirst(1, copy.getKernel()));
}

template <typename Op> bool raise(RewriterBase &rewriter, Op op) {
  if (op.getLayout() != Layout::ChannelsFirst || typeOf(op.getInput()).getRank() != 3)
    return false;
  rewriter.setInsertionPoint(op);
  SmallVector<Value> operands(op->getOperands());
  operands.front() = insertDim(rewriter, op.getLoc(), op.getInput(), kHeight);
  auto copy = llvm::cast<Op>(cloneRaised(rewriter, op, operands));
  raiseWindow(copy);
  rewriter.setInsertionPoint(copy);
  raiseKernel(rewriter, copy);
  rewriter.setInsertionPointAfter(copy);
  replaceLowered(rewriter, op, copy);
  return true;
}

//===--- Ops between them ---===//

/// An operand of an elementwise op over [N, C, W], as it broadcasts to [N, C, 1, W].
Value raiseOperand(RewriterBase &rewriter, Location loc, Value operand) {
  if (Value image = getImage(operand))
    return image;
  int64_t rank = typeOf(operand).getRank();
  return rank < 2 ? operand : insertDim(rewriter, loc, operand, rank - 1);
}

/// Where this does not make the reshapes more.
struct SinkThroughElementwise : RewritePattern {
  explicit SinkThroughElementwise(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!op->hasTrait<mlir::halftone::Elementwise>() || op->getNumResults() != 1 ||
        typeOf(op->getResult(0)).getRank() != 3)
      return rewriter.notifyMatchFailure(op, "not elementwise over three dimensions");
    int64_t numImages = 0, numOthers = 0;
    for (Value operand : op->getOperands()) {
      if (getImage(operand))
        ++numImages;
      else if (typeOf(operand).getRank() >= 2 && !getConstant(operand))
        ++numOthers;
    }
    if (numImages == 0 || numOthers > numImages)
      return rewriter.notifyMatchFailure(op, "no reshapes would be saved");
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(raiseOperand(rewriter, op->getLoc(), operand));
    replaceLowered(rewriter, op, cloneRaised(rewriter, op, operands));
    return success();
  }
};

/// The position of a dimension of [N, C, W] in [N, C, 1, W].
int64_t raiseDim(int64_t dim) { return dim < kHeight ? dim : dim + 1; }

bool isRaisable(DynamicQuantizeOp) { return true; }
template <typename Op> bool isRaisable(Op op) {
  auto hasAtMostOneDim = [](Value value) { return typeOf(value).getRank() <= 1; };
  return !op.getBlocks() && hasAtMostOneDim(op.getScale()) && hasAtMostOneDim(op.getZeroPoint());
}

void raiseDims(DynamicQuantizeOp copy) {
  // A slice of height 1 goes with any scale.
  SmallVector<int64_t> axes{kHeight};
  for (int64_t axis : copy.getAxes())
    axes.push_back(raiseDim(axis));
  llvm::sort(axes);
  copy.setAxes(axes);
}
template <typename Op> void raiseDims(Op copy) { copy.setAxis(raiseDim(int64_t(copy.getAxis()))); }

template <typename Op> struct SinkThroughQuantize : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Value image = getImage(op.getInput());
    if (!image || !isRaisable(op))
      return rewriter.notifyMatchFailure(op, "the input is no row, or has several scales");
    SmallVector<Value> operands(op->getOperands());
    operands.front() = image;
    Operation *copy = cloneRaised(rewriter, op, operands);
    raiseDims(llvm::cast<Op>(copy));
    replaceLowered(rewriter, op, copy);
    return success();
  }
};

struct RaiseConvolutions : mlir::halftone::impl::RaiseConvolutionsBase<RaiseConvolutions> {
  void runOnOperation() override {
    int64_t raised = changeWindowOps(
        getOperation(), [](RewriterBase &rewriter, auto op) { return raise(rewriter, op); });
    if (raised == 0)
      return;
    numRaised += raised;
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkThroughElementwise, SinkThroughQuantize<QuantizeOp>,
                 SinkThroughQuantize<DequantizeOp>, SinkThroughQuantize<DynamicQuantizeOp>>(
        &getContext());
    if (failed(sinkAll(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
