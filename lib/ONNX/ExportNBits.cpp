// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NBitsWeights.h"

#include "halftone/Dialect/ConstantData.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

// What ONNX Runtime takes.
static constexpr int64_t kSmallestBlock = 16;

static bool isSingle(Value value) {
  RankedTensorType type = NodeExporter::getType(value);
  return type.hasStaticShape() && type.getNumElements() == 1;
}

/// Whether the parameters are constants of one number per group and column.
static bool hasGroups(DequantizeOp op, int64_t block, int64_t rows) {
  RankedTensorType scale = NodeExporter::getType(op.getScale());
  SmallVector<int64_t> groups = {int64_t(llvm::divideCeil(rows, block)),
                                 NodeExporter::getType(op.getInput()).getDimSize(1)};
  bool areZeroPoints = isSingle(op.getZeroPoint()) ||
                       NodeExporter::getType(op.getZeroPoint()).getShape() == ArrayRef(groups);
  return getConstant(op.getScale()) && getConstant(op.getZeroPoint()) &&
         scale.getShape() == ArrayRef(groups) && areZeroPoints;
}

std::optional<NBitsWeights> halftone::matchNBitsWeights(MatMulOp op, const ExportOptions &options) {
  auto dequantize = op.getRhs().getDefiningOp<DequantizeOp>();
  if (!options.matmulNBits || !dequantize || !dequantize.getBlocks() ||
      !getConstant(dequantize.getInput()))
    return std::nullopt;
  RankedTensorType type = NodeExporter::getType(dequantize.getInput());
  auto codeType = llvm::dyn_cast<IntegerType>(type.getElementType());
  ArrayRef<int64_t> blocks = *dequantize.getBlocks();
  bool hasWidth = codeType && llvm::is_contained({2u, 4u, 8u}, codeType.getWidth());
  if (!hasWidth || type.getRank() != 2 || blocks[1] != 1 || blocks[0] < kSmallestBlock ||
      !llvm::isPowerOf2_64(blocks[0]) || NodeExporter::getRank(op.getLhs()) < 2)
    return std::nullopt;
  // One type for the input, the scales and the result.
  Type scaleType = NodeExporter::getElementType(dequantize.getScale());
  if (scaleType != NodeExporter::getElementType(op.getLhs()) ||
      !(scaleType.isF32() || scaleType.isF16()))
    return std::nullopt;
  if (!hasGroups(dequantize, blocks[0], type.getDimSize(0)))
    return std::nullopt;
  return NBitsWeights{dequantize, type.getDimSize(0), type.getDimSize(1), codeType.getWidth(),
                      blocks[0]};
}

/// [rows, columns] codes as unsigned numbers: signed ones are moved up by half of the range.
static std::optional<std::vector<int64_t>> readUnsigned(Value value, int64_t bits) {
  ElementsAttr elements = getConstant(value);
  std::optional<std::vector<int64_t>> codes = readIntegers(elements);
  if (codes && !elements.getElementType().isUnsignedInteger())
    for (int64_t &code : *codes)
      code += int64_t(1) << (bits - 1);
  return codes;
}

/// Packs `count` codes, the first in the lowest bits, into whole bytes behind `bytes`.
static void packCodes(std::vector<uint8_t> &bytes, int64_t count, int64_t bits,
                      llvm::function_ref<int64_t(int64_t)> codeAt) {
  size_t first = bytes.size();
  bytes.resize(first + llvm::divideCeil(count * bits, 8));
  for (int64_t i = 0; i < count; ++i)
    bytes[first + i * bits / 8] |= uint8_t(codeAt(i) << (i * bits % 8));
}

/// [columns, groups, bytes of a group]; codes behind the last row are 0.
static ElementsAttr makeWeights(const NBitsWeights &weights, ArrayRef<int64_t> codes,
                                StringRef name) {
  std::vector<uint8_t> bytes;
  for (int64_t column = 0; column < weights.columns; ++column)
    for (int64_t group = 0; group < weights.countBlocks(); ++group)
      packCodes(bytes, weights.block, weights.bits, [&](int64_t i) {
        int64_t row = group * weights.block + i;
        return row < weights.rows ? codes[row * weights.columns + column] : 0;
      });
  MLIRContext *context = weights.dequantize->getContext();
  auto type = RankedTensorType::get(
      {weights.columns, weights.countBlocks(), weights.block * weights.bits / 8},
      IntegerType::get(context, 8, IntegerType::Unsigned));
  return makeConstant(type, ArrayRef<uint8_t>(bytes), name);
}

/// [columns, bytes of one code per group], each row by itself.
static ElementsAttr makeZeroPoints(const NBitsWeights &weights, ArrayRef<int64_t> codes,
                                   StringRef name) {
  std::vector<uint8_t> bytes;
  bool isOne = codes.size() == 1;
  for (int64_t column = 0; column < weights.columns; ++column)
    packCodes(bytes, weights.countBlocks(), weights.bits, [&](int64_t group) {
      return isOne ? codes.front() : codes[group * weights.columns + column];
    });
  auto type = RankedTensorType::get(
      {weights.columns, int64_t(bytes.size()) / weights.columns},
      IntegerType::get(weights.dequantize->getContext(), 8, IntegerType::Unsigned));
  return makeConstant(type, ArrayRef<uint8_t>(bytes), name);
}

/// [groups, columns] -> [columns, groups], whatever the element type.
static std::optional<ElementsAttr> transposeScales(const NBitsWeights &weights, StringRef name) {
  ElementsAttr scales = getConstant(DequantizeOp(weights.dequantize).getScale());
  std::optional<std::vector<char>> bytes = copyRawBytes(scales);
  if (!bytes)
    return std::nullopt;
  size_t width = getStorageBits(scales.getElementType()) / 8;
  std::vector<char> transposed;
  for (int64_t column = 0; column < weights.columns; ++column)
    for (int64_t group = 0; group < weights.countBlocks(); ++group) {
      auto first = bytes->begin() + (group * weights.columns + column) * width;
      transposed.insert(transposed.end(), first, first + width);
    }
  auto type =
      RankedTensorType::get({weights.columns, weights.countBlocks()}, scales.getElementType());
  return makeConstant(type, ArrayRef<char>(transposed), name);
}

LogicalResult halftone::exportMatMulNBits(NodeExporter &node, MatMulOp op,
                                          const NBitsWeights &weights) {
  DequantizeOp dequantize = weights.dequantize;
  auto codes = readUnsigned(dequantize.getInput(), weights.bits);
  auto zeroPoints = readUnsigned(dequantize.getZeroPoint(), weights.bits);
  std::optional<ElementsAttr> scales = transposeScales(weights, "scales");
  if (!codes || !zeroPoints || !scales)
    return node.refuse() << "the elements of its weights are not in memory";
  Names inputs = {node.getOperand(op.getLhs()),
                  node.createConstant(makeWeights(weights, *codes, "weights"), "weights"),
                  node.createConstant(*scales, "scales")};
  // Left out, they are the middle of the range.
  int64_t middle = int64_t(1) << (weights.bits - 1);
  if (llvm::any_of(*zeroPoints, [&](int64_t code) { return code != middle; }))
    inputs.push_back(
        node.createConstant(makeZeroPoints(weights, *zeroPoints, "zero_points"), "zero_points"));
  return node.define("MatMulNBits", inputs,
                     {{"K", weights.rows},
                      {"N", weights.columns},
                      {"bits", weights.bits},
                      {"block_size", weights.block}},
                     "com.microsoft");
}
