// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The largest elements, and the boxes that do not overlap.
#include "NodeExporter.h"

using namespace mlir;
using namespace mlir::halftone;

static LogicalResult exportTopK(NodeExporter &node, TopKOp op) {
  return node.define("TopK", {node.getOperand(op.getInput()), node.getVector(op.getK())},
                     {{"axis", op.getAxis()}, {"largest", op.getLargest()}});
}

/// Column `index` of rows of three numbers.
static std::string getColumn(NodeExporter &node, StringRef rows, int64_t index) {
  return node.create("Gather", {rows.str(), node.createIndex(index)}, NodeAttr("axis", 1));
}

/// The number of each row among those of its batch and class. Rows are sorted by these, so it is
/// the position less the number of rows before the group.
static std::string countInGroups(NodeExporter &node, StringRef groups) {
  std::string each = node.create("Unsqueeze", {groups.str(), node.createInts({1}, "axes")});
  std::string isBefore = node.create("Less", {groups.str(), each});
  Type i64 = IntegerType::get(node.getOperation()->getContext(), 64);
  std::string before =
      node.create("ReduceSum", {node.createCast(isBefore, i64), node.createInts({1}, "axes")},
                  NodeAttr("keepdims", 0));
  std::string count = node.createReshape(node.createDims(groups, 0, 1), {});
  std::string position = node.create("Range", {node.createIndex(0), count, node.createIndex(1)});
  return node.create("Sub", {position, before});
}

/// ONNX lists [batch, class, box]; here the boxes of each batch and class stand in a row, -1
/// behind.
static LogicalResult exportNonMaxSuppression(NodeExporter &node, NonMaxSuppressionOp op) {
  std::string scores = node.getOperand(op.getScores());
  std::string rows =
      node.create("NonMaxSuppression",
                  {node.getOperand(op.getBoxes()), scores, node.getVector(op.getMaxSelected()),
                   node.getOperand(op.getIouThreshold()), node.getOperand(op.getScoreThreshold())},
                  NodeAttr("center_point_box", op.getCenterPoint()));
  std::string batch = getColumn(node, rows, 0), category = getColumn(node, rows, 1);
  std::string shape = node.createDims(scores, 0, 3);
  std::string categories = node.create("Gather", {shape, node.createIndex(1)});
  std::string groups = node.create("Add", {node.create("Mul", {batch, categories}), category});
  std::string axes = node.createInts({1}, "axes");
  Names index;
  for (const std::string &column : {batch, category, countInGroups(node, groups)})
    index.push_back(node.create("Unsqueeze", {column, axes}));
  auto minusOne = DenseElementsAttr::get(
      RankedTensorType::get({1}, IntegerType::get(op.getContext(), 64)), ArrayRef<int64_t>(-1));
  std::string empty =
      node.create("ConstantOfShape", shape, NodeAttr("value", ElementsAttr(minusOne)));
  return node.define("ScatterND", {empty, node.create("Concat", index, NodeAttr("axis", 1)),
                                   getColumn(node, rows, 2)});
}

void mlir::halftone::addSelectionExports(ExportTable &table) {
  table.add(exportNonMaxSuppression);
  table.add(exportTopK);
}
