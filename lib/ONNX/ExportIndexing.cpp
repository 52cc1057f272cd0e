// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that pick, place or reorder elements by index.
#include "NodeExporter.h"

using namespace mlir;
using namespace mlir::halftone;

/// Indices of 32 or 64 bits as they are, others as i64.
static std::string getIndices(NodeExporter &node, Value indices) {
  return NodeExporter::getElementType(indices).isSignlessInteger(32) ? node.getOperand(indices)
                                                                     : node.getI64(indices);
}

static LogicalResult exportGather(NodeExporter &node, GatherOp op) {
  return node.define("Gather", {node.getOperand(op.getInput()), getIndices(node, op.getIndices())},
                     NodeAttr("axis", op.getAxis()));
}

static LogicalResult exportGatherElements(NodeExporter &node, GatherElementsOp op) {
  return node.define("GatherElements",
                     {node.getOperand(op.getInput()), getIndices(node, op.getIndices())},
                     NodeAttr("axis", op.getAxis()));
}

static LogicalResult exportGatherND(NodeExporter &node, GatherNDOp op) {
  return node.define("GatherND", {node.getOperand(op.getInput()), node.getI64(op.getIndices())},
                     NodeAttr("batch_dims", op.getBatchDims()));
}

static NodeAttr getReduction(ScatterReduction reduction) {
  return {"reduction", stringifyScatterReduction(reduction)};
}

static LogicalResult exportScatterElements(NodeExporter &node, ScatterElementsOp op) {
  return node.define("ScatterElements",
                     {node.getOperand(op.getInput()), getIndices(node, op.getIndices()),
                      node.getOperand(op.getUpdates())},
                     {{"axis", op.getAxis()}, getReduction(op.getReduction())});
}

static LogicalResult exportScatterND(NodeExporter &node, ScatterNDOp op) {
  return node.define("ScatterND",
                     {node.getOperand(op.getInput()), node.getI64(op.getIndices()),
                      node.getOperand(op.getUpdates())},
                     getReduction(op.getReduction()));
}

static LogicalResult exportTrilu(NodeExporter &node, TriluOp op) {
  std::string shift = node.getI64(op.getK());
  if (NodeExporter::getRank(op.getK()) != 0)
    shift = node.createReshape(shift, {});
  return node.define("Trilu", {node.getOperand(op.getInput()), shift},
                     NodeAttr("upper", op.getUpper()));
}

static LogicalResult exportOneHot(NodeExporter &node, OneHotOp op) {
  return node.define("OneHot", node.getOperands(), NodeAttr("axis", op.getAxis()));
}

static LogicalResult exportDepthToSpace(NodeExporter &node, DepthToSpaceOp op) {
  return node.define(
      "DepthToSpace", node.getOperands(),
      {{"blocksize", op.getBlocksize()}, {"mode", StringRef(op.getCrd() ? "CRD" : "DCR")}});
}

static LogicalResult exportSpaceToDepth(NodeExporter &node, SpaceToDepthOp op) {
  return node.define("SpaceToDepth", node.getOperands(), NodeAttr("blocksize", op.getBlocksize()));
}

void mlir::halftone::addIndexingExports(ExportTable &table) {
  table.add(exportDepthToSpace);
  table.add(exportGather);
  table.add(exportGatherElements);
  table.add(exportGatherND);
  table.add(exportOneHot);
  table.add(exportScatterElements);
  table.add(exportScatterND);
  table.add(exportSpaceToDepth);
  table.add(exportTrilu);
}
