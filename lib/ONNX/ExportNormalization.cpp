// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NodeExporter.h"

using namespace mlir;
using namespace mlir::halftone;

static LogicalResult exportSoftmax(NodeExporter &node, SoftmaxOp op) {
  return node.define(op.getLog() ? "LogSoftmax" : "Softmax", node.getOperands(),
                     NodeAttr("axis", op.getAxis()));
}

/// Ones of the normalized dimensions.
static std::string createOnes(NodeExporter &node, LayerNormOp op, ArrayRef<int64_t> dims) {
  Type elementType = NodeExporter::getElementType(op.getInput());
  auto one = Attribute(FloatAttr::get(elementType, 1.0));
  return node.createConstant(DenseElementsAttr::get(RankedTensorType::get(dims, elementType), one),
                             "ones");
}

/// ONNX wants one scale and bias for each normalized element; others are multiplied and added
/// behind.
static LogicalResult exportLayerNorm(NodeExporter &node, LayerNormOp op) {
  RankedTensorType type = NodeExporter::getType(op.getInput());
  ArrayRef<int64_t> dims = type.getShape().drop_front(op.getAxis());
  auto fits = [&](Value value) {
    return !value || NodeExporter::getType(value).getShape() == dims;
  };
  bool isDirect = fits(op.getScale()) && fits(op.getBias());
  if (!isDirect && ShapedType::isDynamicShape(dims))
    return node.refuse() << "its scale and bias need the dimensions that are normalized, and these "
                            "are only known at run time";
  StringRef name = op.getRms() ? "RMSNormalization" : "LayerNormalization";
  if (op.getRms())
    node.requireOpset(23);
  SmallVector<NodeAttr> attrs = {{"axis", op.getAxis()}, {"epsilon", op.getEpsilon()}};
  std::string input = node.getOperand(op.getInput());
  std::string scale = node.getOperand(op.getScale(), "scale");
  std::string bias = node.getOperand(op.getBias(), "bias");
  if (isDirect && (bias.empty() || !op.getRms()))
    return node.define(name, {input, scale, bias}, attrs);
  std::string factor = isDirect ? scale : createOnes(node, op, dims);
  std::string result = node.create(name, {input, factor}, attrs);
  if (isDirect)
    return node.define("Add", {result, bias});
  if (bias.empty())
    return node.define("Mul", {result, scale});
  return node.define("Add", {node.create("Mul", {result, scale}), bias});
}

static LogicalResult exportInstanceNorm(NodeExporter &node, InstanceNormOp op) {
  return node.define("InstanceNormalization", node.getOperands(),
                     NodeAttr("epsilon", op.getEpsilon()));
}

void mlir::halftone::addNormalizationExports(ExportTable &table) {
  table.add(exportInstanceNorm);
  table.add(exportLayerNorm);
  table.add(exportSoftmax);
}
