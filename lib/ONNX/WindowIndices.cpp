// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that place the elements of sliding windows: where a maximum was, where it goes back to.
#include "Compose.h"
#include "ElementCount.h"
#include "Windows.h"

#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

// Far beyond any model, and small enough that products of it and a size stay in 64 bits.
static constexpr int64_t kMaxStep = int64_t(1) << 30;

/// `position` in row-major order as one index per dimension.
static SmallVector<int64_t> unravel(int64_t position, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> index(shape.size());
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    index[dim] = position % shape[dim];
    position /= shape[dim];
  }
  return index;
}

//===--- MaxPool ---===//

/// The elements of all windows, those of each filter position together: [k, N, C, outputs…].
static Value buildWindows(NodeImporter &node, Value input, const Window &window,
                          ArrayRef<int64_t> outputs) {
  int64_t spatial = window.kernel.size(), rank = spatial + 2;
  SmallVector<int64_t> pads(2 * rank, 0), axes, ones(spatial, 1);
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t needed =
        (outputs[i] - 1) * window.strides[i] + (window.kernel[i] - 1) * window.dilations[i] + 1;
    int64_t size = node.requireStaticDim(input, i + 2);
    pads[i + 2] = window.pads[i];
    pads[rank + i + 2] = std::max<int64_t>(0, needed - size - window.pads[i]);
    axes.push_back(i + 2);
  }
  Type type = NodeImporter::getElementType(input);
  double lowest = llvm::isa<FloatType>(type) ? -std::numeric_limits<double>::infinity()
                  : type.isUnsignedInteger() ? 0
                                             : -std::ldexp(1.0, type.getIntOrFloatBitWidth() - 1);
  Value padded = node.create<PadOp>(input, node.createInts(pads), node.createScalar(type, lowest),
                                    PadMode::Constant);
  SmallVector<Value> taps;
  for (int64_t k = 0; k < countElements(window.kernel); ++k) {
    SmallVector<int64_t> starts = unravel(k, window.kernel), ends;
    for (int64_t i = 0; i < spatial; ++i) {
      starts[i] *= window.dilations[i];
      ends.push_back(starts[i] + (outputs[i] - 1) * window.strides[i] + 1);
    }
    Value tap = node.create<SliceOp>(padded, node.createInts(starts), node.createInts(ends),
                                     node.createInts(window.strides), axes);
    taps.push_back(buildUnsqueeze(node, tap, 0));
  }
  return buildConcat(node, taps, 0);
}

Value halftone::buildMaxIndices(NodeImporter &node, Value input, Value pooled, const Window &window,
                                bool columnMajor) {
  int64_t spatial = window.kernel.size();
  SmallVector<int64_t> sizes, outputs;
  for (int64_t i = 0; i < spatial; ++i) {
    sizes.push_back(node.requireStaticDim(input, i + 2));
    outputs.push_back(node.requireStaticDim(pooled, i + 2));
  }
  int64_t taps = countElements(window.kernel), pixels = countElements(outputs);
  if (!node.hasFailed() && (taps > 4096 || taps * pixels > kMaxConstantElements ||
                            countElements(sizes) > kMaxConstantElements))
    node.emitError() << "indices of windows this large are not supported";
  if (node.hasFailed())
    return nullptr;
  // The place of each filter position of each window in the plane of its channel.
  SmallVector<int64_t> strides(spatial, 1), places;
  for (int64_t i = 1; i < spatial; ++i)
    if (columnMajor)
      strides[i] = strides[i - 1] * sizes[i - 1];
    else
      strides[spatial - 1 - i] = strides[spatial - i] * sizes[spatial - i];
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    for (int64_t k = 0; k < taps; ++k) {
      SmallVector<int64_t> out = unravel(pixel, outputs), tap = unravel(k, window.kernel);
      int64_t place = 0;
      for (int64_t i = 0; i < spatial; ++i)
        place += strides[i] *
                 (out[i] * window.strides[i] - window.pads[i] + tap[i] * window.dilations[i]);
      places.push_back(place);
    }
  Value windows = buildWindows(node, input, window, outputs);
  Value winner = node.create<ArgReduceOp>(windows, /*axis=*/int64_t(0), /*keepdims=*/false,
                                          /*minimum=*/false);
  Value flat = buildReshape(node, winner, {0, 0, -1});
  SmallVector<int64_t> firsts;
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    firsts.push_back(pixel * taps);
  Value entry = node.create<AddOp>(flat, node.createInts(firsts));
  Value place = node.create<GatherOp>(node.createInts(places), entry, /*axis=*/int64_t(0));
  Value channels = buildSize(node, input, 1);
  Value batch = buildUnsqueeze(node, buildIota(node, buildSize(node, input, 0)), {1, 2});
  Value channel = buildUnsqueeze(node, buildIota(node, channels), 1);
  Value plane = node.create<AddOp>(node.create<MulOp>(batch, channels), channel);
  Value total = node.create<AddOp>(place, buildScale(node, plane, double(countElements(sizes))));
  return node.create<ReshapeOp>(total, node.createShape(pooled));
}

/// Every value where its index says, zeros elsewhere. The indices count in the smallest output that
/// the pool could come from; a larger one has zeros around it.
static LogicalResult importMaxUnpool(NodeImporter &node) {
  Value input = node.getOperand(0), indices = node.getOperand(1);
  std::optional<Window> window = readWindow(node, input, {});
  std::optional<SmallVector<int64_t>> wanted = node.getConstantOperand(2, "output_shape");
  if (!window || node.hasFailed())
    return failure();
  int64_t rank = NodeImporter::getRank(input);
  SmallVector<int64_t> shape;
  for (int64_t i = 0; i < rank; ++i)
    shape.push_back(node.requireStaticDim(input, i));
  if (node.hasFailed())
    return failure();
  bool isTooLarge = countElements(shape) > kMaxConstantElements ||
                    (wanted && countElements(*wanted) > kMaxConstantElements);
  for (int64_t i = 2; i < rank && !isTooLarge; ++i)
    shape[i] = (shape[i] - 1) * window->strides[i - 2] + window->kernel[i - 2] -
               window->pads[i - 2] - window->pads[rank + i - 4];
  if (isTooLarge || llvm::any_of(shape, [](int64_t dim) { return dim <= 0; }) ||
      countElements(shape) > kMaxConstantElements)
    return node.emitError() << "the size of its output is not supported";
  Type type = NodeImporter::getElementType(input);
  Value zeros = buildFilled(node, node.createInts(countElements(shape)), type, 0);
  Value placed =
      node.create<ScatterElementsOp>(zeros, buildFlat(node, indices), buildFlat(node, input),
                                     /*axis=*/int64_t(0), ScatterReduction::None);
  Value result = buildReshape(node, placed, shape);
  if (wanted && int64_t(wanted->size()) == rank && *wanted != shape) {
    SmallVector<int64_t> pads(2 * rank, 0);
    for (int64_t i = 0; i < rank; ++i)
      pads[rank + i] = (*wanted)[i] - shape[i];
    result = node.create<PadOp>(result, node.createInts(pads), node.createScalar(type, 0),
                                PadMode::Constant);
  }
  return node.setResults({result});
}

//===--- Col2Im ---===//

/// Adds up the elements of windows where they overlap. What lies in the padding goes to one place
/// behind the image, which is cut off.
static LogicalResult importCol2Im(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> image = node.getConstantOperand(1, "image_shape");
  std::optional<SmallVector<int64_t>> block = node.getConstantOperand(2, "block_shape");
  if (!image || !block)
    return failure();
  size_t spatial = image->size();
  SmallVector<int64_t> ones(spatial, 1), zeros(2 * spatial, 0);
  SmallVector<int64_t> strides = node.getInts("strides").value_or(ones);
  SmallVector<int64_t> dilations = node.getInts("dilations").value_or(ones);
  SmallVector<int64_t> pads = node.getInts("pads").value_or(zeros);
  auto isPositive = [](int64_t value) { return value > 0 && value <= kMaxStep; };
  auto isPadding = [](int64_t value) { return value >= -kMaxStep && value <= kMaxStep; };
  bool fits = block->size() == spatial && strides.size() == spatial &&
              dilations.size() == spatial && pads.size() == 2 * spatial && spatial > 0 &&
              NodeImporter::getRank(input) == 3;
  for (ArrayRef<int64_t> values : {*image, *block, strides, dilations})
    fits &= llvm::all_of(values, isPositive);
  fits &= llvm::all_of(pads, isPadding);
  if (!fits)
    return node.emitError() << "expects [N, C * block, L] and one positive size, stride and "
                               "dilation for each spatial dimension";
  SmallVector<int64_t> counts;
  for (size_t i = 0; i < spatial; ++i)
    counts.push_back(std::max<int64_t>(
        0, ((*image)[i] + pads[i] + pads[spatial + i] - dilations[i] * ((*block)[i] - 1) - 1) /
                   strides[i] +
               1));
  int64_t taps = countElements(*block), windows = countElements(counts),
          pixels = countElements(*image);
  if (taps > kMaxConstantElements || windows > kMaxConstantElements ||
      taps * windows > kMaxConstantElements || pixels > kMaxConstantElements)
    return node.emitError() << "images this large are not supported";
  SmallVector<int64_t> places;
  for (int64_t k = 0; k < taps; ++k)
    for (int64_t at = 0; at < windows; ++at) {
      SmallVector<int64_t> tap = unravel(k, *block), start = unravel(at, counts);
      int64_t place = 0;
      for (size_t i = 0; i < spatial; ++i) {
        int64_t position = start[i] * strides[i] - pads[i] + tap[i] * dilations[i];
        bool isInside = position >= 0 && position < (*image)[i] && place >= 0;
        place = isInside ? place * (*image)[i] + position : -1;
      }
      places.push_back(place < 0 ? pixels : place);
    }
  Value updates = buildReshape(node, input, {0, -1, taps * windows});
  Value index = node.create<ExpandOp>(node.createInts(places), node.createShape(updates));
  Value room = buildFilled(
      node, buildConcat(node, {node.createDims(updates, 0, 2), node.createInts(pixels + 1)}, 0),
      NodeImporter::getElementType(input), 0);
  Value sums = node.create<ScatterElementsOp>(room, index, updates, /*axis=*/int64_t(2),
                                              ScatterReduction::Add);
  SmallVector<int64_t> shape = {0, 0};
  llvm::append_range(shape, *image);
  return node.setResults({buildReshape(node, buildSlice(node, sums, 2, 0, pixels), shape)});
}

//===--- LpPool ---===//

/// The padding at the end that makes the last, incomplete window of ceil mode complete.
static void completeWindows(NodeImporter &node, Value input, Window &window) {
  size_t spatial = window.kernel.size();
  for (size_t i = 0; i < spatial; ++i) {
    int64_t size = node.requireStaticDim(input, i + 2);
    int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    int64_t padded = size + window.pads[i] + window.pads[spatial + i];
    int64_t outputs =
        llvm::divideCeil(std::max<int64_t>(0, padded - extent), window.strides[i]) + 1;
    if ((outputs - 1) * window.strides[i] >= size + window.pads[i])
      --outputs;
    int64_t needed = (outputs - 1) * window.strides[i] + extent;
    window.pads[spatial + i] += std::max<int64_t>(0, needed - padded);
  }
}

// (sum of |x|^p)^(1 / p); the sum is a mean that counts the padding, times the window's area.
static LogicalResult importLpPool(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<Window> window = readWindow(node, input, {});
  int64_t order = node.getInt("p", 2);
  bool ceilMode = node.getFlag("ceil_mode", false);
  if (!window)
    return failure();
  if (order <= 0)
    return node.emitError() << "attribute 'p' is " << order << ", expected a positive number";
  if (countElements(window->kernel) > kMaxConstantElements)
    return node.emitError() << "windows this large are not supported";
  resolveAutoPad(node, input, *window);
  if (ceilMode)
    completeWindows(node, input, *window);
  Value powers =
      node.create<PowOp>(node.create<AbsOp>(input), node.createScalarLike(input, double(order)));
  Value mean = node.create<AveragePoolOp>(powers, window->kernel, window->strides,
                                          window->dilations, window->pads, /*ceil_mode=*/false,
                                          /*count_include_pad=*/true);
  Value sum = buildScale(node, mean, double(countElements(window->kernel)));
  return node.setResults(
      {node.create<PowOp>(sum, node.createScalarLike(sum, 1.0 / double(order)))});
}

void halftone::addWindowIndexOps(OpTable &table) {
  table.add({
      {"Col2Im", 3, importCol2Im, fromOpset(18), kOnnxDomain,
       limitedTo("constant `image_shape` and `block_shape`")},
      {"LpPool", 1, importLpPool},
      {"MaxUnpool",
       {2, 3},
       importMaxUnpool,
       fromOpset(9),
       kOnnxDomain,
       limitedTo("static sizes, or a constant `output_shape`")},
  });
}
