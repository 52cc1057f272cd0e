// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape inference of convolutions and pools: sliding windows over the spatial dimensions.
#include "ShapeInference.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// One spatial dimension of a sliding window.
struct WindowDimension {
  Dim size, kernel;
  int64_t stride, dilation, padBegin, padEnd;
};
} // namespace

// Where the channels and the spatial dimensions are in an image of `rank` dimensions.
static int64_t channelAxis(Layout layout, int64_t rank) {
  return layout == Layout::ChannelsFirst ? 1 : rank - 1;
}
static int64_t spatialAxis(Layout layout, int64_t index) {
  return layout == Layout::ChannelsFirst ? index + 2 : index + 1;
}

// The last position of the window's first element: what is left after the window itself.
static AffineExpr windowSlack(const WindowDimension &window) {
  return window.size + window.padBegin + window.padEnd - (window.kernel - 1) * window.dilation - 1;
}

static LogicalResult checkWindow(Operation *op, int64_t numSpatial, ArrayRef<int64_t> strides,
                                 ArrayRef<int64_t> dilations, ArrayRef<int64_t> pads) {
  return success(succeeded(expectAmounts(op, "strides", strides, numSpatial, 1)) &&
                 succeeded(expectAmounts(op, "dilations", dilations, numSpatial, 1)) &&
                 succeeded(expectAmounts(op, "pads", pads, 2 * numSpatial, 0)));
}

static LogicalResult expectSpatialRank(Operation *op, Value input) {
  if (rankOf(input) >= 3 && rankOf(input) <= 5)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `input` to have 3 to 5 dimensions");
  diag.attachNote() << "`input` is " << input.getType();
  return diag;
}

static LogicalResult expectPositive(Operation *op, int64_t axis, Dim size) {
  std::optional<int64_t> constant = ShapeContext::asConstant(size);
  if (!constant || *constant > 0)
    return success();
  InFlightDiagnostic diag = op->emitOpError("has a window larger than its padded input");
  diag.attachNote() << "spatial dimension " << axis << " of the result would be " << *constant;
  return diag;
}

static LogicalResult reportChannels(Operation *op, int64_t group, Value input, Value filter) {
  InFlightDiagnostic diag =
      op->emitOpError("expects the channels of `input` and `filter` to agree with `group`");
  diag.attachNote() << "`group` is " << group;
  diag.attachNote() << "`input` is " << input.getType();
  diag.attachNote() << "`filter` is " << filter.getType();
  return diag;
}

// Whether `size` cannot be a multiple of `divisor`.
static bool isNoMultiple(Dim size, int64_t divisor) {
  std::optional<int64_t> constant = ShapeContext::asConstant(size);
  return constant && *constant % divisor != 0;
}

FailureOr<SmallVector<Dim>> mlir::halftone::inferConvolution(Operation *op, ShapeContext &shapes,
                                                             Value input, Value filter,
                                                             const ConvolutionGeometry &geometry) {
  int64_t rank = rankOf(input);
  if (failed(expectSpatialRank(op, input)) || failed(expectRank(op, "filter", filter, rank)) ||
      failed(expectAmounts(op, "group", geometry.group, 1, 1)) ||
      failed(checkWindow(op, rank - 2, geometry.strides, geometry.dilations, geometry.pads)))
    return failure();
  ArrayRef<Dim> image = shapes.dims(input), kernel = shapes.dims(filter);
  int64_t channels = channelAxis(geometry.layout, rank);
  if (shapes.isDifferent(image[channels], kernel[1] * geometry.group) ||
      isNoMultiple(kernel[0], geometry.group))
    return reportChannels(op, geometry.group, input, filter); // (C2)
  SmallVector<Dim> dims(rank);
  dims[0] = image[0];
  dims[channels] = kernel[0];
  for (int64_t i : llvm::seq(rank - 2)) {
    int64_t axis = spatialAxis(geometry.layout, i);
    WindowDimension window{image[axis],           kernel[i + 2],    geometry.strides[i],
                           geometry.dilations[i], geometry.pads[i], geometry.pads[rank - 2 + i]};
    dims[axis] = shapes.simplify(windowSlack(window).floorDiv(window.stride) + 1);
    if (failed(expectPositive(op, i, dims[axis]))) // (C4)
      return failure();
  }
  return dims;
}

LogicalResult ConvOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Float)) ||
      failed(expectSameElement(*this, "input", getInput(), "filter", getFilter())))
    return failure();
  FailureOr<SmallVector<Dim>> dims =
      inferConvolution(*this, shapes, getInput(), getFilter(),
                       {getStrides(), getDilations(), getPads(), int64_t(getGroup()), getLayout()});
  if (failed(dims))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), *dims);
}

LogicalResult ConvTransposeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Float)) ||
      failed(expectSameElement(*this, "input", getInput(), "filter", getFilter())) ||
      failed(expectSpatialRank(*this, getInput())))
    return failure();
  int64_t rank = rankOf(getInput()), group = getGroup();
  if (failed(expectRank(*this, "filter", getFilter(), rank)) ||
      failed(expectAmounts(*this, "group", group, 1, 1)) ||
      failed(expectAmounts(*this, "output_padding", getOutputPadding(), rank - 2, 0)) ||
      failed(checkWindow(*this, rank - 2, getStrides(), getDilations(), getPads())))
    return failure();
  ArrayRef<Dim> image = shapes.dims(getInput()), kernel = shapes.dims(getFilter());
  if (shapes.isDifferent(image[1], kernel[0]) || isNoMultiple(kernel[0], group))
    return reportChannels(*this, group, getInput(), getFilter());
  SmallVector<Dim> dims{image[0], kernel[1] * group};
  for (int64_t i : llvm::seq(rank - 2)) {
    Dim size = (image[i + 2] - 1) * getStrides()[i] + getOutputPadding()[i] +
               (kernel[i + 2] - 1) * getDilations()[i] + 1 - getPads()[i] - getPads()[rank - 2 + i];
    dims.push_back(shapes.simplify(size));
    if (failed(expectPositive(*this, i, dims.back())))
      return failure();
  }
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims);
}

// With `ceil_mode` a window may start inside the image and end beyond it, but not start beyond it.
static Dim poolDimension(ShapeContext &shapes, const WindowDimension &window, bool ceilMode) {
  AffineExpr slack = shapes.simplify(windowSlack(window));
  if (!ceilMode || window.stride == 1)
    return shapes.simplify(slack.floorDiv(window.stride) + 1);
  Dim size = shapes.simplify(slack.ceilDiv(window.stride) + 1);
  AffineExpr lastStart = (size - 1) * window.stride;
  if (shapes.isNonNegative(lastStart - window.size - window.padBegin))
    return shapes.simplify(size - 1);
  bool isInside = shapes.isNonNegative(window.size + window.padBegin - lastStart - 1);
  return isInside ? size : shapes.freshSymbol();
}

// The two pools differ in what they compute only.
template <typename PoolOp>
static LogicalResult inferPool(PoolOp op, ShapeContext &shapes, ElementDomain domain) {
  Value input = op.getInput();
  if (failed(expectRankedOperands(op)) || failed(expectDomain(op, "input", input, domain)) ||
      failed(expectSpatialRank(op, input)))
    return failure();
  int64_t numSpatial = rankOf(input) - 2;
  if (failed(expectAmounts(op, "kernel", op.getKernel(), numSpatial, 1)) ||
      failed(checkWindow(op, numSpatial, op.getStrides(), op.getDilations(), op.getPads())))
    return failure();
  SmallVector<Dim> dims = llvm::to_vector(shapes.dims(input));
  for (int64_t i : llvm::seq(numSpatial)) {
    Dim &dim = dims[spatialAxis(op.getLayout(), i)];
    WindowDimension window{dim,
                           shapes.constant(op.getKernel()[i]),
                           op.getStrides()[i],
                           op.getDilations()[i],
                           op.getPads()[i],
                           op.getPads()[numSpatial + i]};
    dim = poolDimension(shapes, window, op.getCeilMode());
    if (failed(expectPositive(op, i, dim)))
      return failure();
  }
  return shapes.setResult(op->getResult(0), elementOf(input), dims);
}

LogicalResult MaxPoolOp::inferShapes(ShapeContext &shapes) {
  return inferPool(*this, shapes, ElementDomain::Number);
}
LogicalResult AveragePoolOp::inferShapes(ShapeContext &shapes) {
  return inferPool(*this, shapes, ElementDomain::Float);
}
