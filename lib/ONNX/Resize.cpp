// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resize and its predecessor Upsample.
#include "Builders.h"

#include "halftone/Dialect/ConstantData.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// What to resize to: exactly one of both, 1-D, one element per dimension.
struct Target {
  Value sizes, scales;
};
} // namespace

/// The elements of a 1-D f32 tensor, when known.
static std::optional<std::vector<float>> readScales(Value scales) {
  ElementsAttr elements = getConstant(scales);
  return elements && elements.getElementType().isF32() ? readFloats(elements) : std::nullopt;
}

/// floor(dimension * scale), with the constants of known dimensions and whole scales put in.
static Value buildSizes(NodeImporter &node, Value input, Value scales) {
  std::optional<std::vector<float>> factors = readScales(scales);
  RankedTensorType type = NodeImporter::getType(input);
  if (!factors || int64_t(factors->size()) != type.getRank()) {
    Type floatType = node.getBuilder().getF32Type();
    Value exact = node.create<MulOp>(node.castTo(node.createShape(input), floatType), scales);
    return node.castToI64(node.create<FloorOp>(exact));
  }
  SmallVector<Value> sizes;
  for (auto [i, factor] : llvm::enumerate(*factors)) {
    if (!(factor > 0) || !std::isfinite(factor)) {
      node.emitError() << "scale " << factor << " of dimension " << i << " is not positive";
      return nullptr;
    }
    Value dim = node.createDims(input, i, i + 1);
    if (!type.isDynamicDim(i))
      sizes.push_back(node.createInts(int64_t(std::floor(float(type.getDimSize(i)) * factor))));
    else if (factor == std::floor(factor))
      sizes.push_back(node.create<MulOp>(dim, node.createInts(int64_t(factor))));
    else {
      Value exact = node.create<MulOp>(node.castTo(dim, node.getBuilder().getF32Type()),
                                       node.createFloats(factor));
      sizes.push_back(node.castToI64(node.create<FloorOp>(exact)));
    }
  }
  return node.create<ConcatOp>(sizes, /*axis=*/0);
}

/// sizes / dimensions.
static Value buildScales(NodeImporter &node, Value input, Value sizes) {
  std::optional<SmallVector<int64_t>> constants = node.getShapes().constantValues(sizes);
  RankedTensorType type = NodeImporter::getType(input);
  bool known = constants && type.hasStaticShape() && int64_t(constants->size()) == type.getRank();
  if (known && !llvm::is_contained(type.getShape(), 0)) {
    SmallVector<float> scales;
    for (auto [size, dim] : llvm::zip_equal(*constants, type.getShape()))
      scales.push_back(float(size) / float(dim));
    return node.createFloats(scales);
  }
  Type floatType = node.getBuilder().getF32Type();
  return node.create<DivOp>(node.castTo(sizes, floatType),
                            node.castTo(node.createShape(input), floatType));
}

static LogicalResult buildResize(NodeImporter &node, Target target, StringRef mode,
                                 StringRef coordinates, StringRef nearestMode) {
  Value input = node.getOperand(0);
  if (!node.hasFailed() && mode != "nearest" && mode != "linear")
    return node.emitError() << "attribute 'mode' is '" << mode
                            << "'; only 'nearest' and 'linear' are supported";
  if (node.hasFailed())
    return failure();
  // Scales given by the model are kept: they position the samples exactly.
  if (!target.sizes)
    target.sizes = buildSizes(node, input, target.scales);
  else
    target.scales = buildScales(node, input, target.sizes);
  return node.setResults(
      {node.create<ResizeOp>(input, target.sizes, target.scales, mode, coordinates, nearestMode)});
}

// Until opset 10 the sample of output x is at x / scale, rounded down. `linear` may be called
// bilinear there.
static LogicalResult importWithScales(NodeImporter &node, Value scales) {
  StringRef mode = node.getString("mode", "nearest");
  return buildResize(node, {nullptr, scales}, mode == "bilinear" ? "linear" : mode, "asymmetric",
                     "floor");
}

static LogicalResult importUpsampleByAttr(NodeImporter &node) {
  std::optional<SmallVector<float>> scales = node.getFloats("scales");
  if (!scales && !node.hasFailed())
    return node.emitError() << "attribute 'scales' is required";
  return scales ? importWithScales(node, node.createFloats(*scales)) : failure();
}

static LogicalResult importUpsample(NodeImporter &node) {
  return importWithScales(node, node.getOperand(1));
}

/// Sizes or scales over `axes`, with the other dimensions as they are.
static Value spreadOverAxes(NodeImporter &node, Value input, Value values, ArrayRef<int64_t> axes,
                            bool areSizes) {
  int64_t rank = NodeImporter::getRank(input);
  RankedTensorType type = NodeImporter::getType(values);
  if (type.getRank() != 1 || type.getDimSize(0) != int64_t(axes.size())) {
    node.emitError() << "expects one size or scale for each of " << axes.size() << " axes, but has "
                     << type;
    return nullptr;
  }
  SmallVector<Value> pieces(rank);
  for (auto [i, axis] : llvm::enumerate(axes))
    pieces[node.normalizeAxis(axis, rank)] =
        node.create<GatherOp>(values, node.createInts(int64_t(i)), /*axis=*/0);
  for (int64_t i = 0; i < rank; ++i)
    if (!pieces[i])
      pieces[i] = areSizes ? node.createDims(input, i, i + 1) : node.createFloats(1.0f);
  return node.create<ConcatOp>(pieces, /*axis=*/0);
}

/// An operand that some exporters give as an empty tensor instead of leaving it out.
static Value getNonEmptyOperand(NodeImporter &node, unsigned index) {
  Value operand = node.getOperand(index);
  bool isEmpty = operand && NodeImporter::getType(operand).hasStaticShape() &&
                 NodeImporter::getType(operand).getNumElements() == 0;
  return isEmpty ? Value() : operand;
}

static LogicalResult importResize(NodeImporter &node) {
  Value input = node.getOperand(0);
  node.getOperand(1); // The region of interest; only tf_crop_and_resize looks at it.
  Target target{getNonEmptyOperand(node, 3), getNonEmptyOperand(node, 2)};
  StringRef coordinates = node.getString("coordinate_transformation_mode", "half_pixel");
  StringRef nearestMode = node.getString("nearest_mode", "round_prefer_floor");
  StringRef mode = node.getString("mode", "nearest");
  node.ignoreAttr("cubic_coeff_a");
  node.ignoreAttr("extrapolation_value");
  node.ignoreAttr("exclude_outside");
  node.expectInt("antialias", 0, 0);
  node.expectString("keep_aspect_ratio_policy", "stretch");
  if (coordinates == "tf_crop_and_resize" || coordinates == "tf_half_pixel_for_nn")
    return node.emitError() << "coordinate_transformation_mode '" << coordinates
                            << "' is not supported";
  if (!node.hasFailed() && bool(target.sizes) == bool(target.scales))
    return node.emitError() << "expects either 'scales' or 'sizes'";
  std::optional<SmallVector<int64_t>> axes = node.getInts("axes");
  if (node.hasFailed())
    return failure();
  if (axes) {
    Value &given = target.sizes ? target.sizes : target.scales;
    given = spreadOverAxes(node, input, given, *axes, bool(target.sizes));
  }
  return buildResize(node, target, mode, coordinates, nearestMode);
}

void halftone::addResizeOps(OpTable &table) {
  table.add({
      {"Resize", 2, importUpsample, {10, 10}},
      {"Resize", {1, 4}, importResize, fromOpset(11)},
      {"Upsample", 1, importUpsampleByAttr, untilOpset(8)},
      {"Upsample", 2, importUpsample, {9, 9}},
  });
}
