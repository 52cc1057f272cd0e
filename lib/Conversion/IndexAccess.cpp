// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "IndexAccess.h"

#include "halftone/Dialect/ConstantData.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

Value mlir::halftone::buildPosition(OpBuilder &builder, Location loc, Value position, Value size) {
  Value index = builder.createOrFold<arith::IndexCastOp>(loc, builder.getIndexType(), position);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value isNegative = builder.createOrFold<arith::CmpIOp>(loc, CmpIPredicate::slt, index, zero);
  Value counted = builder.createOrFold<arith::AddIOp>(loc, index, size);
  return builder.createOrFold<arith::SelectOp>(loc, isNegative, counted, index);
}

/// Whether constants show that every index is in range.
static bool areInRange(Value original, ArrayRef<OpFoldResult> sizes) {
  ElementsAttr elements = getConstant(original);
  if (!elements)
    return false;
  std::optional<std::vector<int64_t>> indices = readIntegers(elements);
  if (!indices)
    return false;
  for (auto [position, index] : llvm::enumerate(*indices)) {
    std::optional<int64_t> size = getConstantIntValue(sizes[position % sizes.size()]);
    if (!size || index < -*size || index >= *size)
      return false;
  }
  return true;
}

static Value isInRange(OpBuilder &builder, Location loc, Value index, Value size) {
  Value position = builder.createOrFold<arith::IndexCastOp>(loc, builder.getIndexType(), index);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value lowest = arith::SubIOp::create(builder, loc, zero, size);
  Value aboveLow = arith::CmpIOp::create(builder, loc, CmpIPredicate::sge, position, lowest);
  Value belowHigh = arith::CmpIOp::create(builder, loc, CmpIPredicate::slt, position, size);
  return arith::AndIOp::create(builder, loc, aboveLow, belowHigh);
}

void mlir::halftone::checkIndices(Lowering &b, Value original, Value indices,
                                  ArrayRef<OpFoldResult> sizes) {
  if (areInRange(original, sizes))
    return;
  auto type = tensorType(indices);
  Value areValid;
  if (type.hasStaticShape() && type.getNumElements() == 1) {
    areValid = isInRange(b, b.getLoc(), b.onlyElement(indices), b.index(sizes.front()));
  } else {
    int64_t rank = type.getRank();
    SmallVector<Value> bounds;
    for (OpFoldResult size : sizes)
      bounds.push_back(b.createOrFold<arith::IndexCastOp>(b.getI64Type(), b.index(size)));
    Value table = tensor::FromElementsOp::create(b, bounds);
    AffineExpr which =
        sizes.size() == 1 ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(rank - 1);
    Value start = arith::ConstantOp::create(b, b.getBoolAttr(true));
    Value reduced =
        b.generic({indices, table}, {b.identity(rank), b.mapOf(rank, which), b.mapOf(rank, {})},
                  b.filled({}, start), Iterators(rank, kReduction),
                  [](OpBuilder &builder, Location loc, ValueRange args) -> Value {
                    Value size =
                        arith::IndexCastOp::create(builder, loc, builder.getIndexType(), args[1]);
                    Value isValid = isInRange(builder, loc, args[0], size);
                    return arith::AndIOp::create(builder, loc, args[2], isValid);
                  });
    areValid = b.extract(reduced, {});
  }
  b.check(areValid, "index out of range");
}

Value mlir::halftone::checkIndicesAlong(Lowering &b, Value original, Value indices, Value input,
                                        int64_t axis) {
  OpFoldResult size = b.size(input, axis);
  checkIndices(b, original, indices, size);
  return b.index(size);
}

SmallVector<Value> mlir::halftone::readTuple(OpBuilder &builder, Location loc, Value indices,
                                             ValueRange at, ArrayRef<Value> limits) {
  SmallVector<Value> positions;
  for (auto [component, limit] : llvm::enumerate(limits)) {
    SmallVector<Value> where(at);
    where.push_back(arith::ConstantIndexOp::create(builder, loc, component));
    Value index = tensor::ExtractOp::create(builder, loc, indices, where);
    positions.push_back(buildPosition(builder, loc, index, limit));
  }
  return positions;
}

Value mlir::halftone::buildLoopNest(
    Lowering &b, ArrayRef<OpFoldResult> sizes, Value start,
    llvm::function_ref<Value(OpBuilder &, Location, ValueRange, Value)> body) {
  if (sizes.empty())
    return body(b, b.getLoc(), {}, start);
  SmallVector<Value> lower(sizes.size(), b.index(0)), steps(sizes.size(), b.index(1)), upper;
  for (OpFoldResult size : sizes)
    upper.push_back(b.index(size));
  scf::LoopNest nest = scf::buildLoopNest(
      b, b.getLoc(), lower, upper, steps, start,
      [&](OpBuilder &builder, Location loc, ValueRange indices, ValueRange args) {
        return scf::ValueVector{body(builder, loc, indices, args[0])};
      });
  return nest.results.front();
}

namespace {

/// Offsets and sizes of a row, and the shape of what is left without the chosen dimensions.
struct RowWindow {
  Sizes offsets, sizes, strides;
  SmallVector<int64_t> shape;

  RowWindow(OpBuilder &builder, Location loc, Value tensor, int64_t first, ValueRange positions) {
    auto type = tensorType(tensor);
    int64_t last = first + positions.size();
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      bool isChosen = dim >= first && dim < last;
      offsets.push_back(isChosen ? OpFoldResult(positions[dim - first]) : builder.getIndexAttr(0));
      sizes.push_back(isChosen ? builder.getIndexAttr(1)
                               : tensor::getMixedSize(builder, loc, tensor, dim));
      strides.push_back(builder.getIndexAttr(1));
      if (!isChosen)
        shape.push_back(type.getDimSize(dim));
    }
  }

  /// Upstream refuses slices of dimensions without elements.
  bool isEmpty() const { return llvm::is_contained(shape, 0); }
};

} // namespace

Value mlir::halftone::extractRow(OpBuilder &builder, Location loc, Value tensor, int64_t first,
                                 ValueRange positions) {
  RowWindow window(builder, loc, tensor, first, positions);
  auto type = RankedTensorType::get(window.shape, elementType(tensor));
  if (window.isEmpty()) {
    Sizes sizes = window.sizes;
    sizes.erase(sizes.begin() + first, sizes.begin() + first + positions.size());
    return tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  }
  return tensor::ExtractSliceOp::create(builder, loc, type, tensor, window.offsets, window.sizes,
                                        window.strides);
}

Value mlir::halftone::insertRow(OpBuilder &builder, Location loc, Value row, Value tensor,
                                int64_t first, ValueRange positions) {
  RowWindow window(builder, loc, tensor, first, positions);
  if (window.isEmpty())
    return tensor;
  auto type = RankedTensorType::get(window.shape, elementType(tensor));
  if (row.getType() != type)
    row = tensor::CastOp::create(builder, loc, type, row);
  return tensor::InsertSliceOp::create(builder, loc, row, tensor, window.offsets, window.sizes,
                                       window.strides);
}
