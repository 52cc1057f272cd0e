// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WindowOps.h"

#include "halftone/CPU/CPUTarget.h"
#include "halftone/CPU/KernelTable.h"
#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/ConstantData.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_WIDENCONVOLUTIONS
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

// [N, H, W, C] with the pixels of a group as channels is [N, H, W / pixels, pixels * C].
constexpr int64_t kImageRank = 4;
constexpr int64_t kWidth = 2, kChannels = 3;

namespace {

RankedTensorType typeOf(Value value) { return llvm::cast<RankedTensorType>(value.getType()); }

RankedTensorType widen(RankedTensorType type, int64_t pixels) {
  SmallVector<int64_t> shape(type.getShape());
  shape[kWidth] /= pixels;
  shape[kChannels] *= pixels;
  return type.clone(shape);
}

/// The image of which `wide` has groups of pixels.
Value narrow(RewriterBase &rewriter, Location loc, Value wide, int64_t pixels) {
  SmallVector<int64_t> shape(typeOf(wide).getShape());
  shape[kWidth] *= pixels;
  shape[kChannels] /= pixels;
  // Zeros keep the first two sizes, which may be dynamic.
  int64_t sizes[] = {0, 0, shape[kWidth], shape[kChannels]};
  auto type = RankedTensorType::get({kImageRank}, rewriter.getI64Type());
  Value target = ConstantOp::create(rewriter, loc, DenseElementsAttr::get(type, ArrayRef(sizes)));
  return ReshapeOp::create(rewriter, loc, typeOf(wide).clone(shape), wide, target);
}

struct WideImage {
  Value wide;
  int64_t pixels;
};

/// What `narrow` was made of, if `value` is that.
std::optional<WideImage> getWideImage(Value value) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  if (!reshape || typeOf(value).getRank() != kImageRank)
    return std::nullopt;
  RankedTensorType wide = typeOf(reshape.getInput()), type = typeOf(value);
  if (wide.getRank() != kImageRank || wide.isDynamicDim(kChannels) ||
      type.isDynamicDim(kChannels) || type.getDimSize(kChannels) == 0 ||
      wide.getDimSize(kChannels) % type.getDimSize(kChannels) != 0)
    return std::nullopt;
  int64_t pixels = wide.getDimSize(kChannels) / type.getDimSize(kChannels);
  bool isGrouped = type.hasStaticShape() || !type.isDynamicDim(kWidth);
  if (!isGrouped || type.getDimSize(kWidth) % pixels != 0 || widen(type, pixels) != wide)
    return std::nullopt;
  if (type.getNumDynamicDims() > 1) {
    // Only zeros say that the sizes are not moved between the two.
    ElementsAttr target = getConstant(reshape.getShape());
    std::optional<std::vector<int64_t>> sizes = target ? readIntegers(target) : std::nullopt;
    if (!sizes || (*sizes)[0] != 0 || (*sizes)[1] != 0 || reshape.getAllowzero())
      return std::nullopt;
  }
  return WideImage{reshape.getInput(), pixels};
}

//===--- Convolutions ---===//

/// Pixels that are computed as one, for the fewest vectors: each takes the products with all inputs
/// under its channels, of which those of a group overlap. 1 if it does not pay.
int64_t choosePixels(RankedTensorType output, int64_t kernel, int64_t stride, int64_t lanes) {
  int64_t channels = output.getDimSize(kChannels), width = output.getDimSize(kWidth);
  auto steps = [&](int64_t pixels) {
    int64_t vectors = llvm::divideCeil(pixels * channels, lanes);
    return vectors * (kernel + (pixels - 1) * stride);
  };
  int64_t best = 1;
  for (int64_t pixels = 2; pixels * channels <= 2 * lanes; ++pixels)
    if (width % pixels == 0 && steps(pixels) * best < steps(best) * pixels)
      best = pixels;
  // What is saved has to make up for the longer rows of the filter.
  return 3 * steps(best) <= 2 * best * steps(1) ? best : 1;
}

/// [O, I, KH, KW] to [pixels * O, I, KH, KW + (pixels - 1) * stride]: the filter of each pixel
/// stands where its window lies among those of the group; the rest is `fill`, which stands for
/// zero.
ElementsAttr widenFilter(ElementsAttr filter, int64_t pixels, int64_t stride, char fill) {
  auto type = llvm::cast<RankedTensorType>(filter.getType());
  std::optional<std::vector<char>> bytes = copyRawBytes(filter);
  if (!bytes)
    return nullptr;
  int64_t elementBytes = type.getElementTypeBitWidth() / 8;
  int64_t kernel = type.getDimSize(3), wideKernel = kernel + (pixels - 1) * stride;
  auto wideType = RankedTensorType::get(
      {pixels * type.getDimSize(0), type.getDimSize(1), type.getDimSize(2), wideKernel},
      type.getElementType());
  int64_t rows = type.getNumElements() / kernel; // of all filters
  std::vector<char> wide(size_t(wideType.getNumElements() * elementBytes), fill);
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    for (int64_t row = 0; row < rows; ++row)
      std::copy_n(
          &(*bytes)[size_t(row * kernel * elementBytes)], kernel * elementBytes,
          &wide[size_t(((pixel * rows + row) * wideKernel + pixel * stride) * elementBytes)]);
  return makeConstant(wideType, ArrayRef<char>(wide), "widened");
}

/// The code that stands for zero in all filters; nullopt if it is not the same in all.
std::optional<int64_t> getFilterZero(ConvOp) { return 0; }
std::optional<int64_t> getFilterZero(ConvIntegerOp op) {
  ElementsAttr constant = getConstant(op.getFilterZeroPoint());
  std::optional<std::vector<int64_t>> values = constant ? readIntegers(constant) : std::nullopt;
  if (!values || values->empty() || !llvm::all_equal(*values))
    return std::nullopt;
  return values->front();
}

void setFilterZero(RewriterBase &, ConvOp, int64_t) {}
void setFilterZero(RewriterBase &rewriter, ConvIntegerOp op, int64_t value) {
  Type element = typeOf(op.getFilterZeroPoint()).getElementType();
  auto zero = DenseElementsAttr::get(RankedTensorType::get({}, element),
                                     rewriter.getIntegerAttr(element, value));
  op.getFilterZeroPointMutable().assign(ConstantOp::create(rewriter, op.getLoc(), zero));
}

bool isKernelElement(Type type) { return type.isF32() || type.isInteger(8); }

template <typename Op>
bool widenConvolution(RewriterBase &rewriter, const CPUTarget &target, Op op) {
  RankedTensorType output = typeOf(op.getOutput()), filterType = typeOf(op.getFilter());
  ElementsAttr filter = getConstant(op.getFilter());
  if (op.getLayout() != Layout::ChannelsLast || output.getRank() != kImageRank || !filter ||
      !isKernelElement(filterType.getElementType()) || filterType.getNumElements() == 0 ||
      op.getGroup() != 1 || op.getDilations()[1] != 1 || output.isDynamicDim(kWidth))
    return false;
  std::optional<int64_t> zero = getFilterZero(op);
  bool isFloat = filterType.getElementType().isF32();
  const KernelRow &row =
      chooseDepthwiseRow(target, isFloat ? KernelElements::F32 : KernelElements::U8S8);
  int64_t stride = op.getStrides()[1];
  int64_t pixels = choosePixels(output, filterType.getDimSize(3), stride, row.lanes);
  ElementsAttr wideFilter =
      zero && pixels > 1 ? widenFilter(filter, pixels, stride, char(*zero)) : nullptr;
  if (!wideFilter)
    return false;
  rewriter.setInsertionPoint(op);
  auto copy = llvm::cast<Op>(rewriter.clone(*op));
  rewriter.setInsertionPoint(copy);
  copy.getFilterMutable().assign(ConstantOp::create(rewriter, op.getLoc(), wideFilter));
  setFilterZero(rewriter, copy, *zero);
  copy.setStrides(ArrayRef<int64_t>{op.getStrides()[0], pixels * stride});
  copy.getOutput().setType(widen(output, pixels));
  rewriter.setInsertionPointAfter(copy);
  rewriter.replaceOp(op, narrow(rewriter, op.getLoc(), copy.getOutput(), pixels));
  return true;
}

bool widenWindow(RewriterBase &rewriter, const CPUTarget &target, ConvOp op) {
  return widenConvolution(rewriter, target, op);
}
bool widenWindow(RewriterBase &rewriter, const CPUTarget &target, ConvIntegerOp op) {
  return widenConvolution(rewriter, target, op);
}
template <typename Pool> bool widenWindow(RewriterBase &, const CPUTarget &, Pool) { return false; }

//===--- Ops behind them ---===//

/// A constant that varies along the channels alone, the last dimension, for all pixels of a group;
/// null if it is none.
ElementsAttr repeatChannels(ElementsAttr constant, int64_t pixels) {
  auto type = llvm::cast<RankedTensorType>(constant.getType());
  int64_t channels = type.getRank() ? type.getShape().back() : 1;
  if (type.getNumElements() != channels || type.getElementTypeBitWidth() < 8)
    return nullptr;
  if (channels == 1)
    return constant;
  std::optional<std::vector<char>> bytes = copyRawBytes(constant);
  if (!bytes)
    return nullptr;
  std::vector<char> repeated;
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    llvm::append_range(repeated, *bytes);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() *= pixels;
  return makeConstant(type.clone(shape), ArrayRef<char>(repeated), "repeated");
}

/// An operand as it broadcasts to images of `pixels` pixels in a group; null if it cannot.
Value widenOperand(RewriterBase &rewriter, Location loc, Value operand, int64_t pixels) {
  if (std::optional<WideImage> image = getWideImage(operand))
    return image->pixels == pixels ? image->wide : Value();
  ElementsAttr constant = getConstant(operand);
  ElementsAttr repeated = constant ? repeatChannels(constant, pixels) : nullptr;
  return repeated ? ConstantOp::create(rewriter, loc, repeated).getResult() : Value();
}

LogicalResult sinkThrough(PatternRewriter &rewriter, Operation *op, int64_t pixels) {
  SmallVector<Value> operands;
  int64_t channels = typeOf(op->getResult(0)).getDimSize(kChannels);
  for (Value operand : op->getOperands()) {
    if (getWideImage(operand) && typeOf(operand).getDimSize(kChannels) != channels)
      return rewriter.notifyMatchFailure(op, "one channel for all, which are not side by side");
    Value wide = widenOperand(rewriter, op->getLoc(), operand, pixels);
    if (!wide)
      return rewriter.notifyMatchFailure(op, "an operand that varies along the image");
    operands.push_back(wide);
  }
  Operation *copy = cloneReformed(rewriter, op, operands, kImageRank,
                                  [&](RankedTensorType type) { return widen(type, pixels); });
  replaceReformed(rewriter, op, copy, kImageRank,
                  [&](Value result) { return narrow(rewriter, op->getLoc(), result, pixels); });
  return success();
}

struct SinkThroughElementwise : RewritePattern {
  explicit SinkThroughElementwise(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!op->hasTrait<mlir::halftone::Elementwise>() || op->getNumResults() != 1 ||
        typeOf(op->getResult(0)).getRank() != kImageRank)
      return rewriter.notifyMatchFailure(op, "not elementwise over images");
    for (Value operand : op->getOperands())
      if (std::optional<WideImage> image = getWideImage(operand))
        return sinkThrough(rewriter, op, image->pixels);
    return rewriter.notifyMatchFailure(op, "no operand has groups of pixels");
  }
};

/// With one scale for all, or one for each channel.
template <typename Op> struct SinkThroughQuantize : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    std::optional<WideImage> image = getWideImage(op.getInput());
    if (!image || op.getBlocks())
      return rewriter.notifyMatchFailure(op, "no groups of pixels, or one scale per block");
    bool isPerChannel = int64_t(op.getAxis()) == kChannels;
    for (Value parameter : {op.getScale(), op.getZeroPoint()})
      if (typeOf(parameter).getRank() > 1 || (typeOf(parameter).getRank() == 1 && !isPerChannel &&
                                              typeOf(parameter).getDimSize(0) != 1))
        return rewriter.notifyMatchFailure(op, "scales along another dimension");
    return sinkThrough(rewriter, op, image->pixels);
  }
};

struct WidenConvolutions : mlir::halftone::impl::WidenConvolutionsBase<WidenConvolutions> {
  using WidenConvolutionsBase::WidenConvolutionsBase;

  void runOnOperation() override {
    llvm::Expected<CPUTarget> cpu = CPUTarget::get(target);
    if (!cpu) {
      getOperation().emitError() << llvm::toString(cpu.takeError());
      return signalPassFailure();
    }
    int64_t widened = changeWindowOps(getOperation(), [&](RewriterBase &rewriter, auto op) {
      return widenWindow(rewriter, *cpu, op);
    });
    if (widened == 0)
      return;
    numWidened += widened;
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkThroughElementwise, SinkThroughQuantize<QuantizeOp>,
                 SinkThroughQuantize<DequantizeOp>>(&getContext());
    if (failed(sinkAll(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
