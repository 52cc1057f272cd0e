// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "QuantizationBuilder.h"
#include "Compose.h"

using namespace mlir;
using namespace mlir::halftone;

Value halftone::orZero(NodeImporter &node, Value zeroPoint, Type elementType) {
  return zeroPoint || node.hasFailed() ? zeroPoint : node.createScalar(elementType, 0);
}

Value halftone::buildIntegerProduct(NodeImporter &node, const Quantized &lhs,
                                    const Quantized &rhs) {
  if (node.hasFailed())
    return nullptr;
  return node.create<MatMulIntegerOp>(
      lhs.codes, rhs.codes, orZero(node, lhs.zeroPoint, NodeImporter::getElementType(lhs.codes)),
      orZero(node, rhs.zeroPoint, NodeImporter::getElementType(rhs.codes)));
}

Value halftone::buildScaledSum(NodeImporter &node, Value sum, Value lhsScale, Value rhsScale,
                               double factor) {
  Value scale = buildScale(node, node.create<MulOp>(lhsScale, rhsScale), factor);
  Value zero = node.createScalar(node.getBuilder().getI32Type(), 0);
  if (node.hasFailed())
    return nullptr;
  return node.create<DequantizeOp>(sum, scale, zero, NodeImporter::getRank(sum) - 1);
}

/// The sizes of `value` with those of `axis` replaced.
static Value replaceDim(NodeImporter &node, Value value, int64_t axis, ArrayRef<int64_t> sizes) {
  int64_t rank = NodeImporter::getRank(value);
  SmallVector<Value> pieces;
  if (axis > 0)
    pieces.push_back(node.createDims(value, 0, axis));
  pieces.push_back(node.createInts(sizes));
  if (axis + 1 < rank)
    pieces.push_back(node.createDims(value, axis + 1, rank));
  return buildConcat(node, pieces, 0);
}

/// Every value of `axis` repeated, cut to `length`.
static Value repeatAlong(NodeImporter &node, Value value, const BlockAxis &block, int64_t length) {
  int64_t count = node.requireStaticDim(value, block.axis);
  Value unsqueezed = buildUnsqueeze(node, value, block.axis + 1);
  Value shape = replaceDim(node, value, block.axis, {count, block.size});
  Value expanded = node.create<ExpandOp>(unsqueezed, shape);
  Value repeated =
      node.create<ReshapeOp>(expanded, replaceDim(node, value, block.axis, count * block.size));
  return buildSlice(node, repeated, block.axis, 0, length);
}

Blocked halftone::buildBlocked(NodeImporter &node, Value input, const Grid &grid,
                               const BlockAxis &block) {
  if (node.hasFailed())
    return {};
  int64_t length = node.requireStaticDim(input, block.axis);
  int64_t count = node.requireStaticDim(grid.scale, block.axis);
  if (!node.hasFailed() &&
      llvm::divideCeil(uint64_t(length), uint64_t(block.size)) != uint64_t(count))
    node.emitError() << "has " << count << " scales along axis " << block.axis << " for " << length
                     << " elements in blocks of " << block.size;
  if (node.hasFailed())
    return {};
  auto isSingle = [](Value value) {
    RankedTensorType type = NodeImporter::getType(value);
    return type.hasStaticShape() && type.getNumElements() == 1;
  };
  bool hasZeroPoints = !isSingle(grid.zeroPoint);
  if (length % block.size != 0)
    return {input,
            {repeatAlong(node, grid.scale, block, length),
             hasZeroPoints ? repeatAlong(node, grid.zeroPoint, block, length) : grid.zeroPoint}};
  Value blocks =
      node.create<ReshapeOp>(input, replaceDim(node, input, block.axis, {count, block.size}));
  return {blocks,
          {buildUnsqueeze(node, grid.scale, block.axis + 1),
           hasZeroPoints ? buildUnsqueeze(node, grid.zeroPoint, block.axis + 1) : grid.zeroPoint}};
}

Value halftone::joinBlocks(NodeImporter &node, Value blocks, Value like) {
  if (node.hasFailed() || NodeImporter::getRank(blocks) == NodeImporter::getRank(like))
    return blocks;
  return node.create<ReshapeOp>(blocks, node.createShape(like));
}
