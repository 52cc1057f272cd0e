// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products, convolutions, exact integer ones among them, and pools.
#include "GraphExporter.h"
#include "NBitsWeights.h"
#include "NodeExporter.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

/// ONNX has products of integers of at least 32 bits; narrower ones wrap when they are cast back.
static LogicalResult exportMatMul(NodeExporter &node, MatMulOp op) {
  if (std::optional<NBitsWeights> weights = matchNBitsWeights(op, node.getOptions()))
    return exportMatMulNBits(node, op, *weights);
  Type elementType = NodeExporter::getElementType(op.getLhs());
  if (!elementType.isInteger() || elementType.getIntOrFloatBitWidth() >= 32)
    return node.define("MatMul", node.getOperands());
  Names operands;
  for (Value operand : op->getOperands())
    operands.push_back(
        node.createCast(node.getOperand(operand), IntegerType::get(op.getContext(), 32)));
  return node.defineCast(node.create("MatMul", operands), elementType);
}

/// The attributes that all sliding windows have.
template <typename OpT> static SmallVector<NodeAttr> getWindowAttrs(OpT op) {
  return {{"strides", op.getStrides()}, {"dilations", op.getDilations()}, {"pads", op.getPads()}};
}

template <typename OpT> static LogicalResult checkLayout(NodeExporter &node, OpT op) {
  if (op.getLayout() == Layout::ChannelsFirst)
    return success();
  return node.refuse() << "its channels are last; export the model before layouts are changed";
}

template <typename OpT> static SmallVector<NodeAttr> getConvAttrs(OpT op) {
  SmallVector<NodeAttr> attrs = getWindowAttrs(op);
  attrs.push_back({"group", op.getGroup()});
  ArrayRef<int64_t> kernel = NodeExporter::getType(op.getFilter()).getShape().drop_front(2);
  if (!ShapedType::isDynamicShape(kernel))
    attrs.push_back({"kernel_shape", kernel});
  return attrs;
}

static LogicalResult exportConv(NodeExporter &node, ConvOp op) {
  if (failed(checkLayout(node, op)))
    return failure();
  return node.define("Conv", node.getOperands(), getConvAttrs(op));
}

static LogicalResult exportConvTranspose(NodeExporter &node, ConvTransposeOp op) {
  SmallVector<NodeAttr> attrs = getConvAttrs(op);
  attrs.push_back({"output_padding", op.getOutputPadding()});
  return node.define("ConvTranspose", node.getOperands(), attrs);
}

/// A zero point as ONNX wants it: nothing for zero, else one number or one per channel.
static std::string getZeroPoint(NodeExporter &node, Value zeroPoint) {
  if (ElementsAttr elements = getConstant(zeroPoint)) {
    std::optional<std::vector<int64_t>> values = readIntegers(elements);
    if (values && llvm::all_of(*values, [](int64_t value) { return value == 0; }))
      return "";
    if (values && llvm::all_equal(*values) && !values->empty())
      return node.createScalar(elements.getElementType(), double(values->front()), "zero_point");
  }
  RankedTensorType type = NodeExporter::getType(zeroPoint);
  if (type.hasStaticShape() && type.getNumElements() == 1)
    return node.getScalar(zeroPoint);
  std::string name = node.getOperand(zeroPoint, "zero_point");
  return type.getRank() == 1 ? name : node.createReshape(name, {-1});
}

static LogicalResult exportMatMulInteger(NodeExporter &node, MatMulIntegerOp op) {
  RankedTensorType rows = NodeExporter::getType(op.getLhsZeroPoint());
  if (rows.getRank() > 2)
    return node.refuse() << "its zero points of rows have batch dimensions, " << rows;
  return node.define("MatMulInteger",
                     {node.getOperand(op.getLhs()), node.getOperand(op.getRhs(), "codes"),
                      getZeroPoint(node, op.getLhsZeroPoint()),
                      getZeroPoint(node, op.getRhsZeroPoint())});
}

static LogicalResult exportConvInteger(NodeExporter &node, ConvIntegerOp op) {
  if (failed(checkLayout(node, op)))
    return failure();
  return node.define("ConvInteger",
                     {node.getOperand(op.getInput()), node.getOperand(op.getFilter(), "codes"),
                      getZeroPoint(node, op.getInputZeroPoint()),
                      getZeroPoint(node, op.getFilterZeroPoint())},
                     getConvAttrs(op));
}

template <typename OpT> static SmallVector<NodeAttr> getPoolAttrs(NodeExporter &node, OpT op) {
  // Since then a window that starts in the padding at the end is none.
  if (op.getCeilMode())
    node.requireOpset(22);
  SmallVector<NodeAttr> attrs = getWindowAttrs(op);
  attrs.push_back({"kernel_shape", op.getKernel()});
  attrs.push_back({"ceil_mode", op.getCeilMode()});
  return attrs;
}

/// ONNX has it for floats and 8-bit integers. f64 has all values of the other ones up to 32 bits.
static LogicalResult exportMaxPool(NodeExporter &node, MaxPoolOp op) {
  if (failed(checkLayout(node, op)))
    return failure();
  Type elementType = NodeExporter::getElementType(op.getInput());
  if (!elementType.isInteger() || elementType.getIntOrFloatBitWidth() == 8)
    return node.define("MaxPool", node.getOperands(), getPoolAttrs(node, op));
  if (elementType.getIntOrFloatBitWidth() > 32)
    return node.refuse() << "it has no maximum over windows of " << elementType;
  std::string input =
      node.createCast(node.getOperand(op.getInput()), Float64Type::get(op.getContext()));
  return node.defineCast(node.create("MaxPool", input, getPoolAttrs(node, op)), elementType);
}

static LogicalResult exportAveragePool(NodeExporter &node, AveragePoolOp op) {
  if (failed(checkLayout(node, op)))
    return failure();
  SmallVector<NodeAttr> attrs = getPoolAttrs(node, op);
  attrs.push_back({"count_include_pad", op.getCountIncludePad()});
  return node.define("AveragePool", node.getOperands(), attrs);
}

void mlir::halftone::addContractionExports(ExportTable &table) {
  table.add(exportAveragePool);
  table.add(exportConv);
  table.add(exportConvInteger);
  table.add(exportConvTranspose);
  table.add(exportMatMul);
  table.add(exportMatMulInteger);
  table.add(exportMaxPool);
}
