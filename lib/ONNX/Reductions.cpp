// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions over axes, global pools among them.
#include "Builders.h"

using namespace mlir;
using namespace mlir::halftone;

static SmallVector<int64_t> makeAllAxes(Value input, int64_t first = 0) {
  return llvm::to_vector(llvm::seq<int64_t>(first, NodeImporter::getRank(input)));
}

/// `lastAttrOpset`: the last opset in which the axes are an attribute.
static LogicalResult importReduce(NodeImporter &node, ReduceKind kind, int64_t lastAttrOpset) {
  Value input = node.getOperand(0);
  bool keepdims = node.getFlag("keepdims", true);
  bool noneMeansNone = node.getFlag("noop_with_empty_axes", false);
  SmallVector<int64_t> axes =
      node.getIntsAttrOrOperand("axes", lastAttrOpset, 1).value_or(SmallVector<int64_t>());
  axes = node.normalizeAxes(axes, NodeImporter::getRank(input));
  if (axes.empty() && !noneMeansNone)
    axes = makeAllAxes(input);
  return node.setResults({node.create<ReduceOp>(input, kind, axes, keepdims)});
}

template <ReduceKind kind> static LogicalResult importReduction(NodeImporter &node) {
  return importReduce(node, kind, /*lastAttrOpset=*/17);
}

// The axes of ReduceSum became an operand earlier than those of the others.
static LogicalResult importReduceSum(NodeImporter &node) {
  return importReduce(node, ReduceKind::Sum, /*lastAttrOpset=*/12);
}

template <bool minimum> static LogicalResult importArgReduce(NodeImporter &node) {
  Value input = node.getOperand(0);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), NodeImporter::getRank(input));
  bool keepdims = node.getFlag("keepdims", true);
  bool selectLast = node.getFlag("select_last_index", false);
  return node.setResults({node.create<ArgReduceOp>(input, axis, keepdims, minimum, selectLast)});
}

/// Over all spatial dimensions of [N, C, spatial…].
template <ReduceKind kind> static LogicalResult importGlobalPool(NodeImporter &node) {
  Value input = node.getOperand(0);
  if (NodeImporter::getRank(input) < 2)
    return node.emitError() << "expects [N, C, spatial…], but its input is " << input.getType();
  SmallVector<int64_t> axes = makeAllAxes(input, /*first=*/2);
  return node.setResults({node.create<ReduceOp>(input, kind, axes, /*keepdims=*/true)});
}

static LogicalResult importGlobalLpPool(NodeImporter &node) {
  int64_t order = node.getInt("p", 2);
  if (order == 1)
    return importGlobalPool<ReduceKind::L1>(node);
  node.expectInt("p", 2, 2);
  return importGlobalPool<ReduceKind::L2>(node);
}

void halftone::addReductionOps(OpTable &table) {
  table.add({
      {"ArgMax", 1, importArgReduce<false>},
      {"ArgMin", 1, importArgReduce<true>},
      {"GlobalAveragePool", 1, importGlobalPool<ReduceKind::Mean>, always()},
      {"GlobalLpPool", 1, importGlobalLpPool},
      {"GlobalMaxPool", 1, importGlobalPool<ReduceKind::Max>, always()},
      {"ReduceL1", {1, 2}, importReduction<ReduceKind::L1>},
      {"ReduceL2", {1, 2}, importReduction<ReduceKind::L2>},
      {"ReduceLogSum", {1, 2}, importReduction<ReduceKind::LogSum>},
      {"ReduceLogSumExp", {1, 2}, importReduction<ReduceKind::LogSumExp>},
      {"ReduceMax", {1, 2}, importReduction<ReduceKind::Max>},
      {"ReduceMean", {1, 2}, importReduction<ReduceKind::Mean>},
      {"ReduceMin", {1, 2}, importReduction<ReduceKind::Min>},
      {"ReduceProd", {1, 2}, importReduction<ReduceKind::Prod>},
      {"ReduceSum", {1, 2}, importReduceSum},
      {"ReduceSumSquare", {1, 2}, importReduction<ReduceKind::SumSquare>},
  });
}
