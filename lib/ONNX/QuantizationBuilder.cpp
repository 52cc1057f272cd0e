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

SmallVector<int64_t> halftone::getBlockSizes(int64_t rank, const BlockAxis &block) {
  SmallVector<int64_t> sizes(rank, 1);
  sizes[block.axis] = block.size;
  return sizes;
}

Value halftone::buildDequantizedBlocks(NodeImporter &node, Value codes, const Grid &grid,
                                       const BlockAxis &block) {
  if (node.hasFailed())
    return nullptr;
  auto sizes =
      node.getBuilder().getDenseI64ArrayAttr(getBlockSizes(NodeImporter::getRank(codes), block));
  return node.create<DequantizeOp>(codes, grid.scale, grid.zeroPoint, /*axis=*/int64_t(0), sizes);
}
