// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Quantized models: QDQ and the integer ops.
#include "Builders.h"
#include "Compose.h"
#include "Contrib.h"
#include "QuantizationBuilder.h"
#include "Windows.h"

using namespace mlir;
using namespace mlir::halftone;

static bool hasOneElement(Value value) {
  RankedTensorType type = NodeImporter::getType(value);
  return type.hasStaticShape() && type.getNumElements() == 1;
}

/// The dimension that scales vary over. It does not matter for a single scale, and its default
/// may then lie outside of a small tensor.
static int64_t getQuantizedAxis(NodeImporter &node) {
  int64_t axis = node.getInt("axis", 1);
  Value scale = node.getOperand(1);
  if (hasOneElement(scale) || NodeImporter::getRank(scale) != 1)
    return 0;
  return node.normalizeAxis(axis, NodeImporter::getRank(node.getOperand(0)));
}

static Value getZeroPoint(NodeImporter &node, unsigned index, Type elementType) {
  if (Value zeroPoint = node.getOperand(index))
    return zeroPoint;
  return node.hasFailed() ? Value() : node.createScalar(elementType, 0);
}

/// The number of elements along the axis that share a scale; 0 if they are not blocked.
static int64_t readBlockSize(NodeImporter &node) {
  int64_t size = node.getInt("block_size", 0);
  Value scale = node.getOperand(1);
  if (!node.hasFailed() && size < 0)
    node.emitError() << "attribute 'block_size' is " << size << ", expected 0 or more";
  if (size == 0 || node.hasFailed() || hasOneElement(scale) || NodeImporter::getRank(scale) < 2)
    return 0;
  // One block along the axis: the scales broadcast, as those of rows do.
  RankedTensorType type = NodeImporter::getType(scale);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 1), type.getRank());
  return node.hasFailed() || type.getDimSize(axis) == 1 ? 0 : size;
}

/// Where the blocks are.
static BlockAxis getBlockAxis(NodeImporter &node, Value input, int64_t size) {
  if (node.hasFailed())
    return {};
  return {node.normalizeAxis(node.getInt("axis", 1), NodeImporter::getRank(input)), size};
}

/// Floats can do without saturating.
static Value buildUnsaturated(NodeImporter &node, Value input, const Grid &grid, int64_t axis) {
  int64_t rank = NodeImporter::getRank(input);
  Value scale = grid.scale;
  if (NodeImporter::getRank(scale) == 1 && !hasOneElement(scale))
    scale = node.appendUnitDims(scale, rank - 1 - axis);
  Value ratio = node.create<DivOp>(input, node.castTo(scale, NodeImporter::getElementType(input)));
  return node.create<CastOp>(ratio, NodeImporter::getElementType(grid.zeroPoint),
                             /*saturate=*/false);
}

static LogicalResult importQuantizeLinear(NodeImporter &node) {
  Value input = node.getOperand(0), scale = node.getOperand(1);
  bool saturate = node.getFlag("saturate", true);
  int64_t block = readBlockSize(node);
  int64_t axis = block ? 0 : getQuantizedAxis(node);
  node.ignoreAttr("precision"); // Of the division; here it is f32, which is none less.
  Type codes = node.getElementTypeAttr(
      "output_dtype", IntegerType::get(node.getBuilder().getContext(), 8, IntegerType::Unsigned));
  if (node.hasFailed())
    return failure();
  Value zeroPoint = getZeroPoint(node, 2, codes);
  if (node.hasAttr("output_dtype") && zeroPoint && NodeImporter::getElementType(zeroPoint) != codes)
    return node.emitError() << "attribute 'output_dtype' disagrees with the type of the zero point";
  if (NodeImporter::getElementType(input).isInteger())
    input = node.castTo(input, NodeImporter::getElementType(scale));
  BlockAxis blockAxis = block ? getBlockAxis(node, input, block) : BlockAxis();
  if (node.hasFailed())
    return failure();
  bool isFloat = llvm::isa<FloatType>(NodeImporter::getElementType(zeroPoint));
  if (block && !saturate && isFloat)
    return node.emitError() << "blocks of floats are only supported with 'saturate' 1";
  if (block) {
    auto sizes = node.getBuilder().getDenseI64ArrayAttr(
        getBlockSizes(NodeImporter::getRank(input), blockAxis));
    return node.setResults(
        {node.create<QuantizeOp>(input, scale, zeroPoint, /*axis=*/int64_t(0), sizes)});
  }
  if (!saturate && isFloat)
    return node.setResults({buildUnsaturated(node, input, {scale, zeroPoint}, axis)});
  return node.setResults({node.create<QuantizeOp>(input, scale, zeroPoint, axis)});
}

static LogicalResult importDequantizeLinear(NodeImporter &node) {
  Value input = node.getOperand(0), scale = node.getOperand(1);
  int64_t block = readBlockSize(node);
  int64_t axis = block ? 0 : getQuantizedAxis(node);
  Type result = node.getElementTypeAttr("output_dtype", NodeImporter::getElementType(scale));
  Value zeroPoint = getZeroPoint(node, 2, NodeImporter::getElementType(input));
  if (node.hasFailed())
    return failure();
  // Powers of two have no arithmetic of their own.
  if (llvm::isa<Float8E8M0FNUType>(NodeImporter::getElementType(scale)))
    scale = node.castTo(scale, node.getBuilder().getF32Type());
  Value output;
  if (block)
    output =
        buildDequantizedBlocks(node, input, {scale, zeroPoint}, getBlockAxis(node, input, block));
  else
    output = node.create<DequantizeOp>(input, scale, zeroPoint, axis);
  return node.setResults({node.hasFailed() ? output : node.castTo(output, result)});
}

static LogicalResult importDynamicQuantizeLinear(NodeImporter &node) {
  Value input = node.getOperand(0);
  auto codes = IntegerType::get(node.getBuilder().getContext(), 8, IntegerType::Unsigned);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, NodeImporter::getRank(input)));
  return node.setResults(
      node.createMany<DynamicQuantizeOp>(3, input, axes, /*symmetric=*/false, codes));
}

/// ONNX gives one value per row as a vector [M]; here it is [M, 1], which broadcasts.
static Value alignRows(NodeImporter &node, Value perRow) {
  if (node.hasFailed() || NodeImporter::getRank(perRow) != 1 || hasOneElement(perRow))
    return perRow;
  return node.appendUnitDims(perRow, 1);
}

static LogicalResult importMatMulInteger(NodeImporter &node) {
  Value lhs = node.getOperand(0), rhs = node.getOperand(1);
  Value lhsZero = getZeroPoint(node, 2, NodeImporter::getElementType(lhs));
  Value rhsZero = getZeroPoint(node, 3, NodeImporter::getElementType(rhs));
  return node.setResults(
      {node.create<MatMulIntegerOp>(lhs, rhs, alignRows(node, lhsZero), rhsZero)});
}

/// The exact integer convolution; its window attributes are those of Conv.
static Value buildConvInteger(NodeImporter &node, Value input, Value filter, Value inputZero,
                              Value filterZero) {
  if (!node.hasFailed() && NodeImporter::getRank(filter) < 3) {
    node.emitError() << "expects a filter [O, C / group, spatial…], but it is " << filter.getType();
    return nullptr;
  }
  if (node.hasFailed())
    return nullptr;
  std::optional<Window> window =
      readWindow(node, input, NodeImporter::getType(filter).getShape().drop_front(2));
  int64_t group = node.getInt("group", 1);
  if (!window)
    return nullptr;
  resolveAutoPad(node, input, *window);
  return node.create<ConvIntegerOp>(input, filter, inputZero, filterZero, window->strides,
                                    window->dilations, window->pads, group);
}

static LogicalResult importConvInteger(NodeImporter &node) {
  Value input = node.getOperand(0), filter = node.getOperand(1);
  Value inputZero = getZeroPoint(node, 2, NodeImporter::getElementType(input));
  Value filterZero = getZeroPoint(node, 3, NodeImporter::getElementType(filter));
  return node.setResults({buildConvInteger(node, input, filter, inputZero, filterZero)});
}

/// Renders an i32 accumulator in the codes of the output: exact integers, one scale product, one
/// rounding.
static Value buildRequantize(NodeImporter &node, Value accumulator, Value scale, int64_t axis,
                             Value outputScale, Value outputZero) {
  Value zero = node.createScalar(node.getBuilder().getI32Type(), 0);
  Value real = node.create<DequantizeOp>(accumulator, scale, zero, axis);
  return node.create<QuantizeOp>(real, outputScale, outputZero, /*axis=*/0);
}

static LogicalResult importQLinearMatMul(NodeImporter &node) {
  SmallVector<Value> in = node.getOperands(); // a, scale, zero, b, scale, zero, y scale, zero
  Value lhsScale = alignRows(node, in[1]);
  Value sum = node.create<MatMulIntegerOp>(in[0], in[3], alignRows(node, in[2]), in[5]);
  Value scale = node.create<MulOp>(lhsScale, in[4]);
  if (node.hasFailed())
    return failure();
  int64_t rank = NodeImporter::getRank(sum), scaleRank = NodeImporter::getRank(scale);
  // Scales per row need the accumulator's rank.
  if (scaleRank > 1 && scaleRank < rank)
    scale =
        node.create<UnsqueezeOp>(scale, llvm::to_vector(llvm::seq<int64_t>(0, rank - scaleRank)));
  int64_t axis = std::max<int64_t>(rank - 1, 0);
  return node.setResults(
      {buildRequantize(node, sum, scale, axis, alignRows(node, in[6]), alignRows(node, in[7]))});
}

static LogicalResult importQLinearConv(NodeImporter &node) {
  SmallVector<Value> in = node.getOperands(); // x, scale, zero, w, scale, zero, y scale, zero, bias
  Value sum = buildConvInteger(node, in[0], in[3], in[2], in[5]);
  if (!sum)
    return failure();
  if (in.size() > 8 && in[8])
    sum = node.create<AddOp>(sum, node.appendUnitDims(in[8], NodeImporter::getRank(sum) - 2));
  Value scale = node.create<MulOp>(in[1], in[4]);
  return node.setResults({buildRequantize(node, sum, scale, /*axis=*/1, in[6], in[7])});
}

void halftone::addQuantizationOps(OpTable &table) {
  table.add({
      {"DequantizeLinear", {2, 3}, importDequantizeLinear, kContribOpset, kContribDomain},
      {"QuantizeLinear", {2, 3}, importQuantizeLinear, kContribOpset, kContribDomain},
      {"ConvInteger", {2, 4}, importConvInteger, fromOpset(10), kOnnxDomain, codesOf("Conv")},
      {"DequantizeLinear", {2, 3}, importDequantizeLinear, fromOpset(10)},
      {"DynamicQuantizeLinear", 1, importDynamicQuantizeLinear, fromOpset(11)},
      {"MatMulInteger", {2, 4}, importMatMulInteger, fromOpset(10), kOnnxDomain, codesOf("MatMul")},
      {"QLinearConv", {8, 9}, importQLinearConv, fromOpset(10), kOnnxDomain, codesOf("Conv")},
      {"QLinearMatMul", 8, importQLinearMatMul, fromOpset(10), kOnnxDomain, codesOf("MatMul")},
      {"QuantizeLinear", {2, 3}, importQuantizeLinear, fromOpset(10)},
  });
}
