// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that move elements without looking at them, and shape arithmetic.
#include "NodeExporter.h"

using namespace mlir;
using namespace mlir::halftone;

static LogicalResult exportReshape(NodeExporter &node, ReshapeOp op) {
  SmallVector<NodeAttr> attrs;
  if (op.getAllowzero())
    attrs.push_back({"allowzero", 1});
  return node.define("Reshape", {node.getOperand(op.getInput()), node.getI64(op.getShape())},
                     attrs);
}

static LogicalResult exportFlatten(NodeExporter &node, FlattenOp op) {
  return node.define("Flatten", node.getOperands(), NodeAttr("axis", op.getAxis()));
}

static LogicalResult exportSqueeze(NodeExporter &node, SqueezeOp op) {
  // Without axes ONNX would drop every dimension of 1.
  if (op.getAxes().empty())
    return node.define("Identity", node.getOperands());
  return node.define("Squeeze",
                     {node.getOperand(op.getInput()), node.createInts(op.getAxes(), "axes")});
}

static LogicalResult exportUnsqueeze(NodeExporter &node, UnsqueezeOp op) {
  return node.define("Unsqueeze",
                     {node.getOperand(op.getInput()), node.createInts(op.getAxes(), "axes")});
}

static LogicalResult exportTranspose(NodeExporter &node, TransposeOp op) {
  return node.define("Transpose", node.getOperands(), NodeAttr("perm", op.getPermutation()));
}

static LogicalResult exportConcat(NodeExporter &node, ConcatOp op) {
  return node.define("Concat", node.getOperands(), NodeAttr("axis", op.getAxis()));
}

static LogicalResult exportSlice(NodeExporter &node, SliceOp op) {
  return node.define("Slice", {node.getOperand(op.getInput()), node.getI64(op.getStarts()),
                               node.getI64(op.getEnds()), node.createInts(op.getAxes(), "axes"),
                               node.getI64(op.getSteps())});
}

static LogicalResult exportSplit(NodeExporter &node, SplitOp op) {
  return node.define("Split",
                     {node.getOperand(op.getInput()), node.createInts(op.getSizes(), "sizes")},
                     NodeAttr("axis", op.getAxis()));
}

static LogicalResult exportExpand(NodeExporter &node, ExpandOp op) {
  return node.define("Expand", {node.getOperand(op.getInput()), node.getI64(op.getShape())});
}

static LogicalResult exportTile(NodeExporter &node, TileOp op) {
  return node.define("Tile", {node.getOperand(op.getInput()), node.getI64(op.getRepeats())});
}

static StringRef getPadMode(PadMode mode) {
  switch (mode) {
  case PadMode::Constant:
    return "constant";
  case PadMode::Edge:
    return "edge";
  case PadMode::Reflect:
    return "reflect";
  case PadMode::Wrap:
    return "wrap";
  }
  llvm_unreachable("all modes are listed");
}

static LogicalResult exportPad(NodeExporter &node, PadOp op) {
  bool hasValue = op.getMode() == PadMode::Constant;
  return node.define("Pad",
                     {node.getOperand(op.getInput()), node.getI64(op.getPads()),
                      hasValue ? node.getScalar(op.getValue()) : ""},
                     NodeAttr("mode", getPadMode(op.getMode())));
}

static LogicalResult exportShape(NodeExporter &node, ShapeOp op) {
  return node.define("Shape", node.getOperands(), {{"start", op.getStart()}, {"end", op.getEnd()}});
}

/// ONNX has it for the common widths; the others go through i64 or f32.
static LogicalResult exportRange(NodeExporter &node, RangeOp op) {
  Type elementType = NodeExporter::getElementType(op.getStart());
  bool isKnown = elementType.isSignlessInteger(16) || elementType.isSignlessInteger(32) ||
                 elementType.isSignlessInteger(64) || elementType.isF32() || elementType.isF64();
  Type computed = llvm::isa<FloatType>(elementType) ? Type(Float32Type::get(op.getContext()))
                                                    : IntegerType::get(op.getContext(), 64);
  Names operands;
  for (Value operand : op->getOperands())
    operands.push_back(isKnown ? node.getScalar(operand)
                               : node.createCast(node.getScalar(operand), computed));
  return isKnown ? node.define("Range", operands)
                 : node.defineCast(node.create("Range", operands), elementType);
}

static LogicalResult exportConstantOfShape(NodeExporter &node, ConstantOfShapeOp op) {
  auto value = llvm::dyn_cast<DenseElementsAttr>(op.getValue());
  auto type = llvm::cast<ShapedType>(op.getValue().getType());
  if (!value || type.getNumElements() != 1)
    return node.refuse() << "its value must be one element";
  return node.define("ConstantOfShape", node.getI64(op.getShape()),
                     NodeAttr("value", ElementsAttr(value.reshape(type.clone({1})))));
}

void mlir::halftone::addShapeExports(ExportTable &table) {
  table.addPlain<SizeOp>("Size");
  table.add(exportConcat);
  table.add(exportConstantOfShape);
  table.add(exportExpand);
  table.add(exportFlatten);
  table.add(exportPad);
  table.add(exportRange);
  table.add(exportReshape);
  table.add(exportShape);
  table.add(exportSlice);
  table.add(exportSplit);
  table.add(exportSqueeze);
  table.add(exportTile);
  table.add(exportTranspose);
  table.add(exportUnsqueeze);
}
