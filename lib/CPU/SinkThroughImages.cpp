// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Moving transposes through ops that are defined on images with channels first: what they compute
// is written with ops that have no such order.
#include "SinkTransposes.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

RankedTensorType typeOf(Value value) { return llvm::cast<RankedTensorType>(value.getType()); }

/// Builds ops at the place of the op that is replaced.
struct ImageBuilder {
  RewriterBase &rewriter;
  Location loc;

  Value ints(ArrayRef<int64_t> values) {
    auto type = RankedTensorType::get({int64_t(values.size())}, rewriter.getI64Type());
    return ConstantOp::create(rewriter, loc, DenseElementsAttr::get(type, values));
  }
  /// Dimensions [start, end) of `image`.
  Value dims(Value image, int64_t start, int64_t end) {
    auto type = RankedTensorType::get({end - start}, rewriter.getI64Type());
    return ShapeOp::create(rewriter, loc, type, image, start, end);
  }
  /// To the dimensions that `shape` holds, those of `type`.
  Value reshape(Value value, RankedTensorType type, Value shape, bool zeroCopies) {
    return ReshapeOp::create(rewriter, loc, type, value, shape, /*allowzero=*/!zeroCopies);
  }
  template <typename Op> Value apply(RankedTensorType type, Value lhs, Value rhs) {
    return Op::create(rewriter, loc, type, lhs, rhs);
  }
};

/// `(x - mean) / sqrt(var + epsilon) * scale + bias`, mean and variance over height and width.
struct SinkThroughInstanceNorm : OpRewritePattern<InstanceNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(InstanceNormOp op, PatternRewriter &rewriter) const override {
    Value source = getChannelsLast(op.getInput());
    // Sums of narrower floats need a wider type in between.
    if (!source || !typeOf(source).getElementType().isF32() || typeOf(source).isDynamicDim(3))
      return rewriter.notifyMatchFailure(op, "the input is no transpose of f32, known channels");
    ImageBuilder b{rewriter, op.getLoc()};
    RankedTensorType image = typeOf(source);
    RankedTensorType moments = image.clone({image.getDimSize(0), 1, 1, image.getDimSize(3)});
    auto average = [&](Value value) -> Value {
      return ReduceOp::create(rewriter, b.loc, moments, value, ReduceKind::Mean,
                              ArrayRef<int64_t>{1, 2}, /*keepdims=*/true);
    };
    Value centered = b.apply<SubOp>(image, source, average(source));
    Value variance = average(b.apply<MulOp>(image, centered, centered));
    Value epsilon = ConstantOp::create(
        rewriter, b.loc,
        DenseElementsAttr::get(RankedTensorType::get({}, rewriter.getF32Type()), op.getEpsilon()));
    Value deviation =
        SqrtOp::create(rewriter, b.loc, moments, b.apply<AddOp>(moments, variance, epsilon));
    Value factor = b.apply<DivOp>(moments, op.getScale(), deviation);
    Value result = b.apply<AddOp>(image, b.apply<MulOp>(image, centered, factor), op.getBias());
    rewriter.replaceOp(op, toChannelsFirst(rewriter, b.loc, result));
    return success();
  }
};

/// `values` has an entry per dimension, in channels-first order.
Value reorder(ImageBuilder &b, Value values) {
  auto permute = [](const auto &all) {
    std::decay_t<decltype(all)> permuted;
    for (int64_t dim : kToChannelsLast)
      permuted.push_back(all[size_t(dim)]);
    return permuted;
  };
  RankedTensorType type = typeOf(values);
  ElementsAttr constant = getConstant(values);
  if (constant && type.getElementType().isInteger(64))
    if (std::optional<std::vector<int64_t>> all = readIntegers(constant))
      return b.ints(permute(*all));
  if (constant && type.getElementType().isF32())
    if (std::optional<std::vector<float>> all = readFloats(constant))
      return ConstantOp::create(b.rewriter, b.loc,
                                DenseElementsAttr::get(type, ArrayRef<float>(permute(*all))));
  return GatherOp::create(b.rewriter, b.loc, type, values, b.ints(kToChannelsLast), /*axis=*/0);
}

struct SinkThroughResize : OpRewritePattern<ResizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ResizeOp op, PatternRewriter &rewriter) const override {
    Value source = getChannelsLast(op.getInput());
    if (!source)
      return rewriter.notifyMatchFailure(op, "the input is no transpose");
    ImageBuilder b{rewriter, op.getLoc()};
    auto copy = llvm::cast<ResizeOp>(rewriter.clone(*op));
    rewriter.setInsertionPoint(copy);
    copy->setOperands({source, reorder(b, op.getSizes()), reorder(b, op.getScales())});
    copy.getOutput().setType(toChannelsLast(typeOf(op.getOutput())));
    rewriter.setInsertionPointAfter(copy);
    rewriter.replaceOp(op, toChannelsFirst(rewriter, b.loc, copy.getOutput()));
    return success();
  }
};

/// Broadcasts that only the run time knows to be none.
struct SinkThroughExpand : OpRewritePattern<ExpandOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExpandOp op, PatternRewriter &rewriter) const override {
    Value source = getChannelsLast(op.getInput());
    int64_t rank = typeOf(op.getOutput()).getRank();
    if (!source || typeOf(source).getRank() != rank || typeOf(op.getShape()).getDimSize(0) != rank)
      return rewriter.notifyMatchFailure(op, "the input is no transpose of as many dimensions");
    ImageBuilder b{rewriter, op.getLoc()};
    Value result = ExpandOp::create(rewriter, b.loc, toChannelsLast(typeOf(op.getOutput())), source,
                                    reorder(b, op.getShape()));
    rewriter.replaceOp(op, toChannelsFirst(rewriter, b.loc, result));
    return success();
  }
};

/// [N, H, W, (i, j, C)] as [N, (H, i), (W, j), C]; with `crd` the channels are (C, i, j).
struct SinkThroughDepthToSpace : OpRewritePattern<DepthToSpaceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(DepthToSpaceOp op, PatternRewriter &rewriter) const override {
    Value source = getChannelsLast(op.getInput());
    RankedTensorType output = toChannelsLast(typeOf(op.getOutput()));
    if (!source || output.isDynamicDim(3))
      return rewriter.notifyMatchFailure(op, "the input is no transpose of known channels");
    ImageBuilder b{rewriter, op.getLoc()};
    int64_t block = int64_t(op.getBlocksize()), channels = output.getDimSize(3);
    SmallVector<int64_t> inner{block, block, channels}, permutation{0, 1, 3, 2, 4, 5};
    if (op.getCrd()) {
      inner = {channels, block, block};
      permutation = {0, 1, 4, 2, 5, 3};
    }
    SmallVector<int64_t> shape(typeOf(source).getShape().drop_back());
    llvm::append_range(shape, inner);
    Value split = b.ints({0, 0, 0, inner[0], inner[1], inner[2]});
    Value blocks = b.reshape(source, output.clone(shape), split, /*zeroCopies=*/true);
    SmallVector<int64_t> ordered;
    for (int64_t dim : permutation)
      ordered.push_back(shape[dim]);
    Value moved = TransposeOp::create(rewriter, b.loc, output.clone(ordered), blocks,
                                      rewriter.getDenseI64ArrayAttr(permutation));
    Value sizes;
    if (output.hasStaticShape()) {
      sizes = b.ints(output.getShape());
    } else {
      auto pair = RankedTensorType::get({2}, rewriter.getI64Type());
      Value sides = b.apply<MulOp>(pair, b.dims(source, 1, 3), b.ints({block, block}));
      auto type = RankedTensorType::get({4}, rewriter.getI64Type());
      sizes = ConcatOp::create(rewriter, b.loc, type,
                               ValueRange{b.dims(source, 0, 1), sides, b.ints({channels})},
                               /*axis=*/0);
    }
    Value result = b.reshape(moved, output, sizes, /*zeroCopies=*/false);
    rewriter.replaceOp(op, toChannelsFirst(rewriter, b.loc, result));
    return success();
  }
};

} // namespace

void mlir::halftone::populateSinkThroughImagesPatterns(RewritePatternSet &patterns) {
  patterns
      .add<SinkThroughInstanceNorm, SinkThroughResize, SinkThroughExpand, SinkThroughDepthToSpace>(
          patterns.getContext());
}
