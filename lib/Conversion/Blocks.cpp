// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Blocks.h"

using namespace mlir;
using namespace mlir::halftone;

BlockGrid::BlockGrid(Lowering &b, ArrayRef<int64_t> shape, ArrayRef<OpFoldResult> sizes,
                     ArrayRef<int64_t> blocks)
    : b(b), blocks(blocks), sizes(sizes) {
  for (auto [dim, size, block] : llvm::enumerate(shape, blocks)) {
    AffineExpr index = b.getAffineDimExpr(loopSizes.size());
    bool isStatic = !ShapedType::isDynamic(size);
    bool isWhole = isStatic && block >= size;
    bool isCut = isStatic && !isWhole && block > 1 && size % block == 0;
    if (isCut) {
      groups.push_back({int64_t(loopSizes.size()), int64_t(loopSizes.size()) + 1});
      loopSizes.push_back(b.getIndexAttr(size / block));
      loopSizes.push_back(b.getIndexAttr(block));
    } else {
      groups.push_back({int64_t(loopSizes.size())});
      loopSizes.push_back(sizes[dim]);
    }
    if (isWhole)
      index = b.getAffineConstantExpr(0);
    else if (!isCut)
      index = index.floorDiv(block);
    indices.push_back(index);
  }
}

bool BlockGrid::isEven() const {
  return llvm::none_of(indices, [](AffineExpr index) { return isa<AffineBinaryOpExpr>(index); });
}

Value BlockGrid::split(Value tensor) const {
  return getRank() == rankOf(tensor) ? tensor : b.expand(tensor, loopSizes, groups);
}

Value BlockGrid::join(Value tensor) const {
  return groups.size() == loopSizes.size() ? tensor : b.collapse(tensor, groups);
}

BlockGrid::Operand BlockGrid::perBlock(Value parameter) const {
  if (isEven())
    return {parameter, b.mapOf(getRank(), indices)};
  Value spread = b.fromIndices(loopSizes, elementType(parameter),
                               [&](OpBuilder &builder, Location loc, ValueRange) -> Value {
                                 return tensor::ExtractOp::create(builder, loc, parameter,
                                                                  blockIndices(builder, loc));
                               });
  return {spread, b.identity(getRank())};
}

SmallVector<Value> BlockGrid::blockIndices(OpBuilder &builder, Location loc) const {
  SmallVector<Value> result;
  for (AffineExpr index : indices) {
    if (isa<AffineConstantExpr>(index)) {
      result.push_back(arith::ConstantIndexOp::create(builder, loc, 0));
      continue;
    }
    auto quotient = dyn_cast<AffineBinaryOpExpr>(index);
    auto dim = cast<AffineDimExpr>(quotient ? quotient.getLHS() : index);
    Value position = linalg::IndexOp::create(builder, loc, dim.getPosition());
    if (quotient) {
      int64_t block = cast<AffineConstantExpr>(quotient.getRHS()).getValue();
      Value divisor = arith::ConstantIndexOp::create(builder, loc, block);
      position = arith::DivUIOp::create(builder, loc, position, divisor);
    }
    result.push_back(position);
  }
  return result;
}

void BlockGrid::checkCount(Value parameter, int64_t first) const {
  for (auto [dim, block] : llvm::enumerate(blocks)) {
    Value size = b.index(sizes[dim]);
    Value count = b.div(b.add(size, b.index(block - 1)), b.index(block));
    b.checkEqual(count, b.index(b.size(parameter, first + int64_t(dim))),
                 "not one parameter per block");
  }
}
