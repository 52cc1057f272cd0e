// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SinkTransposes.h"
#include "WindowOps.h"

#include "halftone/Dialect/ConstantData.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

RankedTensorType typeOf(Value value) { return llvm::cast<RankedTensorType>(value.getType()); }

RankedTensorType permute(RankedTensorType type, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(type.getDimSize(dim));
  return type.clone(shape);
}

Value makeTranspose(RewriterBase &rewriter, Location loc, Value value,
                    ArrayRef<int64_t> permutation) {
  return TransposeOp::create(rewriter, loc, permute(typeOf(value), permutation), value,
                             rewriter.getDenseI64ArrayAttr(permutation));
}

bool hasOneElement(Value value) {
  RankedTensorType type = typeOf(value);
  return type.hasStaticShape() && type.getNumElements() == 1;
}

/// A constant of rank up to 4, which broadcasts to images, in channels-last order; null if its
/// bytes are missing.
ElementsAttr permuteConstant(ElementsAttr constant) {
  auto type = llvm::cast<RankedTensorType>(constant.getType());
  SmallVector<int64_t> shape(4 - type.getRank(), 1);
  llvm::append_range(shape, type.getShape());
  auto imageType = type.clone(shape);
  RankedTensorType result = permute(imageType, kToChannelsLast);
  std::optional<std::vector<char>> bytes = copyRawBytes(constant);
  if (!bytes)
    return nullptr;
  int64_t width = getStorageBits(type.getElementType()) / 8;
  std::vector<char> permuted(bytes->size());
  char *next = permuted.data();
  for (int64_t n = 0; n < shape[0]; ++n)
    for (int64_t y = 0; y < shape[2]; ++y)
      for (int64_t x = 0; x < shape[3]; ++x)
        for (int64_t c = 0; c < shape[1]; ++c, next += width)
          std::copy_n(&(*bytes)[(((n * shape[1] + c) * shape[2] + y) * shape[3] + x) * width],
                      width, next);
  return makeConstant(result, ArrayRef<char>(permuted), "channels_last");
}

/// An operand of an elementwise op over images, in channels-last order.
Value alignOperand(RewriterBase &rewriter, Location loc, Value operand) {
  if (Value source = getChannelsLast(operand))
    return source;
  if (hasOneElement(operand))
    return operand;
  if (ElementsAttr constant = getConstant(operand))
    if (ElementsAttr permuted = permuteConstant(constant))
      return ConstantOp::create(rewriter, loc, permuted);
  RankedTensorType type = typeOf(operand);
  if (int64_t added = 4 - type.getRank()) {
    SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, added));
    SmallVector<int64_t> shape(added, 1);
    llvm::append_range(shape, type.getShape());
    operand = UnsqueezeOp::create(rewriter, loc, type.clone(shape), operand,
                                  rewriter.getDenseI64ArrayAttr(axes));
  }
  return makeTranspose(rewriter, loc, operand, kToChannelsLast);
}

/// A copy of `op` with other operands, whose results are images in channels-last order.
Operation *cloneChannelsLast(RewriterBase &rewriter, Operation *op, ValueRange operands) {
  return cloneReformed(rewriter, op, operands, /*rank=*/4,
                       [](RankedTensorType type) { return toChannelsLast(type); });
}

/// Replaces `op` by `copy`, whose images are in channels-last order.
void replaceTransposed(RewriterBase &rewriter, Operation *op, Operation *copy) {
  replaceReformed(rewriter, op, copy, /*rank=*/4,
                  [&](Value image) { return toChannelsFirst(rewriter, op->getLoc(), image); });
}

SmallVector<int64_t> mapAxes(ArrayRef<int64_t> axes) {
  return llvm::to_vector(
      llvm::map_range(axes, [](int64_t axis) { return kToChannelsFirst[axis]; }));
}

SmallVector<int64_t> sorted(SmallVector<int64_t> axes) {
  llvm::sort(axes);
  return axes;
}

/// Elementwise ops, where moving the transposes does not make them more.
struct SinkThroughElementwise : RewritePattern {
  explicit SinkThroughElementwise(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!op->hasTrait<mlir::halftone::Elementwise>() || op->getNumResults() != 1 ||
        typeOf(op->getResult(0)).getRank() != 4)
      return rewriter.notifyMatchFailure(op, "not elementwise over images");
    int64_t numTransposed = 0, numOthers = 0;
    for (Value operand : op->getOperands()) {
      if (getChannelsLast(operand))
        ++numTransposed;
      else if (!hasOneElement(operand) && !getConstant(operand))
        ++numOthers;
    }
    if (numTransposed == 0 || numOthers > numTransposed)
      return rewriter.notifyMatchFailure(op, "no transposes would be saved");
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(alignOperand(rewriter, op->getLoc(), operand));
    replaceTransposed(rewriter, op, cloneChannelsLast(rewriter, op, operands));
    return success();
  }
};

/// `quantize` and `dequantize` with scales along one axis, or one.
template <typename Op> struct SinkThroughQuantize : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Value source = getChannelsLast(op.getInput());
    if (!source)
      return rewriter.notifyMatchFailure(op, "the input is no transpose");
    bool isSupported = llvm::all_of(ValueRange{op.getScale(), op.getZeroPoint()}, [](Value value) {
      return typeOf(value).getRank() <= 1 || hasOneElement(value);
    });
    if (!isSupported)
      return rewriter.notifyMatchFailure(op, "scales along several dimensions");
    if (op.getBlocks())
      return rewriter.notifyMatchFailure(op, "one scale per block");
    Operation *copy = cloneChannelsLast(rewriter, op, {source, op.getScale(), op.getZeroPoint()});
    int64_t axis = int64_t(op.getAxis());
    if (axis >= 0 && axis < 4)
      llvm::cast<Op>(copy).setAxis(kToChannelsFirst[axis]);
    replaceTransposed(rewriter, op, copy);
    return success();
  }
};

// The dimensions that attributes of a copy name, in the order of its new operands.
void remapDims(DynamicQuantizeOp copy) { copy.setAxes(sorted(mapAxes(copy.getAxes()))); }
void remapDims(SliceOp copy) { copy.setAxes(mapAxes(copy.getAxes())); }
void remapDims(SplitOp copy) { copy.setAxis(kToChannelsFirst[copy.getAxis()]); }
void remapDims(SoftmaxOp copy) { copy.setAxis(kToChannelsFirst[copy.getAxis()]); }

/// Ops with one image, the first operand, whose attributes name dimensions.
template <typename Op> struct SinkThroughDims : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    Value source = getChannelsLast(op.getInput());
    if (!source)
      return rewriter.notifyMatchFailure(op, "the input is no transpose");
    SmallVector<Value> operands(op->getOperands());
    operands.front() = source;
    Operation *copy = cloneChannelsLast(rewriter, op, operands);
    remapDims(llvm::cast<Op>(copy));
    replaceTransposed(rewriter, op, copy);
    return success();
  }
};

struct SinkThroughConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    int64_t numTransposed =
        llvm::count_if(op.getInputs(), [](Value input) { return bool(getChannelsLast(input)); });
    if (numTransposed == 0 || 2 * numTransposed < int64_t(op.getInputs().size()))
      return rewriter.notifyMatchFailure(op, "no transposes would be saved");
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      Value source = getChannelsLast(input);
      inputs.push_back(source ? source : toChannelsLast(rewriter, op.getLoc(), input));
    }
    Operation *copy = cloneChannelsLast(rewriter, op, inputs);
    llvm::cast<ConcatOp>(copy).setAxis(kToChannelsFirst[op.getAxis()]);
    replaceTransposed(rewriter, op, copy);
    return success();
  }
};

struct SinkThroughPad : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PadOp op, PatternRewriter &rewriter) const override {
    Value source = getChannelsLast(op.getInput());
    ElementsAttr constant = getConstant(op.getPads());
    std::optional<std::vector<int64_t>> pads =
        source && constant ? readIntegers(constant) : std::nullopt;
    if (!pads || pads->size() != 8)
      return rewriter.notifyMatchFailure(op, "no constant amounts around a transpose");
    SmallVector<int64_t> permuted;
    for (int64_t side : {0, 4})
      for (int64_t dim : kToChannelsLast)
        permuted.push_back((*pads)[side + dim]);
    auto type = llvm::cast<RankedTensorType>(constant.getType());
    Value amounts = ConstantOp::create(rewriter, op.getLoc(),
                                       DenseElementsAttr::get(type, ArrayRef<int64_t>(permuted)));
    Operation *copy = cloneChannelsLast(rewriter, op, {source, amounts, op.getValue()});
    replaceTransposed(rewriter, op, copy);
    return success();
  }
};

/// Reductions: the dimensions that are left keep their order, or get a transpose of fewer
/// dimensions.
struct SinkThroughReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    Value source = getChannelsLast(op.getInput());
    if (!source)
      return rewriter.notifyMatchFailure(op, "the input is no transpose");
    SmallVector<int64_t> axes = sorted(mapAxes(op.getAxes()));
    if (op.getKeepdims()) {
      Operation *copy = cloneChannelsLast(rewriter, op, source);
      llvm::cast<ReduceOp>(copy).setAxes(axes);
      replaceTransposed(rewriter, op, copy);
      return success();
    }
    // Source dimensions that are left, in the order of the source and in that of the result.
    SmallVector<int64_t> left, wanted, shape, permutation;
    for (int64_t dim = 0; dim < 4; ++dim) {
      if (!llvm::is_contained(axes, dim))
        left.push_back(dim);
      if (!llvm::is_contained(axes, kToChannelsFirst[dim]))
        wanted.push_back(kToChannelsFirst[dim]);
    }
    for (int64_t dim : left)
      shape.push_back(typeOf(source).getDimSize(dim));
    for (int64_t dim : wanted)
      permutation.push_back(llvm::find(left, dim) - left.begin());
    Operation *copy = rewriter.clone(*op);
    copy->setOperands(source);
    copy->getResult(0).setType(typeOf(op.getOutput()).clone(shape));
    llvm::cast<ReduceOp>(copy).setAxes(axes);
    Value result = copy->getResult(0);
    if (!llvm::is_sorted(permutation))
      result = makeTranspose(rewriter, op.getLoc(), result, permutation);
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// Two transposes are one, or none.
struct MergeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<TransposeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "the input is no transpose");
    SmallVector<int64_t> merged;
    for (int64_t dim : op.getPermutation())
      merged.push_back(inner.getPermutation()[dim]);
    if (llvm::is_sorted(merged))
      rewriter.replaceOp(op, inner.getInput());
    else
      rewriter.replaceOp(op, makeTranspose(rewriter, op.getLoc(), inner.getInput(), merged));
    return success();
  }
};

/// A transpose that only moves dimensions of size 1 moves no data.
struct ReshapeUnitTranspose : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    RankedTensorType input = typeOf(op.getInput()), output = permute(input, op.getPermutation());
    SmallVector<int64_t> wide, wideShape, inputUnits, outputUnits;
    for (int64_t dim = 0; dim < input.getRank(); ++dim) {
      if (input.getDimSize(dim) == 1)
        inputUnits.push_back(dim);
      else
        wideShape.push_back(input.getDimSize(dim));
      if (output.getDimSize(dim) == 1)
        outputUnits.push_back(dim);
      else
        wide.push_back(op.getPermutation()[dim]);
    }
    if (inputUnits.empty() || !llvm::is_sorted(wide))
      return rewriter.notifyMatchFailure(op, "the transpose moves data");
    Value squeezed = SqueezeOp::create(rewriter, op.getLoc(), input.clone(wideShape), op.getInput(),
                                       rewriter.getDenseI64ArrayAttr(inputUnits));
    rewriter.replaceOpWithNewOp<UnsqueezeOp>(op, output, squeezed,
                                             rewriter.getDenseI64ArrayAttr(outputUnits));
    return success();
  }
};

} // namespace

Value mlir::halftone::getChannelsLast(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  if (transpose && transpose.getPermutation() == ArrayRef(kToChannelsFirst))
    return transpose.getInput();
  return nullptr;
}

RankedTensorType mlir::halftone::toChannelsLast(RankedTensorType type) {
  return permute(type, kToChannelsLast);
}

Value mlir::halftone::toChannelsLast(RewriterBase &rewriter, Location loc, Value value) {
  return makeTranspose(rewriter, loc, value, kToChannelsLast);
}

Value mlir::halftone::toChannelsFirst(RewriterBase &rewriter, Location loc, Value value) {
  return makeTranspose(rewriter, loc, value, kToChannelsFirst);
}

void mlir::halftone::populateSinkTransposesPatterns(RewritePatternSet &patterns) {
  patterns.add<SinkThroughElementwise, SinkThroughQuantize<QuantizeOp>,
               SinkThroughQuantize<DequantizeOp>, SinkThroughDims<DynamicQuantizeOp>,
               SinkThroughDims<SliceOp>, SinkThroughDims<SplitOp>, SinkThroughDims<SoftmaxOp>,
               SinkThroughConcat, SinkThroughPad, SinkThroughReduce, MergeTransposes,
               ReshapeUnitTranspose>(patterns.getContext());
}
