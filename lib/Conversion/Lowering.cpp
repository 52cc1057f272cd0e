// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Lowering.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

SmallVector<AffineExpr> mlir::halftone::dimExprs(MLIRContext *context, int64_t first,
                                                 int64_t last) {
  SmallVector<AffineExpr> exprs;
  for (int64_t dim = first; dim < last; ++dim)
    exprs.push_back(getAffineDimExpr(dim, context));
  return exprs;
}

//===--- Numbers ---===//

Value Lowering::index(int64_t value) { return arith::ConstantIndexOp::create(*this, value); }

Value Lowering::index(OpFoldResult value) {
  if (auto dynamic = dyn_cast<Value>(value))
    return dynamic;
  return index(cast<IntegerAttr>(cast<Attribute>(value)).getInt());
}

Value Lowering::scalar(Type type, double value) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(*this, getFloatAttr(floatType, value));
  return arith::ConstantOp::create(*this, getIntegerAttr(type, static_cast<int64_t>(value)));
}

Value Lowering::toIndex(Value integer) {
  return createOrFold<arith::IndexCastOp>(getIndexType(), integer);
}

Value Lowering::floorMod(Value lhs, Value rhs) {
  Value remainder = fold<arith::RemSIOp>(lhs, rhs);
  Value isNegative = compare(CmpIPredicate::slt, remainder, index(0));
  return select(isNegative, add(remainder, rhs), remainder);
}

//===--- Sizes ---===//

OpFoldResult Lowering::size(Value tensor, int64_t dim) {
  if (!tensorType(tensor).isDynamicDim(dim))
    return getIndexAttr(tensorType(tensor).getDimSize(dim));
  // An operand's size comes from where its symbol is anchored, so that equal sizes are one value.
  for (Value original : op->getOperands())
    if (rewriter.getRemappedValue(original) == tensor)
      if (OpFoldResult known = expression(facts.dims(original)[dim]); known && isa<Value>(known))
        return known;
  return createOrFold<tensor::DimOp>(tensor, dim);
}

Sizes Lowering::sizes(Value tensor) {
  Sizes result;
  for (int64_t dim = 0; dim < rankOf(tensor); ++dim)
    result.push_back(size(tensor, dim));
  return result;
}

Value Lowering::count(Value tensor, ArrayRef<int64_t> dims) {
  Value product = index(1);
  for (int64_t dim : dims)
    product = mul(product, index(size(tensor, dim)));
  return product;
}

OpFoldResult Lowering::expression(AffineExpr expr) {
  return facts.materialize(*this, op, expr,
                           [&](Value original) { return rewriter.getRemappedValue(original); });
}

OpFoldResult Lowering::knownSize(OpResult result, int64_t dim) {
  auto type = cast<RankedTensorType>(result.getType());
  if (!type.isDynamicDim(dim))
    return getIndexAttr(type.getDimSize(dim));
  return expression(facts.dims(result)[dim]);
}

OpFoldResult Lowering::sizeOr(OpResult result, int64_t dim, llvm::function_ref<Value()> compute) {
  if (OpFoldResult known = knownSize(result, dim))
    return known;
  return getAsOpFoldResult(compute());
}

//===--- Elements ---===//

Value Lowering::element(Value tensor, int64_t position) {
  SmallVector<Value> indices;
  if (rankOf(tensor) == 1)
    indices.push_back(index(position));
  return extract(tensor, indices);
}

Value Lowering::onlyElement(Value tensor) {
  SmallVector<Value> indices(rankOf(tensor), index(0));
  return extract(tensor, indices);
}

//===--- Tensors ---===//

Value Lowering::empty(ArrayRef<OpFoldResult> sizes, Type type) {
  return tensor::EmptyOp::create(*this, sizes, type);
}

Value Lowering::filled(ArrayRef<OpFoldResult> sizes, Value scalar) {
  return linalg::FillOp::create(*this, scalar, empty(sizes, scalar.getType())).getResult(0);
}

Value Lowering::castTo(Value tensor, Type type) {
  if (tensor.getType() == type)
    return tensor;
  return tensor::CastOp::create(*this, type, tensor);
}

Value Lowering::collapse(Value tensor, ArrayRef<ReassociationIndices> groups) {
  if (static_cast<int64_t>(groups.size()) == rankOf(tensor))
    return tensor;
  return tensor::CollapseShapeOp::create(*this, tensor, groups);
}

Value Lowering::expand(Value tensor, ArrayRef<OpFoldResult> sizes,
                       ArrayRef<ReassociationIndices> groups) {
  if (static_cast<int64_t>(sizes.size()) == rankOf(tensor))
    return tensor;
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(sizes, dynamic, shape);
  auto type = RankedTensorType::get(shape, elementType(tensor));
  auto isDynamic = [&](int64_t dim) { return ShapedType::isDynamic(shape[dim]); };
  if (llvm::any_of(groups, [&](const ReassociationIndices &group) {
        return llvm::count_if(group, isDynamic) > 1;
      })) {
    // Upstream's lowering of expand_shape takes at most one dynamic dimension per group.
    SmallVector<Value> elements;
    for (OpFoldResult size : sizes)
      elements.push_back(index(size));
    return tensor::ReshapeOp::create(*this, type, tensor,
                                     tensor::FromElementsOp::create(*this, elements));
  }
  // A group is static exactly if all its dimensions are.
  auto maps = getSymbolLessAffineMaps(convertReassociationIndicesToExprs(getContext(), groups));
  tensor = castTo(tensor, tensor::CollapseShapeOp::inferCollapsedType(type, maps));
  return tensor::ExpandShapeOp::create(*this, type, tensor, groups, sizes);
}

// A part without elements may begin where the tensor ends, which the slice ops refuse.
static bool hasNoElements(ArrayRef<OpFoldResult> sizes) {
  return llvm::any_of(sizes, isZeroInteger);
}

Value Lowering::slice(Value tensor, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                      ArrayRef<OpFoldResult> steps) {
  if (hasNoElements(sizes))
    return empty(sizes, elementType(tensor));
  SmallVector<OpFoldResult> ones(offsets.size(), getIndexAttr(1));
  return tensor::ExtractSliceOp::create(*this, tensor, offsets, sizes,
                                        steps.empty() ? ones : steps);
}

Value Lowering::insert(Value tensor, Value into, ArrayRef<OpFoldResult> offsets,
                       ArrayRef<OpFoldResult> sizes) {
  if (hasNoElements(sizes))
    return into;
  SmallVector<OpFoldResult> ones(offsets.size(), getIndexAttr(1));
  return tensor::InsertSliceOp::create(*this, tensor, into, offsets, sizes, ones);
}

/// Which dimensions collapse into each other when those of `axes` (size 1) go: each into its
/// neighbour. Empty if nothing stays.
static SmallVector<ReassociationIndices> groupsWithout(int64_t rank, ArrayRef<int64_t> axes) {
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices pending;
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (!llvm::is_contained(axes, dim)) {
      pending.push_back(dim);
      groups.push_back(pending);
      pending.clear();
    } else if (groups.empty()) {
      pending.push_back(dim);
    } else {
      groups.back().push_back(dim);
    }
  }
  return groups;
}

Value Lowering::squeeze(Value tensor, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return tensor;
  auto type = tensorType(tensor);
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t axis : axes)
    shape[axis] = 1;
  Value known = castTo(tensor, type.clone(shape));
  return collapse(known, groupsWithout(rankOf(tensor), axes));
}

Value Lowering::unsqueeze(Value tensor, ArrayRef<int64_t> axes) {
  if (axes.empty())
    return tensor;
  Sizes result = sizes(tensor);
  for (int64_t axis : axes)
    result.insert(result.begin() + axis, getIndexAttr(1));
  return expand(tensor, result, groupsWithout(result.size(), axes));
}

Value Lowering::padded(Value tensor, ArrayRef<OpFoldResult> before, ArrayRef<OpFoldResult> after,
                       Value value) {
  if (llvm::all_of(before, isZeroInteger) && llvm::all_of(after, isZeroInteger))
    return tensor;
  Value zero = index(0);
  bool crops = false;
  Sizes inner = sizes(tensor), cropOffsets, offsets, outer;
  for (auto [dim, size] : llvm::enumerate(inner)) {
    Value low = index(before[dim]), high = index(after[dim]);
    Value offset = max(low, zero), total = add(index(size), add(low, high));
    Value lowCrop = max(sub(zero, low), zero), highCrop = max(sub(zero, high), zero);
    bool cropsThis = getConstantIntValue(lowCrop) != 0 || getConstantIntValue(highCrop) != 0;
    if (cropsThis) {
      checkAtLeast(total, 0, "padding that takes away more elements than there are");
      // What is taken away from one side may reach into what is added on the other.
      lowCrop = min(lowCrop, index(size));
      Value left = sub(index(size), lowCrop);
      size = getAsOpFoldResult(sub(left, min(highCrop, left)));
      offset = min(offset, total);
    }
    crops |= cropsThis;
    cropOffsets.push_back(getAsOpFoldResult(lowCrop));
    offsets.push_back(getAsOpFoldResult(offset));
    outer.push_back(getAsOpFoldResult(total));
  }
  Value source = crops ? slice(tensor, cropOffsets, inner) : tensor;
  return insert(source, filled(outer, value), offsets, inner);
}

//===--- Loops ---===//

SmallVector<Value> Lowering::generics(ValueRange inputs, ArrayRef<AffineMap> maps, ValueRange inits,
                                      ArrayRef<utils::IteratorType> iterators, Bodies body) {
  auto generic = linalg::GenericOp::create(*this, inits.getTypes(), inputs, inits, maps, iterators,
                                           [&](OpBuilder &b, Location loc, ValueRange args) {
                                             linalg::YieldOp::create(b, loc, body(b, loc, args));
                                           });
  return llvm::to_vector_of<Value>(generic.getResults());
}

Value Lowering::generic(ValueRange inputs, ArrayRef<AffineMap> maps, Value init,
                        ArrayRef<utils::IteratorType> iterators, Body body) {
  return generics(inputs, maps, init, iterators,
                  [&](OpBuilder &b, Location loc, ValueRange args) {
                    return SmallVector<Value>{body(b, loc, args)};
                  })
      .front();
}

Value Lowering::elementwise(ArrayRef<OpFoldResult> sizes, Type type, ValueRange inputs,
                            ArrayRef<AffineMap> maps, Body body) {
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(identity(sizes.size()));
  Iterators iterators(sizes.size(), kParallel);
  return generic(inputs, allMaps, empty(sizes, type), iterators, body);
}

Value Lowering::fromIndices(ArrayRef<OpFoldResult> sizes, Type type, Body body) {
  return elementwise(sizes, type, {}, {}, [&](OpBuilder &b, Location loc, ValueRange) {
    SmallVector<Value> indices;
    for (size_t dim = 0; dim < sizes.size(); ++dim)
      indices.push_back(linalg::IndexOp::create(b, loc, dim));
    return body(b, loc, indices);
  });
}

AffineMap Lowering::broadcastMap(RankedTensorType type, ArrayRef<int64_t> loop) {
  int64_t rank = loop.size(), offset = rank - type.getRank();
  SmallVector<AffineExpr> exprs;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    bool isLoop = dim + offset >= 0 && (type.getDimSize(dim) != 1 || loop[dim + offset] == 1);
    exprs.push_back(isLoop ? getAffineDimExpr(dim + offset) : getAffineConstantExpr(0));
  }
  return mapOf(rank, exprs);
}
