// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Compose.h"

#include "halftone/Dialect/ConstantData.h"

using namespace mlir;
using namespace mlir::halftone;

Value halftone::buildSlice(NodeImporter &node, Value value, int64_t axis, int64_t start,
                           int64_t end, int64_t step) {
  return node.create<SliceOp>(value, node.createInts(start), node.createInts(end),
                              node.createInts(step), ArrayRef<int64_t>(axis));
}

Value halftone::buildReshape(NodeImporter &node, Value value, ArrayRef<int64_t> shape) {
  return node.create<ReshapeOp>(value, node.createInts(shape));
}

Value halftone::buildTranspose(NodeImporter &node, Value value, ArrayRef<int64_t> permutation) {
  return node.create<TransposeOp>(value, permutation);
}

Value halftone::buildMatrixTranspose(NodeImporter &node, Value value) {
  if (node.hasFailed())
    return nullptr;
  int64_t rank = NodeImporter::getRank(value);
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(permutation[rank - 1], permutation[rank - 2]);
  return node.create<TransposeOp>(value, permutation);
}

Value halftone::buildUnsqueeze(NodeImporter &node, Value value, ArrayRef<int64_t> axes) {
  return axes.empty() ? value : node.create<UnsqueezeOp>(value, axes);
}

Value halftone::buildConcat(NodeImporter &node, ArrayRef<Value> values, int64_t axis) {
  if (node.hasFailed())
    return nullptr;
  return values.size() == 1 ? values.front() : node.create<ConcatOp>(ValueRange(values), axis);
}

Value halftone::buildScale(NodeImporter &node, Value value, double factor) {
  if (factor == 1.0 || node.hasFailed())
    return value;
  return node.create<MulOp>(value, node.createScalarLike(value, factor));
}

Value halftone::buildShift(NodeImporter &node, Value value, double amount) {
  if (amount == 0.0 || node.hasFailed())
    return value;
  return node.create<AddOp>(value, node.createScalarLike(value, amount));
}

Value halftone::buildSize(NodeImporter &node, Value value, int64_t axis) {
  return node.create<SqueezeOp>(node.createDims(value, axis, axis + 1), ArrayRef<int64_t>(0));
}

Value halftone::buildIota(NodeImporter &node, Value count) {
  Type i64 = node.getBuilder().getI64Type();
  return node.create<RangeOp>(node.createScalar(i64, 0), count, node.createScalar(i64, 1));
}

Value halftone::buildFlat(NodeImporter &node, Value value) {
  return NodeImporter::getRank(value) == 1 ? value : buildReshape(node, value, -1);
}

Value halftone::buildReduce(NodeImporter &node, Value value, ReduceKind kind,
                            ArrayRef<int64_t> axes, bool keepdims) {
  return node.create<ReduceOp>(value, kind, axes, keepdims);
}

Value halftone::buildFloatTensor(NodeImporter &node, ArrayRef<int64_t> shape,
                                 ArrayRef<float> values) {
  auto type = RankedTensorType::get(shape, node.getBuilder().getF32Type());
  return node.createConstant(makeConstant(type, values, node.getOpType()));
}

Value halftone::buildFilled(NodeImporter &node, Value shape, Type elementType, double value) {
  if (node.hasFailed())
    return nullptr;
  Value one = node.createScalar(elementType, value);
  ElementsAttr element = getConstant(one);
  auto type = RankedTensorType::get(1, elementType);
  return node.create<ConstantOfShapeOp>(
      shape, ElementsAttr(llvm::cast<DenseElementsAttr>(element).reshape(type)));
}

// The running count of what is true is the place of each position in the result; what is false
// goes to a place behind all of them, which is cut off.
Value halftone::buildTruePositions(NodeImporter &node, Value condition) {
  Value counts = node.create<CumSumOp>(node.castToI64(condition), /*axis=*/int64_t(0));
  Value total = buildReduce(node, node.castToI64(condition), ReduceKind::Sum, 0);
  Value place = node.create<WhereOp>(condition, buildShift(node, counts, -1), total);
  Value room = buildFilled(node, buildShift(node, total, 1), node.getBuilder().getI64Type(), 0);
  Value positions = buildIota(node, buildSize(node, condition, 0));
  Value placed = node.create<ScatterElementsOp>(room, place, positions, /*axis=*/int64_t(0),
                                                ScatterReduction::None);
  return node.create<SliceOp>(placed, node.createInts(int64_t(0)), total,
                              node.createInts(int64_t(1)), ArrayRef<int64_t>(0));
}
