// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// conv, conv_integer and conv_transpose as one linalg.generic over a padded input.
#include "Contraction.h"
#include "Window.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// Splits dimension `dim` in (group, rest).
Value splitGroups(Lowering &b, Value tensor, int64_t dim, int64_t group) {
  Sizes sizes = b.sizes(tensor);
  sizes[dim] = getAsOpFoldResult(b.div(b.index(sizes[dim]), b.index(group)));
  sizes.insert(sizes.begin() + dim, b.getIndexAttr(group));
  SmallVector<ReassociationIndices> groups;
  for (int64_t own = 0, next = 0; own < rankOf(tensor); ++own) {
    ReassociationIndices &part = groups.emplace_back();
    part.push_back(next++);
    if (own == dim)
      part.push_back(next++);
  }
  return b.expand(tensor, sizes, groups);
}

Value joinGroups(Lowering &b, Value tensor, int64_t dim) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t own = 0; own < rankOf(tensor); ++own)
    if (own == dim + 1)
      groups.back().push_back(own);
    else
      groups.push_back({own});
  return b.collapse(tensor, groups);
}

/// The loops of a convolution; where the group is 1 there is no loop over groups. Every loop order
/// keeps the innermost loop contiguous in the output (nchw) or in both operands (nhwc).
struct ConvLoops {
  Lowering &b;
  const Window &window;
  int64_t group;
  int64_t n, g, o, c, count;
  SmallVector<int64_t> k, y;

  ConvLoops(Lowering &b, const Window &window, int64_t group) : b(b), window(window), group(group) {
    int64_t next = 0;
    auto take = [&] { return next++; };
    auto takeSpatial = [&](SmallVector<int64_t> &loops) {
      for (size_t i = 0; i < window.spatial(); ++i)
        loops.push_back(next++);
    };
    n = take();
    if (window.layout == Layout::ChannelsLast)
      takeSpatial(y);
    g = group > 1 ? take() : -1;
    o = take();
    if (window.layout == Layout::ChannelsLast) {
      takeSpatial(k);
      c = take();
    } else {
      c = take();
      takeSpatial(k);
      takeSpatial(y);
    }
    count = next;
  }

  AffineExpr dim(int64_t loop) const { return getAffineDimExpr(loop, b.getContext()); }
  void addGroup(SmallVector<AffineExpr> &exprs) const {
    if (group > 1)
      exprs.push_back(dim(g));
  }
  /// [N, (G,) channel, spatial…] or [N, spatial…, (G,) channel].
  AffineMap imageMap(int64_t channel, ArrayRef<AffineExpr> positions) const {
    SmallVector<AffineExpr> exprs = {dim(n)};
    if (window.layout == Layout::ChannelsLast)
      llvm::append_range(exprs, positions);
    addGroup(exprs);
    exprs.push_back(dim(channel));
    if (window.layout == Layout::ChannelsFirst)
      llvm::append_range(exprs, positions);
    return b.mapOf(count, exprs);
  }
  AffineMap outputMap() const {
    SmallVector<AffineExpr> positions;
    for (int64_t loop : y)
      positions.push_back(dim(loop));
    return imageMap(o, positions);
  }
  /// `first` and `second` are the channel loops in the order of the filter.
  AffineMap filterMap(int64_t first, int64_t second) const {
    SmallVector<AffineExpr> exprs;
    addGroup(exprs);
    exprs.push_back(dim(first));
    exprs.push_back(dim(second));
    for (int64_t loop : k)
      exprs.push_back(dim(loop));
    return b.mapOf(count, exprs);
  }
  /// One value per output channel.
  AffineMap channelMap() const {
    SmallVector<AffineExpr> exprs;
    addGroup(exprs);
    exprs.push_back(dim(o));
    return b.mapOf(count, exprs);
  }
  Iterators iterators() const {
    Iterators result(count, kParallel);
    result[c] = kReduction;
    for (int64_t loop : k)
      result[loop] = kReduction;
    return result;
  }
  /// Of the output, with the group split off.
  Sizes outputSizes(Value input, Value filter, ArrayRef<OpFoldResult> spatial,
                    int64_t filterDim) const {
    Sizes sizes = {b.size(input, 0)};
    if (window.layout == Layout::ChannelsLast)
      llvm::append_range(sizes, spatial);
    if (group > 1)
      sizes.push_back(b.getIndexAttr(group));
    sizes.push_back(b.size(filter, filterDim));
    if (window.layout == Layout::ChannelsFirst)
      llvm::append_range(sizes, spatial);
    return sizes;
  }
};

/// A convolution whose input is padded already.
struct Convolution {
  Value input, filter;
  Factor inputFactor, filterFactor;
  Sizes spatial;
};

Value buildConvolution(Lowering &b, const Window &window, int64_t group, Convolution conv) {
  ConvLoops loops(b, window, group);
  int64_t channel = window.channelDim();
  Value input = conv.input, filter = conv.filter;
  if (group > 1) {
    input = splitGroups(b, input, channel, group);
    filter = splitGroups(b, filter, 0, group);
  }
  SmallVector<AffineExpr> positions;
  for (size_t i = 0; i < window.spatial(); ++i)
    positions.push_back(loops.dim(loops.y[i]) * window.strides[i] +
                        loops.dim(loops.k[i]) * window.dilations[i]);
  Contraction contraction{input,
                          filter,
                          conv.inputFactor,
                          conv.filterFactor,
                          loops.imageMap(loops.c, positions),
                          loops.filterMap(loops.o, loops.c),
                          loops.outputMap(),
                          loops.outputSizes(input, filter, conv.spatial, group > 1 ? 1 : 0),
                          loops.iterators()};
  Value result = buildContraction(b, contraction);
  return group > 1 ? joinGroups(b, result, channel) : result;
}

template <typename Op> FailureOr<Window> matchWindow(Op op, PatternRewriter &rewriter) {
  auto filter = cast<RankedTensorType>(op.getFilter().getType());
  Window window{llvm::to_vector(filter.getShape().drop_front(2)), llvm::to_vector(op.getStrides()),
                llvm::to_vector(op.getDilations()), llvm::to_vector(op.getPads())};
  if (llvm::any_of(window.kernel, ShapedType::isDynamic))
    return rewriter.notifyMatchFailure(op, "the kernel has a dynamic size");
  if constexpr (!std::is_same_v<Op, ConvTransposeOp>)
    window.layout = op.getLayout();
  return window;
}

struct ConvertConv : LoweringPattern<ConvOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ConvOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    FailureOr<Window> matched = matchWindow(op, rewriter);
    if (failed(matched))
      return failure(); // matchWindow has said why.
    const Window &window = *matched;
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Factor factor = Factor::ofFloats(elementType(op.getInput()));
    Value zero = b.scalar(type.getElementType(), 0);
    Convolution conv{window.pad(b, adaptor.getInput(), zero), adaptor.getFilter(), factor, factor,
                     window.outputSizes(b, adaptor.getInput(), cast<OpResult>(op.getOutput()))};
    Value result = buildConvolution(b, window, op.getGroup(), conv);
    rewriter.replaceOp(op, b.castTo(castElements(b, result, type.getElementType()), type));
    return success();
  }
};

struct ConvertConvInteger : LoweringPattern<ConvIntegerOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ConvIntegerOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    FailureOr<Window> matched = matchWindow(op, rewriter);
    if (failed(matched))
      return failure(); // matchWindow has said why.
    const Window &window = *matched;
    Lowering b(op, rewriter, facts);
    int64_t group = op.getGroup();
    ConvLoops loops(b, window, group);
    Value inputZero = adaptor.getInputZeroPoint(), filterZero = adaptor.getFilterZeroPoint();
    auto scalarMap = [&](Value value) {
      return b.mapOf(loops.count,
                     SmallVector<AffineExpr>(rankOf(value), b.getAffineConstantExpr(0)));
    };
    bool isPerChannel = rankOf(filterZero) == 1 && tensorType(filterZero).getDimSize(0) != 1;
    Factor input = Factor::ofCodes(b, elementType(op.getInput()), op.getInputZeroPoint(), inputZero,
                                   scalarMap(inputZero));
    AffineMap filterMap = isPerChannel ? loops.channelMap() : scalarMap(filterZero);
    if (isPerChannel && group > 1)
      filterZero = splitGroups(b, filterZero, 0, group);
    Factor filter = Factor::ofCodes(b, elementType(op.getFilter()), op.getFilterZeroPoint(),
                                    filterZero, filterMap);
    Convolution conv{window.pad(b, adaptor.getInput(), b.onlyElement(inputZero)),
                     adaptor.getFilter(), input, filter,
                     window.outputSizes(b, adaptor.getInput(), cast<OpResult>(op.getOutput()))};
    rewriter.replaceOp(
        op, b.castTo(buildConvolution(b, window, group, conv), convertedType(op.getOutput())));
    return success();
  }
};

/// A convolution of the input, spread out by the strides, with the mirrored filter.
class ConvertConvTranspose : public LoweringPattern<ConvTransposeOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ConvTransposeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    FailureOr<Window> matched = matchWindow(op, rewriter);
    if (failed(matched))
      return failure(); // matchWindow has said why.
    const Window &window = *matched;
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    int64_t group = op.getGroup();
    Value input = spread(b, op, window, adaptor.getInput()), filter = adaptor.getFilter();
    Sizes spatial(ArrayRef(b.sizes(input)).drop_front(2));
    for (auto [i, size] : llvm::enumerate(spatial)) {
      size = getAsOpFoldResult(
          b.sub(b.index(size), b.index((window.kernel[i] - 1) * window.dilations[i])));
      b.checkAtLeast(size, 1, "pads that leave nothing of the result");
    }
    ConvLoops loops(b, window, group);
    if (group > 1) {
      input = splitGroups(b, input, 1, group);
      filter = splitGroups(b, filter, 0, group);
    }
    SmallVector<AffineExpr> positions;
    for (size_t i = 0; i < window.spatial(); ++i)
      positions.push_back(loops.dim(loops.y[i]) +
                          (window.kernel[i] - 1 - loops.dim(loops.k[i])) * window.dilations[i]);
    Factor factor = Factor::ofFloats(elementType(op.getInput()));
    Contraction contraction{input,
                            filter,
                            factor,
                            factor,
                            loops.imageMap(loops.c, positions),
                            loops.filterMap(loops.c, loops.o),
                            loops.outputMap(),
                            loops.outputSizes(input, filter, spatial, group > 1 ? 2 : 1),
                            loops.iterators()};
    Value result = buildContraction(b, contraction);
    result = group > 1 ? joinGroups(b, result, 1) : result;
    rewriter.replaceOp(op, b.castTo(castElements(b, result, type.getElementType()), type));
    return success();
  }

private:
  /// Zeros between the elements (strides), and around them what the window reaches.
  static Value spread(Lowering &b, ConvTransposeOp op, const Window &window, Value input) {
    Sizes sizes = b.sizes(input), spaced = sizes;
    Sizes offsets(sizes.size(), b.getIndexAttr(0)), steps(sizes.size(), b.getIndexAttr(1));
    Sizes before = offsets, after = offsets;
    size_t spatial = window.spatial();
    for (size_t i = 0; i < spatial; ++i) {
      int64_t reach = (window.kernel[i] - 1) * window.dilations[i], stride = window.strides[i];
      b.checkAtLeast(sizes[i + 2], 1, "image without elements");
      Value gaps = b.sub(b.index(sizes[i + 2]), b.index(1));
      spaced[i + 2] =
          getAsOpFoldResult(b.add(b.index(sizes[i + 2]), b.mul(gaps, b.index(stride - 1))));
      steps[i + 2] = b.getIndexAttr(stride);
      before[i + 2] = b.getIndexAttr(reach - window.pads[i]);
      after[i + 2] = b.getIndexAttr(reach - window.pads[i + spatial] + op.getOutputPadding()[i]);
    }
    Value zero = b.scalar(elementType(input), 0);
    Value spread = input;
    if (llvm::any_of(window.strides, [](int64_t stride) { return stride != 1; }))
      spread =
          tensor::InsertSliceOp::create(b, input, b.filled(spaced, zero), offsets, sizes, steps);
    return b.padded(spread, before, after, zero);
  }
};

} // namespace

void mlir::halftone::populateConvolutionPatterns(const TypeConverter &converter,
                                                 const ShapeFacts &facts,
                                                 RewritePatternSet &patterns) {
  patterns.add<ConvertConv, ConvertConvInteger, ConvertConvTranspose>(converter,
                                                                      patterns.getContext(), facts);
}
