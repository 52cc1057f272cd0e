// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that pick, place or reorder elements by index.
#include "Builders.h"
#include "Compose.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

/// Reads `axis` for the dimensions of the first operand.
static int64_t getAxis(NodeImporter &node, int64_t defaultAxis) {
  return node.normalizeAxis(node.getInt("axis", defaultAxis),
                            NodeImporter::getRank(node.getOperand(0)));
}

/// Indices that are known must exist; the others are checked when the model runs.
static bool checkKnownIndices(NodeImporter &node, int64_t axis) {
  if (node.hasFailed())
    return false;
  RankedTensorType input = NodeImporter::getType(node.getOperand(0));
  auto indices = node.getShapes().constantValues(node.getOperand(1));
  if (!indices || axis >= input.getRank() || input.isDynamicDim(axis))
    return true;
  int64_t size = input.getDimSize(axis);
  for (int64_t index : *indices)
    if (index < -size || index >= size) {
      node.emitError() << "reads index " << index << " of a dimension of " << size;
      return false;
    }
  return true;
}

static LogicalResult importGather(NodeImporter &node) {
  int64_t axis = getAxis(node, 0);
  if (!checkKnownIndices(node, axis))
    return failure();
  return node.setResults({node.create<GatherOp>(node.getOperand(0), node.getOperand(1), axis)});
}

static LogicalResult importGatherElements(NodeImporter &node) {
  int64_t axis = getAxis(node, 0);
  return node.setResults(
      {node.create<GatherElementsOp>(node.getOperand(0), node.getOperand(1), axis)});
}

static LogicalResult importGatherND(NodeImporter &node) {
  int64_t batchDims = node.getInt("batch_dims", 0);
  return node.setResults(
      {node.create<GatherNDOp>(node.getOperand(0), node.getOperand(1), batchDims)});
}

static ScatterReduction getReduction(NodeImporter &node) {
  StringRef name = node.getString("reduction", "none");
  auto reduction = llvm::StringSwitch<std::optional<ScatterReduction>>(name)
                       .Case("none", ScatterReduction::None)
                       .Case("add", ScatterReduction::Add)
                       .Case("mul", ScatterReduction::Mul)
                       .Case("min", ScatterReduction::Min)
                       .Case("max", ScatterReduction::Max)
                       .Default(std::nullopt);
  if (!reduction && !node.hasFailed())
    node.emitError() << "attribute 'reduction' is '" << name
                     << "', expected none, add, mul, min or max";
  return reduction.value_or(ScatterReduction::None);
}

static LogicalResult importScatterElements(NodeImporter &node) {
  int64_t axis = getAxis(node, 0);
  ScatterReduction reduction = getReduction(node);
  return node.setResults({node.create<ScatterElementsOp>(node.getOperand(0), node.getOperand(1),
                                                         node.getOperand(2), axis, reduction)});
}

static LogicalResult importScatterND(NodeImporter &node) {
  ScatterReduction reduction = getReduction(node);
  return node.setResults({node.create<ScatterNDOp>(node.getOperand(0), node.getOperand(1),
                                                   node.getOperand(2), reduction)});
}

static LogicalResult importOneHot(NodeImporter &node) {
  Value indices = node.getOperand(0);
  // The axis is one of the result, which has one dimension more.
  int64_t axis = node.normalizeAxis(node.getInt("axis", -1), NodeImporter::getRank(indices) + 1);
  Value depth = node.castToI64(node.getOperand(1));
  return node.setResults(
      {node.create<OneHotOp>(node.castToI64(indices), depth, node.getOperand(2), axis)});
}

static LogicalResult importTrilu(NodeImporter &node) {
  bool upper = node.getFlag("upper", true);
  Value shift = node.getOperand(1);
  if (!shift)
    shift = node.createScalar(node.getBuilder().getI64Type(), 0);
  return node.setResults({node.create<TriluOp>(node.getOperand(0), shift, upper)});
}

static LogicalResult importDepthToSpace(NodeImporter &node) {
  int64_t blocksize = node.requireInt("blocksize");
  StringRef mode = node.getString("mode", "DCR");
  if (!node.hasFailed() && mode != "DCR" && mode != "CRD")
    return node.emitError() << "attribute 'mode' is '" << mode << "', expected DCR or CRD";
  return node.setResults(
      {node.create<DepthToSpaceOp>(node.getOperand(0), blocksize, mode == "CRD")});
}

static LogicalResult importSpaceToDepth(NodeImporter &node) {
  int64_t blocksize = node.requireInt("blocksize");
  node.expectString("mode", "DCR");
  return node.setResults({node.create<SpaceToDepthOp>(node.getOperand(0), blocksize)});
}

static LogicalResult importTopK(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t axis = getAxis(node, -1);
  bool largest = node.getFlag("largest", true);
  node.ignoreAttr("sorted"); // The result is always sorted, as `sorted = 0` allows.
  Value count = node.getOpset() < 10 ? node.createInts(node.requireInt("k")) : node.getOperand(1);
  return node.setResults(node.createMany<TopKOp>(2, input, count, axis, largest));
}

static LogicalResult importCumSum(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> axis = node.getConstantOperand(1, "axis");
  if (!axis)
    return failure();
  if (axis->size() != 1)
    return node.emitError() << "input 'axis' must have one element";
  bool exclusive = node.getFlag("exclusive", false), reverse = node.getFlag("reverse", false);
  int64_t normalized = node.normalizeAxis(axis->front(), NodeImporter::getRank(input));
  return node.setResults({node.create<CumSumOp>(input, normalized, exclusive, reverse)});
}

/// The products over the elements up to each position: those behind it count as one.
static LogicalResult importCumProd(NodeImporter &node) {
  Value input = node.getOperand(0);
  std::optional<SmallVector<int64_t>> given = node.getConstantOperand(1, "axis");
  if (!given)
    return failure();
  if (given->size() != 1)
    return node.emitError() << "input 'axis' must have one element";
  bool exclusive = node.getFlag("exclusive", false), reverse = node.getFlag("reverse", false);
  int64_t rank = NodeImporter::getRank(input), axis = node.normalizeAxis(given->front(), rank);
  Value counted = buildIota(node, buildSize(node, input, axis));
  Value at = buildUnsqueeze(node, counted, 1);
  Value counts;
  if (exclusive)
    counts = reverse ? node.create<GreaterOp>(counted, at) : node.create<LessOp>(counted, at);
  else
    counts = reverse ? node.create<GreaterOrEqualOp>(counted, at)
                     : node.create<LessOrEqualOp>(counted, at);
  // Position and counted element along the axis, then the dimensions behind it.
  Value factors =
      node.create<WhereOp>(node.appendUnitDims(counts, rank - 1 - axis),
                           buildUnsqueeze(node, input, axis), node.createScalarLike(input, 1));
  return node.setResults(
      {buildReduce(node, factors, ReduceKind::Prod, axis + 1, /*keepdims=*/false)});
}

/// The first `sequence_lens` elements of each batch in reverse order.
static LogicalResult importReverseSequence(NodeImporter &node) {
  Value input = node.getOperand(0), lengths = node.castToI64(node.getOperand(1));
  int64_t batchAxis = node.getInt("batch_axis", 1), timeAxis = node.getInt("time_axis", 0);
  int64_t rank = NodeImporter::getRank(input);
  if (!node.hasFailed() && (rank < 2 || batchAxis + timeAxis != 1 || batchAxis * timeAxis != 0))
    return node.emitError() << "expects batch and time as the first two dimensions";
  Value time = buildUnsqueeze(node, buildIota(node, buildSize(node, input, timeAxis)),
                              timeAxis == 0 ? 1 : 0);
  Value perBatch = buildUnsqueeze(node, lengths, batchAxis == 0 ? 1 : 0);
  Value mirrored = node.create<SubOp>(buildShift(node, perBatch, -1), time);
  Value isInside = node.create<LessOp>(time, perBatch);
  Value index = node.appendUnitDims(node.create<WhereOp>(isInside, mirrored, time), rank - 2);
  Value expanded = node.create<ExpandOp>(index, node.createShape(input));
  return node.setResults({node.create<GatherElementsOp>(input, expanded, timeAxis)});
}

void halftone::addIndexingOps(OpTable &table) {
  table.add({
      {"CumProd", 2, importCumProd, fromOpset(26), kOnnxDomain, limitedTo("a constant `axis`")},
      {"CumSum", 2, importCumSum, fromOpset(11), kOnnxDomain, limitedTo("a constant `axis`")},
      {"DepthToSpace", 1, importDepthToSpace},
      {"Gather", 2, importGather},
      {"GatherElements", 2, importGatherElements, fromOpset(11)},
      {"GatherND", 2, importGatherND, fromOpset(11)},
      {"OneHot", 3, importOneHot, fromOpset(9)},
      {"ReverseSequence", 2, importReverseSequence, fromOpset(10)},
      {"Scatter", 3, importScatterElements, {9, 10}},
      {"ScatterElements", 3, importScatterElements, fromOpset(11)},
      {"ScatterND", 3, importScatterND, fromOpset(11)},
      {"SpaceToDepth", 1, importSpaceToDepth},
      {"TopK", 1, importTopK, untilOpset(9)},
      {"TopK", 2, importTopK, fromOpset(10)},
      {"Trilu", {1, 2}, importTrilu, fromOpset(14)},
  });
}
