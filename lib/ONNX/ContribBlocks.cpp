// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights of ONNX Runtime's domain in blocks of a few bits each: [N, blocks, bytes], packed with
// the first element in the lowest bits.
#include "Compose.h"
#include "Contrib.h"
#include "QuantizationBuilder.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

static Type codeType(NodeImporter &node) {
  return IntegerType::get(node.getBuilder().getContext(), 8, IntegerType::Unsigned);
}

/// `bits` wide codes of rows of `rowBytes` bytes, cut to `perRow` of them, one to a byte.
static std::vector<uint8_t> unpackRows(ArrayRef<char> packed, int64_t rowBytes, int64_t perRow,
                                       int64_t bits) {
  std::vector<uint8_t> codes;
  int64_t perByte = 8 / bits;
  for (int64_t row = 0; row + rowBytes <= int64_t(packed.size()); row += rowBytes)
    for (int64_t i = 0; i < perRow; ++i) {
      uint8_t byte = uint8_t(packed[row + i / perByte]);
      codes.push_back((byte >> (i % perByte * bits)) & ((1 << bits) - 1));
    }
  return codes;
}

/// A constant of packed codes as one of `shape`, whose last dimension is packed by itself. Null
/// after an error.
static Value unpackConstant(NodeImporter &node, Value packed, StringRef name,
                            ArrayRef<int64_t> shape, int64_t bits) {
  ElementsAttr elements = packed ? getConstant(packed) : ElementsAttr();
  std::optional<std::vector<char>> bytes;
  if (elements && elements.getElementType().getIntOrFloatBitWidth() == 8)
    bytes = copyRawBytes(elements);
  int64_t perRow = shape.back(), rowBytes = llvm::divideCeil(perRow * bits, 8), rows = 1;
  for (int64_t dim : shape.drop_back())
    rows *= dim;
  if (!bytes || int64_t(bytes->size()) != rows * rowBytes) {
    if (!node.hasFailed())
      node.emitError() << "input '" << name << "' is only supported as a constant of " << rows
                       << " rows of " << rowBytes << " bytes";
    return nullptr;
  }
  std::vector<uint8_t> codes = unpackRows(*bytes, rowBytes, perRow, bits);
  auto type = RankedTensorType::get(shape, codeType(node));
  return node.createConstant(makeConstant(type, ArrayRef<uint8_t>(codes), name));
}

static bool isSupportedWidth(NodeImporter &node, int64_t bits) {
  if (bits == 2 || bits == 4 || bits == 8)
    return true;
  if (!node.hasFailed())
    node.emitError() << "attribute 'bits' is " << bits << "; only 2, 4 and 8 are supported";
  return false;
}

namespace {
struct WeightBlocks {
  int64_t columns, rows, bits, size; // N, K
  int64_t count() const { return llvm::divideCeil(rows, size); }
};
} // namespace

/// The float weights [N, blocks * size]. Zero points are packed codes, or floats.
static Value buildWeights(NodeImporter &node, const WeightBlocks &blocks) {
  Value codes = unpackConstant(node, node.getOperand(1), "B",
                               {blocks.columns, blocks.count(), blocks.size}, blocks.bits);
  Value scale = buildReshape(node, node.getOperand(2), {blocks.columns, blocks.count(), 1});
  Value zeroPoint = node.getOperand(3), shift;
  Value middle = node.createScalar(codeType(node), double(int64_t(1) << (blocks.bits - 1)));
  if (zeroPoint && llvm::isa<FloatType>(NodeImporter::getElementType(zeroPoint))) {
    // (code - zero) * scale, with a zero that is no code.
    shift = buildReshape(node, zeroPoint, {blocks.columns, blocks.count(), 1});
    shift = node.create<MulOp>(node.castTo(shift, NodeImporter::getElementType(scale)), scale);
    middle = node.createScalar(codeType(node), 0);
  } else if (zeroPoint) {
    Value unpacked = unpackConstant(node, zeroPoint, "zero_points",
                                    {blocks.columns, blocks.count()}, blocks.bits);
    middle = unpacked ? buildUnsqueeze(node, unpacked, 2) : Value();
  }
  if (node.hasFailed() || !codes || !middle)
    return nullptr;
  Value weights = node.create<DequantizeOp>(codes, scale, middle, /*axis=*/int64_t(0));
  if (shift)
    weights = node.create<SubOp>(weights, shift);
  return buildReshape(node, weights, {blocks.columns, -1});
}

/// A * W', W of a few bits per element.
static LogicalResult importMatMulNBits(NodeImporter &node) {
  Value input = node.getOperand(0), bias = node.getOperand(5);
  WeightBlocks blocks{node.requireInt("N"), node.requireInt("K"), node.getInt("bits", 4),
                      node.requireInt("block_size")};
  node.ignoreAttr("accuracy_level"); // A lower bound; f32 is above all of them.
  node.expectInt("weight_prepacked", 0, 0);
  if (!isSupportedWidth(node, blocks.bits) || node.hasFailed())
    return failure();
  if (node.getOperand(4))
    return node.emitError() << "input 'g_idx' is not supported; export the model without it";
  constexpr int64_t kMax = int64_t(1) << 31;
  if (blocks.columns <= 0 || blocks.rows <= 0 || blocks.size <= 0 || blocks.columns > kMax ||
      blocks.rows > kMax / blocks.columns * 8 || blocks.size > kMax)
    return node.emitError() << "expects positive 'N', 'K' and 'block_size' of a plausible size";
  Value weights = buildWeights(node, blocks);
  if (!weights)
    return failure();
  if (blocks.count() * blocks.size != blocks.rows)
    weights = buildSlice(node, weights, 1, 0, blocks.rows);
  Value matrix =
      node.castTo(buildMatrixTranspose(node, weights), NodeImporter::getElementType(input));
  Value result = node.create<MatMulOp>(input, matrix);
  if (bias)
    result = node.create<AddOp>(result, bias);
  return node.setResults({result});
}

/// Rows of a table of a few bits per element.
static LogicalResult importGatherBlockQuantized(NodeImporter &node) {
  Value data = node.getOperand(0), indices = node.getOperand(1), scale = node.getOperand(2);
  Value zeroPoint = node.getOperand(3);
  int64_t bits = node.getInt("bits", 4), size = node.getInt("block_size", 128);
  int64_t rank = NodeImporter::getRank(data);
  int64_t gatherAxis = node.normalizeAxis(node.getInt("gather_axis", 0), rank);
  int64_t axis = node.normalizeAxis(node.getInt("quantize_axis", 1), rank);
  if (!isSupportedWidth(node, bits) || node.hasFailed())
    return failure();
  if (gatherAxis != 0 || axis != rank - 1 || axis == 0 || size <= 0)
    return node.emitError() << "is only supported for rows whose last dimension is in blocks";
  Type elementType = NodeImporter::getElementType(data);
  bool isPacked = elementType.isUnsignedInteger(8) && bits < 8;
  double middle = 0;
  if (isPacked) {
    SmallVector<int64_t> shape(NodeImporter::getType(data).getShape());
    shape.back() *= 8 / bits;
    data = unpackConstant(node, data, "data", shape, bits);
    SmallVector<int64_t> grid(NodeImporter::getType(scale).getShape());
    if (zeroPoint)
      zeroPoint = unpackConstant(node, zeroPoint, "zero_points", grid, bits);
  }
  if (elementType.isUnsignedInteger(8))
    middle = double(int64_t(1) << (bits - 1));
  if (node.hasFailed())
    return failure();
  auto pick = [&](Value value) {
    return node.create<GatherOp>(value, indices, /*axis=*/int64_t(0));
  };
  Value codes = pick(data);
  Grid grid{pick(scale), zeroPoint ? pick(zeroPoint) : node.createScalarLike(data, middle)};
  int64_t last = NodeImporter::getRank(codes) - 1;
  Blocked blocked = buildBlocked(node, codes, grid, {last, size});
  Value rows = node.create<DequantizeOp>(blocked.input, blocked.grid.scale, blocked.grid.zeroPoint,
                                         /*axis=*/int64_t(0));
  return node.setResults({joinBlocks(node, rows, codes)});
}

void halftone::addContribBlockOps(OpTable &table) {
  table.add({
      {"GatherBlockQuantized",
       {3, 4},
       importGatherBlockQuantized,
       kContribOpset,
       kContribDomain,
       limitedTo("blocks along the last axis, gathered along the first; packed data is constant")
           .codesOf("Gather")},
      {"MatMulNBits",
       {3, 6},
       importMatMulNBits,
       kContribOpset,
       kContribDomain,
       limitedTo("2, 4 and 8 bits; constant weights and packed zero points; no `g_idx`, "
                 "`weight_prepacked`")
           .codesOf("MatMul")},
  });
}
