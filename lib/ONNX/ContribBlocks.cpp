// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights of ONNX Runtime's domain in blocks of a few bits each: [N, blocks, bytes], packed with
// the first element in the lowest bits. Unpacked they are what quantizing a float model makes.
#include "Compose.h"
#include "Contrib.h"
#include "QuantizationBuilder.h"

#include "halftone/Dialect/ConstantData.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::halftone;

static Type codeType(NodeImporter &node, int64_t bits) {
  return IntegerType::get(node.getBuilder().getContext(), bits, IntegerType::Unsigned);
}

namespace {

/// Rows of packed codes: each row in `blocks` parts that begin at a byte, of `perBlock` codes each.
struct PackedCodes {
  StringRef name;
  int64_t rows, blocks, perBlock, bits;

  int64_t blockBytes() const { return llvm::divideCeil(perBlock * bits, 8); }
  int64_t rowBytes() const { return blocks * blockBytes(); }
  int64_t numBytes() const { return rows * rowBytes(); }
};

/// Where a column of packed codes is in each row.
struct PackedColumn {
  PackedColumn(const PackedCodes &codes, int64_t column) : mask((1 << codes.bits) - 1) {
    int64_t perByte = 8 / codes.bits, place = column % codes.perBlock;
    byte = column / codes.perBlock * codes.blockBytes() + place / perByte;
    shift = int(place % perByte * codes.bits);
  }
  char read(const char *row) const { return char((uint8_t(row[byte]) >> shift) & mask); }

  int64_t byte;
  int shift, mask;
};

} // namespace

/// The bytes of a constant of packed codes; empty after an error. `storage` keeps them if they had
/// to be spelled out.
static ArrayRef<char> readPacked(NodeImporter &node, Value packed, const PackedCodes &codes,
                                 std::vector<char> &storage) {
  ElementsAttr elements = packed ? getConstant(packed) : ElementsAttr();
  bool isBytes = elements && elements.getElementType().getIntOrFloatBitWidth() == 8;
  std::optional<ArrayRef<char>> bytes = isBytes ? getRawBytes(elements) : std::nullopt;
  if (isBytes && !bytes)
    if (std::optional<std::vector<char>> copied = copyRawBytes(elements)) {
      storage = std::move(*copied);
      bytes = ArrayRef<char>(storage);
    }
  if (bytes && int64_t(bytes->size()) == codes.numBytes())
    return *bytes;
  if (!node.hasFailed())
    node.emitError() << "input '" << codes.name << "' is only supported as a constant of "
                     << codes.rows * codes.blocks << " rows of " << codes.blockBytes() << " bytes";
  return {};
}

/// A constant of `shape` whose codes `fill` writes where they stay: weights exist once.
static Value createCodes(NodeImporter &node, ArrayRef<int64_t> shape, const PackedCodes &codes,
                         llvm::function_ref<void(MutableArrayRef<char>)> fill) {
  auto type = RankedTensorType::get(shape, codeType(node, codes.bits));
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(type.getNumElements(), /*align=*/64);
  fill(blob.getMutableData());
  if (type.getNumElements() <= 64)
    return node.createConstant(makeConstant(type, blob.getData(), codes.name));
  return node.createConstant(DenseResourceElementsAttr::get(type, codes.name, std::move(blob)));
}

/// The codes as a matrix [length, rows]: column by column what was row by row. Null after an error.
static Value unpackTransposed(NodeImporter &node, Value packed, const PackedCodes &codes,
                              int64_t length) {
  std::vector<char> storage;
  ArrayRef<char> bytes = readPacked(node, packed, codes, storage);
  if (node.hasFailed())
    return nullptr;
  // In stripes: the bytes of that many rows stay in the cache from one step to the next.
  constexpr int64_t kStripe = 64;
  return createCodes(node, {length, codes.rows}, codes, [&](MutableArrayRef<char> result) {
    for (int64_t start = 0; start < codes.rows; start += kStripe)
      for (int64_t k = 0; k < length; ++k) {
        PackedColumn column(codes, k);
        for (int64_t row = start; row < std::min(start + kStripe, codes.rows); ++row)
          result[k * codes.rows + row] = column.read(bytes.data() + row * codes.rowBytes());
      }
  });
}

/// The codes row by row in `shape`. Null after an error.
static Value unpackRows(NodeImporter &node, Value packed, const PackedCodes &codes,
                        ArrayRef<int64_t> shape) {
  std::vector<char> storage;
  ArrayRef<char> bytes = readPacked(node, packed, codes, storage);
  if (node.hasFailed())
    return nullptr;
  return createCodes(node, shape, codes, [&](MutableArrayRef<char> result) {
    std::vector<PackedColumn> columns;
    columns.reserve(codes.perBlock);
    for (int64_t i = 0; i < codes.perBlock; ++i)
      columns.emplace_back(codes, i);
    char *target = result.data();
    for (int64_t row = 0; row < codes.rows; ++row)
      for (const PackedColumn &column : columns)
        *target++ = column.read(bytes.data() + row * codes.rowBytes());
  });
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

/// Zero points that are no codes: what they subtract from each weight, [K, N].
static Value buildBlockShift(NodeImporter &node, const WeightBlocks &blocks, Value zeroPoint,
                             Value scale) {
  Value perBlock =
      buildMatrixTranspose(node, buildReshape(node, zeroPoint, {blocks.columns, blocks.count()}));
  perBlock = node.create<MulOp>(node.castTo(perBlock, NodeImporter::getElementType(scale)), scale);
  Value repeated =
      node.create<ExpandOp>(buildUnsqueeze(node, perBlock, 1),
                            node.createInts({blocks.count(), blocks.size, blocks.columns}));
  Value rows = buildReshape(node, repeated, {-1, blocks.columns});
  return blocks.count() * blocks.size == blocks.rows ? rows
                                                     : buildSlice(node, rows, 0, 0, blocks.rows);
}

/// The float weights [K, N]. Zero points are packed codes, or floats.
static Value buildWeights(NodeImporter &node, const WeightBlocks &blocks) {
  PackedCodes packed{"B", blocks.columns, blocks.count(), blocks.size, blocks.bits};
  Value codes = unpackTransposed(node, node.getOperand(1), packed, blocks.rows);
  Value scale = buildMatrixTranspose(
      node, buildReshape(node, node.getOperand(2), {blocks.columns, blocks.count()}));
  Value zeroPoint = node.getOperand(3), shift;
  if (node.hasFailed())
    return nullptr;
  if (!zeroPoint) {
    zeroPoint =
        node.createScalar(codeType(node, blocks.bits), double(int64_t(1) << (blocks.bits - 1)));
  } else if (llvm::isa<FloatType>(NodeImporter::getElementType(zeroPoint))) {
    // (code - zero) * scale, with a zero that is no code.
    shift = buildBlockShift(node, blocks, zeroPoint, scale);
    zeroPoint = node.createScalar(codeType(node, blocks.bits), 0);
  } else {
    PackedCodes zeros{"zero_points", blocks.columns, 1, blocks.count(), blocks.bits};
    zeroPoint = unpackTransposed(node, zeroPoint, zeros, blocks.count());
  }
  Value weights = buildDequantizedBlocks(node, codes, {scale, zeroPoint}, {0, blocks.size});
  return shift ? node.create<SubOp>(weights, shift) : weights;
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
  if (node.hasFailed())
    return failure();
  Value result =
      node.create<MatMulOp>(input, node.castTo(weights, NodeImporter::getElementType(input)));
  if (bias)
    result = node.create<AddOp>(result, bias);
  return node.setResults({result});
}

/// The codes of `shape` in a constant whose last dimension is packed by itself.
static Value unpackPacked(NodeImporter &node, Value packed, StringRef name, ArrayRef<int64_t> shape,
                          int64_t bits) {
  int64_t rows = ShapedType::getNumElements(shape.drop_back());
  return unpackRows(node, packed, {name, rows, 1, shape.back(), bits}, shape);
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
  if (elementType.isUnsignedInteger(8) && bits < 8) {
    SmallVector<int64_t> shape(NodeImporter::getType(data).getShape());
    SmallVector<int64_t> grid(NodeImporter::getType(scale).getShape());
    if (ShapedType::isDynamicShape(shape) || ShapedType::isDynamicShape(grid))
      return node.emitError() << "packed data is only supported as a constant";
    shape.back() *= 8 / bits;
    data = unpackPacked(node, data, "data", shape, bits);
    if (zeroPoint)
      zeroPoint = unpackPacked(node, zeroPoint, "zero_points", grid, bits);
  }
  if (node.hasFailed())
    return failure();
  // Unsigned codes are around the middle of their range.
  double middle = elementType.isUnsignedInteger(8) ? double(int64_t(1) << (bits - 1)) : 0;
  auto pick = [&](Value value) {
    return node.create<GatherOp>(value, indices, /*axis=*/int64_t(0));
  };
  Value codes = pick(data);
  Grid grid{pick(scale), zeroPoint ? pick(zeroPoint) : node.createScalarLike(data, middle)};
  if (node.hasFailed())
    return failure();
  int64_t last = NodeImporter::getRank(codes) - 1;
  return node.setResults({buildDequantizedBlocks(node, codes, grid, {last, size})});
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
