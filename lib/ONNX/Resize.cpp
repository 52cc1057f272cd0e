// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resize and its predecessor Upsample.
#include "Builders.h"
#include "ResizeMatrix.h"

#include "halftone/Dialect/ConstantData.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

// Of one dimension; also far beyond what fits in memory.
static constexpr int64_t kLargestSize = int64_t(1) << 40;

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
    // Before anything is rounded to an integer that cannot hold it.
    if (double(factor) * std::max<int64_t>(type.getDimSize(i), 1) > double(kLargestSize)) {
      node.emitError() << "scale " << factor << " of dimension " << i << " makes it larger than "
                       << kLargestSize;
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

/// The region of interest: [starts…, ends…] of all dimensions, or of `axes`.
static std::optional<SmallVector<float>> readRegion(NodeImporter &node, ArrayRef<int64_t> axes,
                                                    int64_t rank) {
  std::optional<SmallVector<float>> given = node.getConstantFloatOperand(1, "roi");
  SmallVector<float> region(2 * rank, 0.0f);
  std::fill(region.begin() + rank, region.end(), 1.0f);
  if (!given || given->size() != 2 * axes.size()) {
    if (!node.hasFailed())
      node.emitError() << "expects a region of interest with two numbers for each axis";
    return std::nullopt;
  }
  for (auto [i, axis] : llvm::enumerate(axes)) {
    region[axis] = (*given)[i];
    region[rank + axis] = (*given)[axes.size() + i];
  }
  return region;
}

/// Before opset 11 there was no region of interest.
static unsigned scalesIndex(NodeImporter &node) { return node.getOpset() < 11 ? 1 : 2; }

static LogicalResult buildByMatrices(NodeImporter &node, const Target &target,
                                     ArrayRef<int64_t> axes, const ResizeRules &rules) {
  Value input = node.getOperand(0);
  int64_t rank = NodeImporter::getRank(input);
  // Asked for by name, so that an error says which operand it is.
  bool isKnown = node.getOperand(3)
                     ? node.getConstantOperand(3, "sizes").has_value()
                     : node.getConstantFloatOperand(scalesIndex(node), "scales").has_value();
  std::optional<SmallVector<int64_t>> sizes = node.getShapes().constantValues(target.sizes);
  std::optional<std::vector<float>> scales = readScales(target.scales);
  if (!isKnown || node.hasFailed())
    return failure();
  if (!sizes || !scales)
    return node.emitError() << "mode '" << rules.mode << "' with coordinates '" << rules.coordinates
                            << "' needs dimensions that are known when compiling (--dim)";
  std::optional<SmallVector<float>> region;
  bool crops = rules.coordinates == "tf_crop_and_resize";
  if (crops && !(region = readRegion(node, axes, rank)))
    return failure();
  SmallVector<ResizedAxis> resized;
  for (int64_t axis = 0; axis < rank; ++axis) {
    ResizedAxis entry{axis, node.requireStaticDim(input, axis), (*sizes)[axis], (*scales)[axis]};
    if (region)
      entry.roiStart = (*region)[axis], entry.roiEnd = (*region)[rank + axis];
    bool isWhole = entry.roiStart == 0 && entry.roiEnd == 1;
    if (entry.inputSize != entry.outputSize || entry.scale != 1 || !isWhole)
      resized.push_back(entry);
  }
  return node.setResults({buildResizeByMatrices(node, input, resized, rules)});
}

static LogicalResult buildResize(NodeImporter &node, Target target, const ResizeRules &rules,
                                 ArrayRef<int64_t> axes = {}) {
  Value input = node.getOperand(0);
  if (!node.hasFailed() && rules.mode != "nearest" && rules.mode != "linear" &&
      rules.mode != "cubic")
    return node.emitError() << "attribute 'mode' is '" << rules.mode
                            << "', expected nearest, linear or cubic";
  if (node.hasFailed())
    return failure();
  // Scales given by the model are kept: they position the samples exactly.
  if (!target.sizes)
    target.sizes = buildSizes(node, input, target.scales);
  else if (!target.scales)
    target.scales = buildScales(node, input, target.sizes);
  if (node.hasFailed())
    return failure();
  if (needsMatrices(rules))
    return buildByMatrices(node, target, axes, rules);
  return node.setResults({node.create<ResizeOp>(input, target.sizes, target.scales, rules.mode,
                                                rules.coordinates, rules.nearestMode)});
}

// Until opset 10 the sample of output x is at x / scale, rounded down. `linear` may be called
// bilinear there.
static LogicalResult importWithScales(NodeImporter &node, Value scales) {
  StringRef mode = node.getString("mode", "nearest");
  return buildResize(node, {nullptr, scales},
                     {mode == "bilinear" ? "linear" : mode, "asymmetric", "floor"});
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

/// One scale for all axes, so that the result fits in the sizes or fills them.
static void keepAspectRatio(NodeImporter &node, Value input, Target &target, ArrayRef<int64_t> axes,
                            bool fits) {
  int64_t rank = NodeImporter::getRank(input);
  if (!node.getConstantOperand(3, "sizes"))
    return;
  std::optional<SmallVector<int64_t>> sizes = node.getShapes().constantValues(target.sizes);
  if (!sizes || int64_t(sizes->size()) != rank) {
    node.emitError() << "keep_aspect_ratio_policy needs dimensions that are known when compiling";
    return;
  }
  double scale = fits ? std::numeric_limits<double>::infinity() : 0;
  for (int64_t axis : axes) {
    double ratio = double((*sizes)[axis]) / double(node.requireStaticDim(input, axis));
    scale = fits ? std::min(scale, ratio) : std::max(scale, ratio);
  }
  SmallVector<float> scales(rank, 1.0f);
  for (int64_t axis : axes) {
    scales[axis] = float(scale);
    (*sizes)[axis] = int64_t(std::floor(scale * node.requireStaticDim(input, axis) + 0.5));
  }
  target = {node.createInts(*sizes), node.createFloats(scales)};
}

static ResizeRules readRules(NodeImporter &node) {
  ResizeRules rules;
  rules.coordinates = node.getString("coordinate_transformation_mode", "half_pixel");
  rules.nearestMode = node.getString("nearest_mode", "round_prefer_floor");
  rules.mode = node.getString("mode", "nearest");
  rules.cubicCoefficient = node.getFloat("cubic_coeff_a", -0.75f);
  rules.extrapolationValue = node.getFloat("extrapolation_value", 0.0f);
  rules.excludeOutside = node.getFlag("exclude_outside", false);
  rules.antialias = node.getFlag("antialias", false) && rules.mode != "nearest";
  return rules;
}

static LogicalResult importResize(NodeImporter &node) {
  Value input = node.getOperand(0);
  node.getOperand(1); // The region of interest; only tf_crop_and_resize looks at it.
  Target target{getNonEmptyOperand(node, 3), getNonEmptyOperand(node, 2)};
  ResizeRules rules = readRules(node);
  StringRef policy = node.getString("keep_aspect_ratio_policy", "stretch");
  if (!node.hasFailed() && bool(target.sizes) == bool(target.scales))
    return node.emitError() << "expects either 'scales' or 'sizes'";
  std::optional<SmallVector<int64_t>> given = node.getInts("axes");
  int64_t rank = NodeImporter::getRank(input);
  SmallVector<int64_t> axes = given.value_or(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  for (int64_t &axis : axes)
    axis = node.normalizeAxis(axis, rank);
  if (node.hasFailed())
    return failure();
  if (given) {
    Value &values = target.sizes ? target.sizes : target.scales;
    values = spreadOverAxes(node, input, values, axes, bool(target.sizes));
  }
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
    return node.emitError() << "attribute 'keep_aspect_ratio_policy' is '" << policy
                            << "', expected stretch, not_larger or not_smaller";
  if (policy != "stretch" && target.sizes)
    keepAspectRatio(node, input, target, axes, policy == "not_larger");
  return buildResize(node, target, rules, axes);
}

void halftone::addResizeOps(OpTable &table) {
  table.add({
      {"Resize", 2, importUpsample, {10, 10}},
      {"Resize",
       {1, 4},
       importResize,
       fromOpset(11),
       kOnnxDomain,
       limitedTo("cubic, antialiased and cropping modes: static sizes")},
      {"Upsample", 1, importUpsampleByAttr, untilOpset(8)},
      {"Upsample", 2, importUpsample, {9, 9}},
  });
}
