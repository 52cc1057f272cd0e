// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that read images at computed positions.
#include "ElementCount.h"
#include "Sampler.h"
#include "Windows.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

static Type f32(NodeImporter &node) { return node.getBuilder().getF32Type(); }

//===--- GridSample, AffineGrid ---===//

static std::optional<Sampler> readSampler(NodeImporter &node) {
  StringRef mode = node.getString("mode", "linear");
  StringRef padding = node.getString("padding_mode", "zeros");
  auto interpolation = llvm::StringSwitch<std::optional<Interpolation>>(mode)
                           .Cases({"linear", "bilinear"}, Interpolation::Linear)
                           .Cases({"cubic", "bicubic"}, Interpolation::Cubic)
                           .Case("nearest", Interpolation::Nearest)
                           .Default(std::nullopt);
  auto outside = llvm::StringSwitch<std::optional<Outside>>(padding)
                     .Case("zeros", Outside::Zeros)
                     .Case("border", Outside::Border)
                     .Case("reflection", Outside::Reflection)
                     .Default(std::nullopt);
  bool alignCorners = node.getFlag("align_corners", false);
  if (!node.hasFailed() && (!interpolation || !outside))
    node.emitError() << "mode '" << mode << "' with padding '" << padding << "' is not known";
  if (node.hasFailed())
    return std::nullopt;
  return Sampler{*interpolation, *outside, alignCorners};
}

/// Normalized coordinates, -1 to 1, in pixels.
static Value denormalize(NodeImporter &node, Value coordinate, Value size, bool alignCorners) {
  Value length = node.castTo(size, f32(node));
  Value ahead = buildShift(node, coordinate, 1);
  if (alignCorners)
    return node.create<MulOp>(buildScale(node, ahead, 0.5), buildShift(node, length, -1));
  return buildScale(node, buildShift(node, node.create<MulOp>(ahead, length), -1), 0.5);
}

static LogicalResult importGridSample(NodeImporter &node) {
  Value image = node.getOperand(0), grid = node.getOperand(1);
  std::optional<Sampler> sampler = readSampler(node);
  int64_t rank = NodeImporter::getRank(image), spatial = rank - 2;
  if (!node.hasFailed() && (rank < 3 || NodeImporter::getRank(grid) != rank))
    return node.emitError() << "expects [N, C, spatial…] and a grid of the same rank, but they are "
                            << image.getType() << " and " << grid.getType();
  if (!sampler)
    return failure();
  SmallVector<Value> positions;
  Value flat = buildReshape(node, node.castTo(grid, f32(node)), {0, -1, spatial});
  for (int64_t i = 0; i < spatial; ++i) {
    // The last dimension of the grid counts from the innermost spatial dimension.
    Value axis = node.createScalar(node.getBuilder().getI64Type(), double(spatial - 1 - i));
    Value coordinate = node.create<GatherOp>(flat, axis, /*axis=*/int64_t(2));
    positions.push_back(
        denormalize(node, coordinate, buildSize(node, image, i + 2), sampler->alignCorners));
  }
  Value samples = buildSamples(node, image, positions, *sampler);
  Value shape =
      buildConcat(node, {node.createDims(image, 0, 2), node.createDims(grid, 1, rank - 1)}, 0);
  return node.setResults({node.create<ReshapeOp>(samples, shape)});
}

/// Normalized coordinates of the centers (or corners) of `count` pixels.
static SmallVector<float> makeCoordinates(int64_t count, bool alignCorners) {
  SmallVector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(alignCorners ? (count == 1 ? -1.0f : float(2.0 * i / (count - 1) - 1))
                                  : float((2.0 * i + 1) / count - 1));
  return values;
}

// theta * [x, y, (z,) 1] for every pixel.
static LogicalResult importAffineGrid(NodeImporter &node) {
  Value theta = node.getOperand(0);
  std::optional<SmallVector<int64_t>> size = node.getConstantOperand(1, "size");
  bool alignCorners = node.getFlag("align_corners", false);
  if (!size)
    return failure();
  int64_t spatial = int64_t(size->size()) - 2;
  if (spatial != 2 && spatial != 3)
    return node.emitError() << "expects a size of 4 or 5 dimensions";
  ArrayRef<int64_t> dims = ArrayRef<int64_t>(*size).drop_front(2);
  if (countElements(dims) > kMaxConstantElements)
    return node.emitError() << "a grid of this size is not supported";
  SmallVector<Value> rows;
  Value shape = node.createInts(dims);
  for (int64_t i = spatial - 1; i >= 0; --i) {
    SmallVector<int64_t> aligned(spatial, 1);
    aligned[i] = dims[i];
    Value coordinates = buildFloatTensor(node, aligned, makeCoordinates(dims[i], alignCorners));
    rows.push_back(buildReshape(node, node.create<ExpandOp>(coordinates, shape), {1, -1}));
  }
  rows.push_back(buildFilled(node, node.createShape(rows.front()), f32(node), 1));
  Value points = node.castTo(buildConcat(node, rows, 0), NodeImporter::getElementType(theta));
  Value moved = buildMatrixTranspose(node, node.create<MatMulOp>(theta, points));
  SmallVector<int64_t> result = {0};
  result.append(dims.begin(), dims.end());
  result.push_back(spatial);
  return node.setResults({buildReshape(node, moved, result)});
}

//===--- RoiAlign ---===//

namespace {
/// The samples of RoiAlign along one dimension.
struct RoiAxis {
  int64_t outputs, samples;
  Value start, length, size; // [R, 1] f32; the size 0-D i64
};
} // namespace

/// Positions [R, outputs * samples]; what is further outside than one pixel gets -2, elsewhere they
/// are moved inside.
static Value buildRoiPositions(NodeImporter &node, const RoiAxis &axis) {
  SmallVector<float> steps;
  for (int64_t i = 0; i < axis.outputs * axis.samples; ++i)
    steps.push_back((float(i) + 0.5f) / float(axis.outputs * axis.samples));
  Value offsets = node.createFloats(steps);
  Value position = node.create<AddOp>(axis.start, node.create<MulOp>(axis.length, offsets));
  Value limit = node.castTo(axis.size, f32(node));
  Value zero = node.createScalar(f32(node), 0);
  Value inside =
      node.create<MinOp>(node.create<MaxOp>(position, zero), buildShift(node, limit, -1));
  Value isOut = node.create<OrOp>(node.create<LessOp>(position, node.createScalar(f32(node), -1)),
                                  node.create<GreaterOp>(position, limit));
  return node.create<WhereOp>(isOut, node.createScalar(f32(node), -2), inside);
}

static RoiAxis makeRoiAxis(NodeImporter &node, Value rois, int64_t low, double scale, bool isHalf) {
  Value start = buildShift(node, buildScale(node, buildSlice(node, rois, 1, low, low + 1), scale),
                           isHalf ? -0.5 : 0);
  Value end = buildShift(node, buildScale(node, buildSlice(node, rois, 1, low + 2, low + 3), scale),
                         isHalf ? -0.5 : 0);
  Value length = node.create<SubOp>(end, start);
  // Without the half pixel, regions are at least one pixel large.
  if (!isHalf)
    length = node.create<MaxOp>(length, node.createScalar(f32(node), 1));
  return {1, 1, start, length, nullptr};
}

/// [R, a] and [R, b] as pairs: the first or second of each in [R, a * b].
static Value spreadPairs(NodeImporter &node, Value value, int64_t others, bool isFirst) {
  int64_t count = node.requireStaticDim(value, 1);
  Value expanded = node.create<ExpandOp>(buildUnsqueeze(node, value, isFirst ? 2 : 1),
                                         isFirst ? node.createInts({1, count, others})
                                                 : node.createInts({1, others, count}));
  return buildReshape(node, expanded, {0, -1});
}

static LogicalResult importRoiAlign(NodeImporter &node) {
  Value image = node.getOperand(0), rois = node.getOperand(1), batches = node.getOperand(2);
  int64_t height = node.getInt("output_height", 1), width = node.getInt("output_width", 1);
  int64_t samples = node.getInt("sampling_ratio", 0);
  float scale = node.getFloat("spatial_scale", 1.0f);
  StringRef mode = node.getString("mode", "avg");
  StringRef fallback = node.getOpset() < 16 ? "output_half_pixel" : "half_pixel";
  bool isHalf = node.getString("coordinate_transformation_mode", fallback) == "half_pixel";
  if (!node.hasFailed() && mode != "avg" && mode != "max")
    return node.emitError() << "attribute 'mode' is '" << mode << "', expected avg or max";
  if (!node.hasFailed() && samples <= 0)
    return node.emitError() << "attribute 'sampling_ratio' is " << samples
                            << "; only positive numbers are supported: 0 makes the number of "
                               "samples depend on each region";
  if (!node.hasFailed() &&
      (height <= 0 || width <= 0 || countElements({height, width, samples, samples}) > (1 << 20) ||
       NodeImporter::getRank(image) != 4 || NodeImporter::getRank(rois) != 2))
    return node.emitError() << "expects [N, C, H, W], [regions, 4] and a positive output size";
  if (node.hasFailed())
    return failure();
  rois = node.castTo(rois, f32(node));
  RoiAxis x = makeRoiAxis(node, rois, 0, scale, isHalf),
          y = makeRoiAxis(node, rois, 1, scale, isHalf);
  x.outputs = width, y.outputs = height, x.samples = y.samples = samples;
  x.size = buildSize(node, image, 3), y.size = buildSize(node, image, 2);
  Value ys = spreadPairs(node, buildRoiPositions(node, y), width * samples, /*isFirst=*/true);
  Value xs = spreadPairs(node, buildRoiPositions(node, x), height * samples, /*isFirst=*/false);
  Value perRoi = node.create<GatherOp>(image, batches, /*axis=*/int64_t(0));
  Sampler sampler;
  sampler.takesMax = mode == "max";
  Value values = buildSamples(node, perRoi, {ys, xs}, sampler);
  Value grid = buildReshape(node, values, {0, 0, height, samples, width, samples});
  ReduceKind kind = sampler.takesMax ? ReduceKind::Max : ReduceKind::Mean;
  return node.setResults({buildReduce(node, grid, kind, {3, 5}, /*keepdims=*/false)});
}

//===--- DeformConv ---===//

namespace {
struct DeformGeometry {
  SmallVector<int64_t> output; // [H, W]
  int64_t kernelSize;
};
} // namespace

/// Where each element of the filter reads along dimension `dim`, without the offsets: [k, H * W].
static Value makeFilterPlaces(NodeImporter &node, const Window &window,
                              const DeformGeometry &geometry, int64_t dim) {
  SmallVector<float> places;
  for (int64_t k = 0; k < geometry.kernelSize; ++k) {
    int64_t tap = dim == 0 ? k / window.kernel[1] : k % window.kernel[1];
    for (int64_t y = 0; y < geometry.output[0]; ++y)
      for (int64_t x = 0; x < geometry.output[1]; ++x)
        places.push_back(float((dim == 0 ? y : x) * window.strides[dim] - window.pads[dim] +
                               tap * window.dilations[dim]));
  }
  return buildFloatTensor(node, {geometry.kernelSize, geometry.output[0] * geometry.output[1]},
                          places);
}

/// A matrix product over the samples at the moved positions of every filter element.
static LogicalResult importDeformConv(NodeImporter &node) {
  Value image = node.getOperand(0), filter = node.getOperand(1), offset = node.getOperand(2);
  Value bias = node.getOperand(3), mask = node.getOperand(4);
  if (NodeImporter::getRank(image) != 4 || NodeImporter::getRank(filter) != 4 ||
      NodeImporter::getRank(offset) != 4)
    return node.emitError() << "is only supported with two spatial dimensions";
  std::optional<Window> window =
      readWindow(node, image, NodeImporter::getType(filter).getShape().drop_front(2));
  int64_t group = node.getInt("group", 1), offsetGroups = node.getInt("offset_group", 1);
  DeformGeometry geometry;
  for (int64_t dim : {2, 3}) {
    node.requireStaticDim(filter, dim);
    geometry.output.push_back(node.requireStaticDim(offset, dim));
  }
  int64_t channels = node.requireStaticDim(image, 1), outputs = node.requireStaticDim(filter, 0);
  if (!window || node.hasFailed())
    return failure();
  if (group <= 0 || offsetGroups <= 0 || channels % offsetGroups != 0 || channels % group != 0)
    return node.emitError() << "the channels are not a multiple of 'group' and 'offset_group'";
  if (countElements({window->kernel[0], window->kernel[1], geometry.output[0],
                     geometry.output[1]}) > kMaxConstantElements)
    return node.emitError() << "a filter or an output this large is not supported";
  geometry.kernelSize = window->kernel[0] * window->kernel[1];
  int64_t pixels = geometry.output[0] * geometry.output[1];
  // The groups of offsets become batches: [N * G, C / G, H, W].
  int64_t perGroup = channels / offsetGroups;
  Value grouped = node.create<ReshapeOp>(
      image, buildConcat(node, {node.createInts({-1, perGroup}), node.createDims(image, 2, 4)}, 0));
  Value offsets =
      buildReshape(node, node.castTo(offset, f32(node)), {-1, geometry.kernelSize, 2, pixels});
  SmallVector<Value> positions;
  for (int64_t dim = 0; dim < 2; ++dim) {
    Value index = node.createScalar(node.getBuilder().getI64Type(), double(dim));
    Value moved = node.create<AddOp>(node.create<GatherOp>(offsets, index, /*axis=*/int64_t(2)),
                                     makeFilterPlaces(node, *window, geometry, dim));
    positions.push_back(buildReshape(node, moved, {0, -1}));
  }
  Value samples = buildReshape(node, buildSamples(node, grouped, positions, {}),
                               {0, 0, geometry.kernelSize, pixels});
  if (mask)
    samples =
        node.create<MulOp>(samples, buildReshape(node, mask, {-1, 1, geometry.kernelSize, pixels}));
  // [N, group, C / group * k, H * W] times [group, O / group, C / group * k].
  Value columns =
      buildReshape(node, samples, {-1, group, channels / group * geometry.kernelSize, pixels});
  Value rows = buildReshape(node, filter, {group, outputs / group, -1});
  Value product = node.create<MatMulOp>(rows, columns);
  Value result = buildReshape(node, product, {-1, outputs, geometry.output[0], geometry.output[1]});
  if (bias)
    result = node.create<AddOp>(result, node.appendUnitDims(bias, 2));
  return node.setResults({result});
}

void halftone::addSamplingOps(OpTable &table) {
  table.add({
      {"AffineGrid", 2, importAffineGrid, fromOpset(20), kOnnxDomain,
       limitedTo("a constant `size`")},
      {"DeformConv",
       {3, 5},
       importDeformConv,
       fromOpset(19),
       kOnnxDomain,
       limitedTo("two spatial dimensions; a static size of the output")},
      {"GridSample", 2, importGridSample, fromOpset(16)},
      {"RoiAlign", 3, importRoiAlign, fromOpset(10), kOnnxDomain,
       limitedTo("a positive `sampling_ratio`")},
  });
}
