// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that pick, place or reorder elements by index.
#include "NodeExporter.h"
#include "TensorWriter.h"

using namespace mlir;
using namespace mlir::halftone;

/// Indices of 32 or 64 bits as they are, others as i64.
static std::string getIndices(NodeExporter &node, Value indices) {
  return NodeExporter::getElementType(indices).isSignlessInteger(32) ? node.getOperand(indices)
                                                                     : node.getI64(indices);
}

/// The type in which ONNX moves elements of a type that its ops do not take, all of whose values it
/// has; null for types that they do.
static Type getMovedType(Type element) {
  MLIRContext *context = element.getContext();
  unsigned width = element.getIntOrFloatBitWidth();
  if (llvm::isa<FloatType>(element))
    return width <= 8 ? Float32Type::get(context) : Type();
  auto integer = llvm::dyn_cast<IntegerType>(element);
  if (!integer || width >= 8 || integer.isSignlessInteger(1))
    return nullptr;
  return IntegerType::get(context, 8, integer.getSignedness());
}

static LogicalResult exportGather(NodeExporter &node, GatherOp op) {
  Type element = NodeExporter::getElementType(op.getInput());
  if (std::optional<StoredType> stored = getStoredType(element))
    element = stored->type;
  Type moved = getMovedType(element);
  std::string input = node.getOperand(op.getInput()), indices = getIndices(node, op.getIndices());
  NodeAttr axis("axis", op.getAxis());
  if (!moved)
    return node.define("Gather", {input, indices}, axis);
  return node.defineCast(node.create("Gather", {node.createCast(input, moved), indices}, axis),
                         element);
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
