// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CodedWeights.h"
#include "halftone/Conversion/RunTimeCheck.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// A 2-D convolution in layout nhwc with constant weights.
struct Convolution {
  Value input;
  Value inputZeroPoint;
  RankedTensorType output;
  Weights weights;
  /// What `weights` are decoded from, where they are no numbers.
  std::optional<CodedWeights> codes;
  int64_t outputs = 0, inputs = 0, kernelHeight = 0, kernelWidth = 0;
  SmallVector<int64_t> strides, dilations, pads;
  bool isDepthwise = false;

  ArrayRef<int64_t> kernel() const { return weights.type.getShape().drop_front(2); }
  bool isPadded() const {
    return llvm::any_of(pads, [](int64_t pad) { return pad != 0; });
  }
  /// Every output pixel is the product of one input pixel and the filter.
  bool isMatmul() const {
    auto isOne = [](int64_t value) { return value == 1; };
    return llvm::all_of(kernel(), isOne) && llvm::all_of(strides, isOne) && !isPadded();
  }
};

template <typename Op>
FailureOr<Convolution> matchConvolution(KernelBuilder &builder, Op op, Value inputZeroPoint,
                                        Value filterZeroPoint) {
  RankedTensorType input = tensorTypeOf(op.getInput()), filter = tensorTypeOf(op.getFilter());
  if (op.getLayout() != Layout::ChannelsLast || input.getRank() != 4)
    return builder.decline("only 2-D convolutions in layout nhwc have kernels");
  if (input.isDynamicDim(3) || !filter.hasStaticShape() || filter.getNumElements() == 0)
    return builder.decline("the number of channels is not known");
  int64_t channels = input.getDimSize(3), outputs = filter.getDimSize(0), group = op.getGroup();
  bool isDepthwise = group > 1 && group == channels && group == outputs;
  if (group != 1 && !isDepthwise)
    return builder.decline("a grouped convolution that is not depthwise");
  if (inputZeroPoint && tensorTypeOf(inputZeroPoint).getNumElements() != 1)
    return builder.decline("the input has more than one zero point");
  if (failed(builder.matchActivations(op.getInput())))
    return failure(); // matchActivations has said why.
  FailureOr<Weights> weights =
      filterZeroPoint ? builder.matchWeights(op.getFilter(), filterZeroPoint, outputs)
                      : builder.matchFloatWeights(op.getFilter(), /*channelAxis=*/0, outputs);
  Value image = op.getInput();
  bool isHalf = succeeded(weights) && areHalves(weights->elements);
  if (Value halves = builder.getHalves(image); isHalf && halves)
    image = halves;
  Type element = tensorTypeOf(image).getElementType();
  std::optional<CodedWeights> codes;
  // A filter of 16-bit floats is one of codes to an image of f32.
  if ((failed(weights) || (isHalf && element.isF32())) && !filterZeroPoint) {
    FailureOr<CodedWeights> coded = matchCodedFilter(builder, op.getFilter());
    if (failed(coded))
      return failure(); // matchCodedFilter has said why.
    codes = std::move(*coded);
    weights = Weights();
    weights->type = filter;
    weights->elements = KernelElements::F32;
  }
  if (failed(weights))
    return failure(); // The builder has said why.
  if (!areMultiplied(element, weights->elements))
    return builder.decline("input and filter are of different kinds");
  if (isDepthwise && !weights->isSymmetric())
    return builder.decline("the filter of a depthwise convolution has a zero point");
  Convolution match;
  match.input = image;
  match.inputZeroPoint = inputZeroPoint;
  match.output = llvm::cast<RankedTensorType>(op.getType());
  match.weights = std::move(*weights);
  match.codes = std::move(codes);
  match.outputs = outputs;
  match.inputs = filter.getDimSize(1);
  match.kernelHeight = filter.getDimSize(2);
  match.kernelWidth = filter.getDimSize(3);
  match.strides.assign(op.getStrides().begin(), op.getStrides().end());
  match.dilations.assign(op.getDilations().begin(), op.getDilations().end());
  match.pads.assign(op.getPads().begin(), op.getPads().end());
  match.isDepthwise = isDepthwise;
  return match;
}

/// The value that padded elements have: 0, or the zero point as the kernel's codes have it.
Value makePadValue(KernelBuilder &builder, const Activations &activations) {
  RewriterBase &rewriter = builder.rewriter;
  Location loc = builder.loc;
  Type element = tensorTypeOf(activations.tensor).getElementType();
  if (llvm::isa<FloatType>(element))
    return arith::ConstantOp::create(rewriter, loc, rewriter.getZeroAttr(element));
  if (activations.constantZeroPoint)
    return arith::ConstantIntOp::create(rewriter, loc, element, *activations.constantZeroPoint);
  Value zero = arith::ConstantIndexOp::create(rewriter, loc, 0);
  SmallVector<Value> indices(tensorTypeOf(activations.zeroPoint).getRank(), zero);
  Value zeroPoint = tensor::ExtractOp::create(rewriter, loc, activations.zeroPoint, indices);
  Value offset = arith::ConstantIntOp::create(rewriter, loc, element, activations.offset);
  return arith::AddIOp::create(rewriter, loc, zeroPoint, offset);
}

OpFoldResult addToSize(KernelBuilder &builder, OpFoldResult size, int64_t amount) {
  AffineExpr dim = builder.rewriter.getAffineDimExpr(0);
  return affine::makeComposedFoldedAffineApply(builder.rewriter, builder.loc, dim + amount, {size});
}

/// The image with its border and `channels` channels in a buffer of its own: a destination that the
/// image's producer can write to directly.
Value padImage(KernelBuilder &builder, const Convolution &match, const Activations &activations,
               int64_t channels) {
  Value image = activations.tensor;
  RankedTensorType type = tensorTypeOf(image);
  if (!match.isPadded() && channels == type.getDimSize(3))
    return image;
  RewriterBase &rewriter = builder.rewriter;
  ArrayRef<int64_t> pads = match.pads;
  SmallVector<OpFoldResult> sizes, padded, offsets, strides(4, rewriter.getIndexAttr(1));
  for (int64_t dim = 0; dim < 4; ++dim)
    sizes.push_back(builder.size(image, dim));
  for (int64_t begin : {int64_t(0), pads[0], pads[1], int64_t(0)})
    offsets.push_back(rewriter.getIndexAttr(begin));
  padded = {sizes[0], addToSize(builder, sizes[1], pads[0] + pads[2]),
            addToSize(builder, sizes[2], pads[1] + pads[3]), rewriter.getIndexAttr(channels)};
  Value empty = tensor::EmptyOp::create(rewriter, builder.loc, padded, type.getElementType());
  Value value = makePadValue(builder, activations);
  Value filled = linalg::FillOp::create(rewriter, builder.loc, value, empty).getResult(0);
  return tensor::InsertSliceOp::create(rewriter, builder.loc, image, filled, offsets, sizes,
                                       strides);
}

Value makeOutput(KernelBuilder &builder, const Convolution &match) {
  RewriterBase &rewriter = builder.rewriter;
  Location loc = builder.loc;
  return builder.makeEmpty(match.output, [&](int64_t dim) -> OpFoldResult {
    OpFoldResult size = builder.size(match.input, dim);
    if (dim == 0)
      return size;
    int64_t axis = dim - 1;
    int64_t extent = (match.kernel()[axis] - 1) * match.dilations[axis];
    AffineExpr windows =
        rewriter.getAffineDimExpr(0) + (match.pads[axis] + match.pads[axis + 2] - extent - 1);
    OpFoldResult count = affine::makeComposedFoldedAffineApply(
        rewriter, loc, windows.floorDiv(match.strides[axis]) + 1, {size});
    Value least = arith::ConstantIndexOp::create(rewriter, loc, 1);
    createCheck(rewriter, loc,
                rewriter.createOrFold<arith::CmpIOp>(
                    loc, arith::CmpIPredicate::sge,
                    getValueOrCreateConstantIndexOp(rewriter, loc, count), least),
                kWindowTooLarge);
    return count;
  });
}

Correction makeCorrection(KernelBuilder &builder, const Convolution &match, const KernelRow &row,
                          const Activations &activations, const ::halftone::WeightView &view,
                          llvm::function_ref<Value()> makeWindowSums) {
  if (match.weights.elements != KernelElements::U8S8)
    return builder.makeScaling(match.weights, match.output.getRank());
  int64_t numTaps = match.inputs * match.kernelHeight * match.kernelWidth;
  return builder.makeCorrection(row, activations, match.weights,
                                ::halftone::sumColumns(view, /*isSigned=*/true), numTaps,
                                match.output.getRank(), makeWindowSums);
}

std::optional<int64_t> product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    result *= size;
  }
  return result;
}

/// The right-hand side of a kernel. Decoded filters have `strides` between the rows of [I, KH, KW].
Value makeRhs(KernelBuilder &builder, const Convolution &match, const ::halftone::WeightView &view,
              const KernelRow &row, ArrayRef<int64_t> shape, int64_t nr,
              ArrayRef<int64_t> strides) {
  if (!match.codes)
    return builder.makePacked(match.weights, view, row, shape, nr);
  assert(shape.back() == 1 && "floats lie one k after the other");
  int64_t rows = *product(shape.drop_front().drop_back(2));
  Value panels = makeDecodedPanels(builder, *match.codes, nr, rows, strides);
  SmallVector<ReassociationIndices> groups{{0}, {}, {}};
  for (int64_t dim = 1, last = int64_t(shape.size()) - 1; dim <= last; ++dim)
    groups[dim < last - 1 ? 1 : 2].push_back(dim);
  return tensor::ExpandShapeOp::create(builder.rewriter, builder.loc,
                                       tensorTypeOf(panels).clone(shape), panels, groups);
}

/// How the implicit matrix product of a convolution is cut and packed.
struct ContractPlan {
  const KernelRow *row;
  int64_t nr, channels, channelStep, depth;
};

/// Runs of k in an image are whole steps of so many elements, whichever row is chosen.
int64_t getWholeStep(KernelElements elements) {
  switch (elements) {
  case KernelElements::U8S8:
    return 4;
  case KernelElements::BF16:
    return 2;
  default:
    return 1;
  }
}

ContractPlan planContract(KernelBuilder &builder, const Convolution &match) {
  bool isMatmul = match.isMatmul();
  ArrayRef<int64_t> shape = match.output.getShape();
  std::optional<int64_t> rows = isMatmul ? product(shape.drop_back()) : product(shape.slice(2, 1));
  ContractPlan plan;
  plan.channelStep = isMatmul ? 1 : getWholeStep(match.weights.elements);
  plan.channels = int64_t(llvm::alignTo(uint64_t(match.inputs), uint64_t(plan.channelStep)));
  bool hasGaps = match.dilations[1] != 1 && match.kernelWidth != 1;
  int64_t run = isMatmul || hasGaps ? plan.channels : plan.channels * match.kernelWidth;
  plan.row = &chooseContractRow(builder.target, match.weights.elements, {rows, match.outputs, run});
  plan.nr = choosePanelColumns(*plan.row, {rows, match.outputs, run});
  plan.depth = plan.channels * match.kernelHeight * match.kernelWidth;
  return plan;
}

/// The kernel on an image that is padded already.
Value buildProduct(
    KernelBuilder &builder, const Convolution &match, const ContractPlan &plan, Value image,
    llvm::function_ref<Correction(const ::halftone::WeightView &)> makeCorrectionOf) {
  auto view =
      ::halftone::WeightView::convolution(match.weights.bytes.data(), match.outputs, match.inputs,
                                          match.kernelHeight, match.kernelWidth, plan.channelStep);
  int64_t numPanels = int64_t(llvm::divideCeil(match.outputs, plan.nr));
  int64_t numSteps = int64_t(llvm::divideCeil(plan.depth, plan.row->kr));
  // The order of (kernel row, kernel column, channel); of one column it is that of its rows.
  int64_t columns = match.codes ? match.codes->sizes.back() : 0;
  Value rhs = makeRhs(builder, match, view, *plan.row, {numPanels, numSteps, plan.nr, plan.row->kr},
                      plan.nr, {1, columns * match.inputs, match.inputs});
  MLIRContext *context = builder.op->getContext();
  auto packing =
      PackingAttr::get(context, plan.row->name, plan.nr, plan.row->kr, plan.depth, match.outputs);
  WindowAttr window =
      match.isMatmul() ? nullptr
                       : WindowAttr::get(context, match.kernel(), match.strides, match.dilations);
  Correction correction = makeCorrectionOf(view);
  return builder
      .makeKernel<ContractOp>(image, rhs, makeOutput(builder, match), packing, window, correction)
      .getOutput();
}

/// The sums of the codes in each window, [N, H, W]: a convolution with one filter of ones.
Value buildWindowSums(KernelBuilder &builder, const Convolution &match, Value image) {
  Convolution sums;
  sums.input = match.input;
  sums.inputs = match.inputs;
  sums.kernelHeight = match.kernelHeight;
  sums.kernelWidth = match.kernelWidth;
  sums.strides = match.strides;
  sums.dilations = match.dilations;
  sums.pads = match.pads;
  SmallVector<int64_t> shape(match.output.getShape());
  shape.back() = 1;
  Type i32 = builder.rewriter.getI32Type();
  sums.output = RankedTensorType::get(shape, i32);
  sums.outputs = 1;
  auto filter = SmallVector<int64_t>(match.weights.type.getShape());
  filter.front() = 1;
  sums.weights.type = match.weights.type.clone(filter);
  sums.weights.elements = match.weights.elements;
  sums.weights.zeroPoints = {0};
  sums.weights.storage.assign(size_t(sums.weights.type.getNumElements()), 1);
  sums.weights.bytes = sums.weights.storage;
  Value product = buildProduct(builder, sums, planContract(builder, sums), image,
                               [](const ::halftone::WeightView &) { return Correction(); });
  return tensor::CollapseShapeOp::create(builder.rewriter, builder.loc, product,
                                         SmallVector<ReassociationIndices>{{0}, {1}, {2, 3}});
}

/// Images one pixel wide, which have one pixel in each row of windows.
bool isColumn(const Convolution &match) {
  return match.kernelWidth == 1 && tensorTypeOf(match.input).getDimSize(2) == 1 &&
         match.strides[1] == 1 && match.pads[1] == 0 && match.pads[3] == 0;
}

/// [N, H, 1, C] as [N, 1, H, C] or back: the same bytes.
Value turnImage(KernelBuilder &builder, Value image) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim : {0, 2, 1, 3})
    sizes.push_back(builder.size(image, dim));
  SmallVector<int64_t> shape(tensorTypeOf(image).getShape());
  std::swap(shape[1], shape[2]);
  SmallVector<ReassociationIndices> groups{{0}, {1, 2}, {3}};
  Value flat = tensor::CollapseShapeOp::create(builder.rewriter, builder.loc, image, groups);
  return tensor::ExpandShapeOp::create(builder.rewriter, builder.loc,
                                       tensorTypeOf(image).clone(shape), flat, groups, sizes);
}

/// A column as the row that it is as well: a tile of the product then holds many pixels, each of
/// which would otherwise read all weights.
void turnColumn(KernelBuilder &builder, Convolution &match, Activations &activations) {
  auto swapTypes = [](RankedTensorType type, unsigned dim) {
    SmallVector<int64_t> shape(type.getShape());
    std::swap(shape[dim], shape[dim + 1]);
    return type.clone(shape);
  };
  activations.tensor = turnImage(builder, activations.tensor);
  match.input = activations.tensor;
  match.output = swapTypes(match.output, 1);
  match.weights.type = swapTypes(match.weights.type, 2);
  std::swap(match.kernelHeight, match.kernelWidth);
  std::swap(match.strides[0], match.strides[1]);
  std::swap(match.dilations[0], match.dilations[1]);
  std::swap(match.pads[0], match.pads[1]);
  std::swap(match.pads[2], match.pads[3]);
}

/// An implicit matrix product; a plain one where the window is a pixel.
void buildContract(KernelBuilder &builder, Convolution &match) {
  Activations activations = builder.prepareActivations(match.input, match.inputZeroPoint);
  bool isTurned = !match.isMatmul() && isColumn(match);
  if (isTurned)
    turnColumn(builder, match, activations);
  ContractPlan plan = planContract(builder, match);
  Value image = padImage(builder, match, activations, plan.channels);
  Value output = buildProduct(builder, match, plan, image, [&](const ::halftone::WeightView &view) {
    return makeCorrection(builder, match, *plan.row, activations, view,
                          [&] { return buildWindowSums(builder, match, image); });
  });
  builder.replacement = isTurned ? turnImage(builder, output) : output;
}

void buildDepthwise(KernelBuilder &builder, const Convolution &match) {
  Activations activations = builder.prepareActivations(match.input, match.inputZeroPoint);
  const KernelRow &row = chooseDepthwiseRow(builder.target, match.weights.elements);
  int64_t numGroups = int64_t(llvm::divideCeil(match.kernelHeight, row.kr));
  int64_t taps = match.kernelHeight * match.kernelWidth;

  // [C, 1, KH, KW] as columns of channels, reduced over (kernel column, kernel row).
  ::halftone::WeightView view;
  view.data = match.weights.bytes.data();
  view.numColumns = match.outputs;
  view.columnStride = taps;
  view.reduction = {{match.kernelWidth, 1, match.kernelWidth},
                    {match.kernelHeight, match.kernelWidth, numGroups * row.kr}};
  int64_t numBlocks = int64_t(llvm::divideCeil(match.outputs, row.lanes));
  Value rhs = makeRhs(builder, match, view, row,
                      {numBlocks, match.kernelWidth, numGroups, row.lanes, row.kr}, row.lanes,
                      {1, 1, numGroups});
  Value image = padImage(builder, match, activations, match.outputs);
  MLIRContext *context = builder.op->getContext();
  auto packing = PackingAttr::get(context, row.name, row.lanes, row.kr, taps, match.outputs);
  auto window = WindowAttr::get(context, match.kernel(), match.strides, match.dilations);
  auto kernel = builder.makeKernel<DepthwiseOp>(
      image, rhs, makeOutput(builder, match), packing, window,
      makeCorrection(builder, match, row, activations, view, [] { return Value(); }));
  builder.replacement = kernel.getOutput();
}

void buildConvolution(KernelBuilder &builder, Convolution &match) {
  if (match.isDepthwise)
    buildDepthwise(builder, match);
  else
    buildContract(builder, match);
}

} // namespace

LogicalResult mlir::halftone::selectConv(KernelBuilder &builder, ConvOp op) {
  FailureOr<Convolution> match = matchConvolution(builder, op, nullptr, nullptr);
  if (failed(match))
    return failure(); // matchConvolution has said why.
  buildConvolution(builder, *match);
  return success();
}

LogicalResult mlir::halftone::selectConvInteger(KernelBuilder &builder, ConvIntegerOp op) {
  FailureOr<Convolution> match =
      matchConvolution(builder, op, op.getInputZeroPoint(), op.getFilterZeroPoint());
  if (failed(match))
    return failure(); // matchConvolution has said why.
  buildConvolution(builder, *match);
  return success();
}
