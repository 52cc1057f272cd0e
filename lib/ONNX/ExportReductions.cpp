// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions over axes and running sums.
#include "NodeExporter.h"

using namespace mlir;
using namespace mlir::halftone;

static StringRef getReduction(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Sum:
    return "ReduceSum";
  case ReduceKind::Mean:
    return "ReduceMean";
  case ReduceKind::Max:
    return "ReduceMax";
  case ReduceKind::Min:
    return "ReduceMin";
  case ReduceKind::Prod:
    return "ReduceProd";
  case ReduceKind::L1:
    return "ReduceL1";
  case ReduceKind::L2:
    return "ReduceL2";
  case ReduceKind::SumSquare:
    return "ReduceSumSquare";
  case ReduceKind::LogSum:
    return "ReduceLogSum";
  case ReduceKind::LogSumExp:
    return "ReduceLogSumExp";
  }
  llvm_unreachable("all kinds are listed");
}

/// A reduction over no axes. ONNX leaves the elements as they are then, whatever the kind.
static LogicalResult exportElementwise(NodeExporter &node, ReduceOp op) {
  std::string input = node.getOperand(op.getInput());
  switch (op.getKind()) {
  case ReduceKind::L1:
  case ReduceKind::L2:
    return node.define("Abs", input);
  case ReduceKind::SumSquare:
    return node.define("Mul", {input, input});
  case ReduceKind::LogSum:
    return node.define("Log", input);
  default:
    return node.define("Identity", input);
  }
}

/// The type in which ONNX has the reduction, if not that of the input.
static Type getComputedType(ReduceOp op) {
  Type elementType = NodeExporter::getElementType(op.getInput());
  bool isExtreme = op.getKind() == ReduceKind::Max || op.getKind() == ReduceKind::Min;
  unsigned width = elementType.getIntOrFloatBitWidth();
  if (!elementType.isInteger() || width >= 32 || (isExtreme && (width == 8 || width == 1)))
    return nullptr;
  return IntegerType::get(op.getContext(), 32);
}

static LogicalResult exportReduce(NodeExporter &node, ReduceOp op) {
  if (op.getAxes().empty())
    return exportElementwise(node, op);
  StringRef name = getReduction(op.getKind());
  std::string input = node.getOperand(op.getInput());
  std::string axes = node.createInts(op.getAxes(), "axes");
  NodeAttr keepdims("keepdims", op.getKeepdims());
  Type computed = getComputedType(op);
  if (!computed)
    return node.define(name, {input, axes}, keepdims);
  return node.defineCast(node.create(name, {node.createCast(input, computed), axes}, keepdims),
                         NodeExporter::getElementType(op.getInput()));
}

static LogicalResult exportArgReduce(NodeExporter &node, ArgReduceOp op) {
  return node.define(op.getMinimum() ? "ArgMin" : "ArgMax", node.getOperands(),
                     {{"axis", op.getAxis()},
                      {"keepdims", op.getKeepdims()},
                      {"select_last_index", op.getSelectLast()}});
}

static LogicalResult exportCumSum(NodeExporter &node, CumSumOp op) {
  return node.define("CumSum", {node.getOperand(op.getInput()), node.createIndex(op.getAxis())},
                     {{"exclusive", op.getExclusive()}, {"reverse", op.getReverse()}});
}

void mlir::halftone::addReductionExports(ExportTable &table) {
  table.add(exportArgReduce);
  table.add(exportCumSum);
  table.add(exportReduce);
}
