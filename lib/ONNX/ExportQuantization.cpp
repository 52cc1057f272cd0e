// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Codes between QuantizeLinear and DequantizeLinear.
#include "ExportGrid.h"
#include "GraphExporter.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

template <typename OpT> static ExportGrid readGrid(NodeExporter &node, OpT op) {
  ExportGrid grid;
  grid.type = NodeExporter::getType(op.getInput());
  grid.scale = ExportGrid::readValue(node, op.getScale(), "scale");
  grid.zeroPoint = ExportGrid::readValue(node, op.getZeroPoint(), "zero_point");
  int64_t rank = grid.type.getRank(), axis = op.getAxis();
  grid.axis = axis < 0 ? axis + rank : axis;
  if (op.getBlocks())
    grid.blocks = SmallVector<int64_t>(*op.getBlocks());
  return grid;
}

static bool isLinearScale(Type elementType) {
  return elementType.isF32() || elementType.isF16() || elementType.isBF16();
}

/// Codes that DequantizeLinear reads.
static bool isLinearCode(Type elementType) {
  std::optional<StoredType> stored = getStoredType(elementType);
  if (!stored || llvm::isa<Float8E8M0FNUType>(stored->type))
    return false;
  unsigned width = stored->type.getIntOrFloatBitWidth();
  if (llvm::isa<FloatType>(stored->type))
    return width == 8 || width == 4;
  return (width > 1 && width <= 16) || stored->type.isSignlessInteger(32);
}

/// Whether something is to be subtracted from the codes. Powers of two have no zero; theirs counts
/// as one.
static bool hasZeroPoint(const ExportGrid &grid) {
  return !grid.zeroPoint.isAll(0) && !llvm::isa<Float8E8M0FNUType>(grid.type.getElementType());
}

/// The codes, in a type that ONNX Runtime computes with: ONNX has fp4, but nobody dequantizes it.
static std::string writeCodes(NodeExporter &node, DequantizeOp op) {
  ElementsAttr codes = getConstant(op.getInput());
  if (!codes || !llvm::isa<Float4E2M1FNType>(codes.getElementType()))
    return node.getOperand(op.getInput(), "codes");
  ElementsAttr widened = widenFloats(codes);
  if (!widened)
    node.refuse() << "the elements of its codes are not in memory";
  return widened ? node.createConstant(widened, "codes") : "";
}

/// (codes - zero_point) * scale by arithmetic.
static LogicalResult exportByArithmetic(NodeExporter &node, DequantizeOp op, ExportGrid grid) {
  Type codeType = grid.type.getElementType(), scaleType = grid.scale.type.getElementType();
  Type i32 = IntegerType::get(op.getContext(), 32);
  if (!spreadParameter(node, grid, grid.scale) || !spreadParameter(node, grid, grid.zeroPoint))
    return failure();
  std::string value = writeCodes(node, op);
  bool isInteger = codeType.isInteger();
  if (hasZeroPoint(grid)) {
    // The difference of integers is exact in i32.
    Type exact = isInteger ? i32 : scaleType;
    std::string zeroPoint = grid.zeroPoint.name;
    if (codeType != exact) {
      value = node.createCast(value, exact);
      zeroPoint = node.createCast(zeroPoint, exact);
    }
    value = node.create("Sub", {value, zeroPoint});
    codeType = exact;
  }
  if (grid.scale.isAll(1))
    return codeType == scaleType ? node.define("Identity", value)
                                 : node.defineCast(value, scaleType);
  if (codeType != scaleType)
    value = node.createCast(value, scaleType);
  return node.define("Mul", {value, grid.scale.name});
}

static LogicalResult exportDequantize(NodeExporter &node, DequantizeOp op) {
  ExportGrid grid = readGrid(node, op);
  if (node.hasFailed())
    return failure();
  Type codeType = grid.type.getElementType();
  std::optional<StoredType> stored = getStoredType(codeType);
  if ((stored && stored->type != codeType) || llvm::isa<Float4E2M1FNType>(codeType))
    node.noteSubstitute(
        "codes of 3, 5, 6 or 7 bits and of fp4 and fp6 are written in the next wider "
        "type, with the same values: the ONNX model is larger");
  if (isLinearCode(codeType) && isLinearScale(grid.scale.type.getElementType()))
    if (std::optional<LinearGrid> linear = writeLinearGrid(node, grid))
      return node.define("DequantizeLinear",
                         {writeCodes(node, op), linear->scale, linear->zeroPoint}, linear->attrs);
  if (node.hasFailed())
    return failure();
  node.noteSubstitute(
      "codes or scales that DequantizeLinear does not take are written as Cast, Sub "
      "and Mul");
  return exportByArithmetic(node, op, std::move(grid));
}

/// Codes of `input` by QuantizeLinear; an empty name after an error.
static std::optional<std::pair<Names, SmallVector<NodeAttr>>>
writeQuantize(NodeExporter &node, std::string input, Type inputType, ExportGrid grid) {
  Type codeType = grid.zeroPoint.type.getElementType();
  std::optional<StoredType> stored = getStoredType(codeType);
  if (!isLinearCode(codeType) || stored->type != codeType || codeType.isInteger(32)) {
    node.refuse() << "QuantizeLinear does not make codes of " << codeType;
    return std::nullopt;
  }
  Type f32 = Float32Type::get(codeType.getContext());
  // One type for both, in which the quotient is evaluated.
  if (inputType != grid.scale.type.getElementType() || !isLinearScale(inputType)) {
    if (!inputType.isF32())
      input = node.createCast(input, f32);
    if (!grid.scale.type.getElementType().isF32()) {
      grid.scale.name = node.createCast(grid.scale.name, f32);
      grid.scale = {grid.scale.name, grid.scale.type.clone(f32), nullptr};
    }
  }
  std::optional<LinearGrid> linear = writeLinearGrid(node, grid);
  if (!linear) {
    if (!node.hasFailed())
      node.refuse() << "QuantizeLinear has no scales of " << grid.scale.type << " for "
                    << grid.type;
    return std::nullopt;
  }
  std::optional<int32_t> dataType = node.getDataType(codeType);
  if (linear->zeroPoint.empty() && dataType)
    linear->attrs.push_back({"output_dtype", *dataType});
  return std::make_pair(Names{input, linear->scale, linear->zeroPoint}, linear->attrs);
}

/// Whether values become 16-bit floats as they are.
static bool isRounding(const ExportGrid &grid) {
  Type codeType = grid.zeroPoint.type.getElementType();
  return (codeType.isBF16() || codeType.isF16()) && grid.scale.isAll(1) && grid.zeroPoint.isAll(0);
}

static LogicalResult exportQuantize(NodeExporter &node, QuantizeOp op) {
  ExportGrid grid = readGrid(node, op);
  if (node.hasFailed())
    return failure();
  if (isRounding(grid))
    return node.defineCast(node.getOperand(op.getInput()), grid.zeroPoint.type.getElementType());
  auto written = writeQuantize(node, node.getOperand(op.getInput()),
                               NodeExporter::getElementType(op.getInput()), std::move(grid));
  return written ? node.define("QuantizeLinear", written->first, written->second) : failure();
}

//===--- Scales found at run time ---===//

namespace {
struct DynamicGrid {
  std::string scale, zeroPoint;
};
} // namespace

static std::string createExtreme(NodeExporter &node, StringRef reduction, StringRef input,
                                 DynamicQuantizeOp op) {
  bool perTensor = int64_t(op.getAxes().size()) == NodeExporter::getRank(op.getInput());
  return node.create(reduction, {input.str(), node.createInts(op.getAxes(), "axes")},
                     NodeAttr("keepdims", !perTensor));
}

/// range / levels, 1 where the range is empty.
static std::string createScale(NodeExporter &node, StringRef range, double levels) {
  Type f32 = Float32Type::get(node.getOperation()->getContext());
  std::string scale = node.create("Div", {range.str(), node.createScalar(f32, levels, "levels")});
  std::string isEmpty = node.create("Equal", {scale, node.createScalar(f32, 0, "zero")});
  return node.create("Where", {isEmpty, node.createScalar(f32, 1, "one"), scale});
}

static DynamicGrid createSymmetricGrid(NodeExporter &node, StringRef input, DynamicQuantizeOp op) {
  std::string magnitude = node.create("Abs", input.str());
  std::string scale = createScale(node, createExtreme(node, "ReduceMax", magnitude, op), 127);
  auto type = RankedTensorType::get({}, op.getTo());
  bool isUnsigned = op.getTo().isUnsignedInteger();
  return {scale, node.createScalar(type.getElementType(), isUnsigned ? 128 : 0, "zero_point")};
}

static DynamicGrid createAsymmetricGrid(NodeExporter &node, StringRef input, DynamicQuantizeOp op) {
  Type f32 = Float32Type::get(op.getContext());
  bool isUnsigned = op.getTo().isUnsignedInteger();
  std::string zero = node.createScalar(f32, 0, "zero");
  std::string low = node.create("Min", {createExtreme(node, "ReduceMin", input, op), zero});
  std::string high = node.create("Max", {createExtreme(node, "ReduceMax", input, op), zero});
  std::string scale = createScale(node, node.create("Sub", {high, low}), 255);
  std::string quotient = node.create("Div", {low, scale});
  std::string position =
      node.create("Sub", {node.createScalar(f32, isUnsigned ? 0 : -128, "lowest"), quotient});
  // A scale of one: it only rounds and saturates.
  std::string one = node.createScalar(f32, 1, "one");
  std::optional<int32_t> dataType = node.getDataType(op.getTo());
  std::string zeroPoint = node.create("QuantizeLinear", {position, one},
                                      NodeAttr("output_dtype", dataType.value_or(0)));
  return {scale, zeroPoint};
}

static LogicalResult exportDynamicQuantize(NodeExporter &node, DynamicQuantizeOp op) {
  RankedTensorType type = NodeExporter::getType(op.getInput());
  std::string input = node.getOperand(op.getInput());
  Type f32 = Float32Type::get(op.getContext());
  if (!type.getElementType().isF32())
    input = node.createCast(input, f32);
  bool perTensor = int64_t(op.getAxes().size()) == type.getRank();
  if (perTensor && !op.getSymmetric() && op.getTo().isUnsignedInteger())
    return node.define("DynamicQuantizeLinear", input);
  DynamicGrid values = op.getSymmetric() ? createSymmetricGrid(node, input, op)
                                         : createAsymmetricGrid(node, input, op);
  auto scaleType = NodeExporter::getType(op.getScale());
  auto zeroType = NodeExporter::getType(op.getZeroPoint());
  ExportGrid grid;
  grid.type = type;
  grid.scale = {values.scale, scaleType, nullptr};
  grid.zeroPoint = {values.zeroPoint, zeroType, nullptr};
  if (op.getSymmetric()) {
    auto scalar = RankedTensorType::get({}, op.getTo());
    int64_t middle = op.getTo().isUnsignedInteger() ? 128 : 0;
    grid.zeroPoint.constant = DenseElementsAttr::get(
        scalar, APInt(8, uint64_t(middle), /*isSigned=*/false, /*implicitTrunc=*/true));
    grid.zeroPoint.type = scalar;
  }
  auto written = writeQuantize(node, input, f32, grid);
  if (!written)
    return failure();
  std::string codes = node.create("QuantizeLinear", written->first, written->second);
  std::string zeroPoint = values.zeroPoint;
  if (op.getSymmetric() && !op.getZeroPoint().use_empty() && !perTensor)
    zeroPoint =
        node.create("Expand", {zeroPoint, node.createDims(values.scale, 0, scaleType.getRank())});
  return success(succeeded(node.alias(codes, 0)) && succeeded(node.alias(values.scale, 1)) &&
                 succeeded(node.alias(zeroPoint, 2)));
}

/// What remains of it is an identity.
static LogicalResult exportObserve(NodeExporter &node, ObserveOp op) {
  return node.alias(node.getOperand(op.getInput()));
}

void mlir::halftone::addQuantizationExports(ExportTable &table) {
  table.add(exportDequantize);
  table.add(exportDynamicQuantize);
  table.add(exportObserve);
  table.add(exportQuantize);
}
