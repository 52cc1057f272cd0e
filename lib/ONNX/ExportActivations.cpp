// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Activation functions, which are elementwise and most of which have parameters.
#include "NodeExporter.h"

using namespace mlir;
using namespace mlir::halftone;

template <typename OpT> static NodeAttr getAlpha(OpT op) { return {"alpha", op.getAlpha()}; }

static LogicalResult exportLeakyRelu(NodeExporter &node, LeakyReluOp op) {
  return node.define("LeakyRelu", node.getOperands(), getAlpha(op));
}
static LogicalResult exportElu(NodeExporter &node, EluOp op) {
  return node.define("Elu", node.getOperands(), getAlpha(op));
}
/// ONNX has it for f32 only.
static LogicalResult exportCelu(NodeExporter &node, CeluOp op) {
  Type elementType = NodeExporter::getElementType(op.getInput());
  if (elementType.isF32())
    return node.define("Celu", node.getOperands(), getAlpha(op));
  std::string input =
      node.createCast(node.getOperand(op.getInput()), Float32Type::get(op.getContext()));
  return node.defineCast(node.create("Celu", input, getAlpha(op)), elementType);
}
static LogicalResult exportSelu(NodeExporter &node, SeluOp op) {
  return node.define("Selu", node.getOperands(), {getAlpha(op), {"gamma", op.getGamma()}});
}
static LogicalResult exportHardSigmoid(NodeExporter &node, HardSigmoidOp op) {
  return node.define("HardSigmoid", node.getOperands(), {getAlpha(op), {"beta", op.getBeta()}});
}
static LogicalResult exportThresholdedRelu(NodeExporter &node, ThresholdedReluOp op) {
  return node.define("ThresholdedRelu", node.getOperands(), getAlpha(op));
}
static LogicalResult exportShrink(NodeExporter &node, ShrinkOp op) {
  return node.define("Shrink", node.getOperands(),
                     {{"lambd", op.getLambd()}, {"bias", op.getBias()}});
}
static LogicalResult exportGelu(NodeExporter &node, GeluOp op) {
  return node.define("Gelu", node.getOperands(),
                     NodeAttr("approximate", StringRef(op.getTanh() ? "tanh" : "none")));
}

/// ONNX has it for signed types; of others nothing is below 0.
static LogicalResult exportRelu(NodeExporter &node, ReluOp op) {
  if (NodeExporter::getElementType(op.getInput()).isUnsignedInteger())
    return node.define("Identity", node.getOperands());
  return node.define("Relu", node.getOperands());
}

void mlir::halftone::addActivationExports(ExportTable &table) {
  table.addPlain<HardSwishOp>("HardSwish");
  table.addPlain<MishOp>("Mish");
  table.addPlain<SigmoidOp>("Sigmoid");
  table.addPlain<SoftplusOp>("Softplus");
  table.addPlain<SoftsignOp>("Softsign");
  table.add(exportCelu);
  table.add(exportElu);
  table.add(exportGelu);
  table.add(exportHardSigmoid);
  table.add(exportLeakyRelu);
  table.add(exportRelu);
  table.add(exportSelu);
  table.add(exportShrink);
  table.add(exportThresholdedRelu);
}
