// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that change or read shapes.
#include "Builders.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

static LogicalResult importReshape(NodeImporter &node) {
  bool allowzero = node.getFlag("allowzero", false);
  return node.setResults(
      {node.create<ReshapeOp>(node.getOperand(0), node.getOperand(1), allowzero)});
}

static LogicalResult importFlatten(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t rank = NodeImporter::getRank(input), axis = node.getInt("axis", 1);
  // Unlike elsewhere the axis may be one past the last.
  if (axis != rank)
    axis = node.normalizeAxis(axis, rank);
  return node.setResults({node.create<FlattenOp>(input, axis)});
}

/// The axes whose size is 1, when Squeeze names none.
static SmallVector<int64_t> findUnitAxes(NodeImporter &node, Value input) {
  SmallVector<int64_t> axes;
  for (int64_t i = 0; i < NodeImporter::getRank(input); ++i)
    if (node.requireStaticDim(input, i) == 1)
      axes.push_back(i);
  return axes;
}

static LogicalResult importSqueeze(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> axes = node.getIntsAttrOrOperand("axes", 12, 1);
  SmallVector<int64_t> normalized =
      axes ? node.normalizeAxes(*axes, NodeImporter::getRank(input)) : findUnitAxes(node, input);
  return node.setResults({node.create<SqueezeOp>(input, normalized)});
}

static LogicalResult importUnsqueeze(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> axes = node.getIntsAttrOrOperand("axes", 12, 1);
  if (!axes && !node.hasFailed())
    return node.emitError() << "'axes' is required";
  if (!axes)
    return failure();
  int64_t rank = NodeImporter::getRank(input) + int64_t(axes->size());
  SmallVector<int64_t> normalized = node.normalizeAxes(*axes, rank);
  return node.setResults({node.create<UnsqueezeOp>(input, normalized)});
}

static LogicalResult importTranspose(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t rank = NodeImporter::getRank(input);
  SmallVector<int64_t> reversed = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  SmallVector<int64_t> permutation = node.getInts("perm").value_or(reversed);
  return node.setResults({node.create<TransposeOp>(input, permutation)});
}

static LogicalResult importConcat(NodeImporter &node) {
  SmallVector<Value> inputs = node.getOperands();
  int64_t axis = node.normalizeAxis(node.requireInt("axis"), NodeImporter::getRank(inputs[0]));
  if (llvm::is_contained(inputs, Value()))
    return node.emitError() << "has an input without a name";
  return node.setResults({node.create<ConcatOp>(inputs, axis)});
}

// Bounds are attributes until opset 9, operands since.
static LogicalResult importSliceByAttrs(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> starts = node.getInts("starts"), ends = node.getInts("ends");
  if (!node.hasFailed() && (!starts || !ends || starts->size() != ends->size()))
    return node.emitError() << "attributes 'starts' and 'ends' are required, of the same length";
  if (node.hasFailed())
    return failure();
  int64_t count = starts->size(), rank = NodeImporter::getRank(input);
  SmallVector<int64_t> axes =
      node.getInts("axes").value_or(llvm::to_vector(llvm::seq<int64_t>(0, count)));
  for (int64_t &axis : axes)
    axis = node.normalizeAxis(axis, rank);
  Value steps = node.createInts(SmallVector<int64_t>(count, 1));
  return node.setResults(
      {node.create<SliceOp>(input, node.createInts(*starts), node.createInts(*ends), steps, axes)});
}

static LogicalResult importSlice(NodeImporter &node) {
  Value input = node.getOperand(0), starts = node.getOperand(1), ends = node.getOperand(2);
  if (NodeImporter::getRank(starts) != 1)
    return node.emitError() << "input 'starts' must have one dimension, but is "
                            << starts.getType();
  int64_t count = node.requireStaticDim(starts, 0);
  if (node.hasFailed())
    return failure();
  SmallVector<int64_t> axes =
      node.getConstantOperand(3, "axes").value_or(llvm::to_vector(llvm::seq<int64_t>(0, count)));
  for (int64_t &axis : axes)
    axis = node.normalizeAxis(axis, NodeImporter::getRank(input));
  Value steps = node.getOperand(4);
  if (!steps)
    steps = node.createInts(SmallVector<int64_t>(count, 1));
  return node.setResults({node.create<SliceOp>(input, node.castToI64(starts), node.castToI64(ends),
                                               node.castToI64(steps), axes)});
}

/// As equal as possible: all pieces the size of the first, the last one maybe smaller.
static SmallVector<int64_t> splitEvenly(NodeImporter &node, Value input, int64_t axis) {
  int64_t pieces = node.getNumResults();
  if (node.hasAttr("num_outputs"))
    node.expectInt("num_outputs", pieces, pieces);
  int64_t size = node.requireStaticDim(input, axis);
  int64_t piece = llvm::divideCeil(size, pieces);
  SmallVector<int64_t> sizes(pieces, piece);
  sizes.back() = size - piece * (pieces - 1);
  // Before opset 18 only equal pieces were allowed.
  bool mayDiffer = node.getOpset() >= 18;
  if (!node.hasFailed() && (sizes.back() < 0 || (!mayDiffer && sizes.back() != piece)))
    node.emitError() << "cannot split a dimension of size " << size << " into " << pieces
                     << " equal pieces";
  return sizes;
}

static LogicalResult importSplit(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), NodeImporter::getRank(input));
  std::optional<SmallVector<int64_t>> sizes = node.getIntsAttrOrOperand("split", 12, 1);
  if (!sizes && !node.hasFailed())
    sizes = splitEvenly(node, input, axis);
  if (node.hasFailed())
    return failure();
  if (int64_t(sizes->size()) != node.getNumResults())
    return node.emitError() << "has " << sizes->size() << " sizes for " << node.getNumResults()
                            << " outputs";
  return node.setResults(node.createMany<SplitOp>(sizes->size(), input, axis, *sizes));
}

static LogicalResult importShape(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t rank = NodeImporter::getRank(input);
  auto clamp = [&](int64_t position) {
    return std::clamp<int64_t>(position < 0 ? position + rank : position, 0, rank);
  };
  int64_t start = clamp(node.getInt("start", 0)), end = clamp(node.getInt("end", rank));
  return node.setResults({node.createDims(input, start, std::max(start, end))});
}

/// Spreads [begins…, ends…] over `axes` to all dimensions.
static SmallVector<int64_t> spreadPads(NodeImporter &node, ArrayRef<int64_t> pads,
                                       ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> all(2 * rank, 0);
  if (pads.size() != 2 * axes.size()) {
    node.emitError() << "expects two pads for each of " << axes.size() << " axes, but has "
                     << pads.size();
    return all;
  }
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t normalized = node.normalizeAxis(axis, rank);
    all[normalized] = pads[i];
    all[rank + normalized] = pads[axes.size() + i];
  }
  return all;
}

static LogicalResult buildPad(NodeImporter &node, Value pads, Value value) {
  StringRef name = node.getString("mode", "constant");
  auto mode = llvm::StringSwitch<std::optional<PadMode>>(name)
                  .Case("constant", PadMode::Constant)
                  .Case("edge", PadMode::Edge)
                  .Case("reflect", PadMode::Reflect)
                  .Case("wrap", PadMode::Wrap)
                  .Default(std::nullopt);
  if (!mode && !node.hasFailed())
    return node.emitError() << "attribute 'mode' is '" << name
                            << "', expected constant, edge, reflect or wrap";
  if (!mode)
    return failure();
  return node.setResults({node.create<PadOp>(node.getOperand(0), pads, value, *mode)});
}

static LogicalResult importPadByAttrs(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> pads = node.getInts("pads");
  if (!pads && !node.hasFailed())
    return node.emitError() << "attribute 'pads' is required";
  if (!pads)
    return failure();
  return buildPad(node, node.createInts(*pads),
                  node.createScalarLike(input, node.getFloat("value", 0.0f)));
}

static LogicalResult importPad(NodeImporter &node) {
  Value input = node.getOperand(0), pads = node.getOperand(1), value = node.getOperand(2);
  if (std::optional<SmallVector<int64_t>> axes = node.getConstantOperand(3, "axes")) {
    std::optional<SmallVector<int64_t>> constantPads = node.getConstantOperand(1, "pads");
    if (!constantPads)
      return failure();
    pads = node.createInts(spreadPads(node, *constantPads, *axes, NodeImporter::getRank(input)));
  }
  return buildPad(node, pads, value ? value : node.createScalarLike(input, 0));
}

/// Cuts off or adds the same number of elements on both sides, an odd one at the end.
static LogicalResult importCenterCropPad(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> shape = node.getConstantOperand(1, "shape");
  if (!shape)
    return failure();
  int64_t rank = NodeImporter::getRank(input);
  SmallVector<int64_t> axes =
      node.getInts("axes").value_or(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  if (!node.hasFailed() && axes.size() != shape->size())
    return node.emitError() << "has " << shape->size() << " sizes for " << axes.size() << " axes";
  SmallVector<int64_t> pads(2 * rank, 0);
  for (auto [given, size] : llvm::zip_equal(axes, *shape)) {
    int64_t axis = node.normalizeAxis(given, rank);
    int64_t difference = size - node.requireStaticDim(input, axis);
    // Half of it in front, rounded towards zero.
    pads[axis] = difference / 2;
    pads[rank + axis] = difference - difference / 2;
  }
  return node.setResults({node.create<PadOp>(input, node.createInts(pads),
                                             node.createScalarLike(input, 0), PadMode::Constant)});
}

void halftone::addShapeOps(OpTable &table) {
  table.add({
      {"CenterCropPad", 2, importCenterCropPad, fromOpset(18), kOnnxDomain,
       limitedTo("a constant `shape`; static sizes of what it pads or crops")},
      {"Concat", {1, kAnyNumber}, importConcat},
      {"Expand", 2, importBinary<ExpandOp>, fromOpset(8)},
      {"Flatten", 1, importFlatten, always()},
      {"Pad", 1, importPadByAttrs, untilOpset(10)},
      {"Pad",
       {2, 4},
       importPad,
       fromOpset(11),
       kOnnxDomain,
       limitedTo("with `axes`: constant `axes` and `pads`")},
      {"Reshape", 2, importReshape},
      {"Shape", 1, importShape, always()},
      {"Size", 1, importUnary<SizeOp>},
      {"Slice", 1, importSliceByAttrs, untilOpset(9)},
      {"Slice", {3, 5}, importSlice, fromOpset(10), kOnnxDomain, limitedTo("constant `axes`")},
      {"Split",
       {1, 2},
       importSplit,
       fromOpset(kOldestOpset),
       kOnnxDomain,
       limitedTo("constant `split`")},
      {"Squeeze",
       {1, 2},
       importSqueeze,
       fromOpset(kOldestOpset),
       kOnnxDomain,
       limitedTo("constant `axes`")},
      {"Tile", 2, importBinary<TileOp>},
      {"Transpose", 1, importTranspose, always()},
      {"Unsqueeze",
       {1, 2},
       importUnsqueeze,
       fromOpset(kOldestOpset),
       kOnnxDomain,
       limitedTo("constant `axes`")},
  });
}
