// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape inference of the ops that select elements by index or make tensors from scalars.
#include "ShapeInference.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SmallSet.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// One axis of a slice, as far as it is known.
struct SliceRange {
  AffineExpr start, end;
  int64_t step;
};
} // namespace

// ONNX counts negative bounds from the end; null if the sign is unknown.
static AffineExpr wrapBound(ShapeContext &shapes, AffineExpr bound, Dim size) {
  if (shapes.isNonNegative(bound))
    return bound;
  return shapes.isNonNegative(-bound - 1) ? bound + size : AffineExpr();
}

// No dimension has more elements; bounds beyond mean "to the end", on either side.
static constexpr int64_t kFar = std::numeric_limits<int32_t>::max();

// A bound counted from the first element, not yet clamped; null if its sign is unknown.
static AffineExpr resolveBound(ShapeContext &shapes, AffineExpr bound, Dim size) {
  std::optional<int64_t> constant = ShapeContext::asConstant(bound);
  if (constant && *constant >= kFar)
    return size;
  if (constant && *constant < -kFar)
    return shapes.constant(-1);
  return wrapBound(shapes, bound, size);
}

// Where the first element is and how many there are; the start is null where unknown. Clamping only
// where the size needs it keeps x[1:] and x[:-1] the same expression.
static std::pair<AffineExpr, Dim> sliceDimension(ShapeContext &shapes, const SliceRange &range,
                                                 Dim size) {
  AffineExpr start = resolveBound(shapes, range.start, size);
  AffineExpr end = resolveBound(shapes, range.end, size);
  AffineExpr zero = shapes.constant(0), last = size - 1;
  if (size == zero)
    return {zero, zero};
  if (!start || !end)
    return {AffineExpr(), shapes.freshSymbol()};
  start = shapes.maximum(start, zero);
  AffineExpr span;
  if (range.step > 0) {
    span = shapes.minimum(end, size) - start;
  } else {
    start = shapes.minimum(start, last);
    span = start - shapes.maximum(end, shapes.constant(-1));
  }
  span = shapes.maximum(span, zero);
  return {shapes.simplify(start), shapes.simplify(span.ceilDiv(std::abs(range.step)))};
}

static LogicalResult checkSlice(SliceOp op, ShapeContext &shapes) {
  int64_t count = op.getAxes().size();
  if (failed(expectRankedOperands(op)))
    return failure();
  llvm::SmallSet<int64_t, 8> seen;
  for (int64_t axis : op.getAxes()) {
    if (failed(expectAxis(op, "axes", axis, rankOf(op.getInput()))))
      return failure();
    if (!seen.insert(axis).second)
      return op.emitOpError("expects unique `axes`: ") << axis << " appears twice";
  }
  for (auto [name, operand] : {std::pair("starts", op.getStarts()), std::pair("ends", op.getEnds()),
                               std::pair("steps", op.getSteps())})
    if (failed(expectIndices(op, name, operand, 1)) ||
        failed(expectElementCount(op, shapes, name, operand, count)))
      return failure();
  if (std::optional<SmallVector<int64_t>> steps = shapes.constantValues(op.getSteps()))
    if (llvm::is_contained(*steps, 0))
      return op.emitOpError("expects no step to be 0"); // (C2)
  return success();
}

LogicalResult SliceOp::inferShapes(ShapeContext &shapes) {
  if (failed(checkSlice(*this, shapes)))
    return failure();
  SmallVector<Dim> dims = llvm::to_vector(shapes.dims(getInput()));
  std::optional<ArrayRef<AffineExpr>> starts = shapes.values(getStarts());
  std::optional<ArrayRef<AffineExpr>> ends = shapes.values(getEnds());
  std::optional<SmallVector<int64_t>> steps = shapes.constantValues(getSteps());
  SmallVector<AffineExpr> offsets(dims.size(), shapes.constant(0));
  SmallVector<int64_t> strides(dims.size(), 1);
  for (auto [index, axis] : llvm::enumerate(getAxes())) {
    if (!starts || !ends || !steps) {
      offsets[axis] = AffineExpr();
      dims[axis] = shapes.freshSymbol();
      continue;
    }
    // A longer step picks one element, as the longest one that is needed does.
    strides[axis] = std::clamp((*steps)[index], -kFar, kFar);
    std::tie(offsets[axis], dims[axis]) =
        sliceDimension(shapes, {(*starts)[index], (*ends)[index], strides[axis]}, dims[axis]);
  }
  Values values;
  bool isConstant = llvm::all_of(
      offsets, [](AffineExpr offset) { return offset && ShapeContext::asConstant(offset); });
  if (isConstant)
    values = mapValues(shapes, getInput(), dims, [&](ArrayRef<int64_t> index) {
      SmallVector<int64_t> source;
      for (auto [position, offset, stride] : llvm::zip_equal(index, offsets, strides))
        source.push_back(*ShapeContext::asConstant(offset) + position * stride);
      return source;
    });
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims, values);
}

// The scalar of a one-element float constant.
static std::optional<double> constantFloat(Value value) {
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) || elements.getNumElements() != 1 ||
      !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  APFloat number = *elements.value_begin<APFloat>();
  bool losesInfo;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return number.convertToDouble();
}

// The size of a range with integer bounds; null where unknown.
static Dim integerRangeSize(ShapeContext &shapes, AffineExpr start, AffineExpr limit,
                            AffineExpr delta) {
  std::optional<int64_t> step = ShapeContext::asConstant(delta);
  if (!step || *step == 0 || *step == std::numeric_limits<int64_t>::min())
    return Dim();
  AffineExpr span = shapes.maximum(*step > 0 ? limit - start : start - limit, shapes.constant(0));
  return shapes.simplify(span.ceilDiv(*step > 0 ? *step : -*step));
}

LogicalResult RangeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "start", getStart(), ElementDomain::Number)) ||
      failed(expectSameElement(*this, "start", getStart(), "limit", getLimit())) ||
      failed(expectSameElement(*this, "start", getStart(), "delta", getDelta())))
    return failure();
  for (auto [name, value] : {std::pair("start", getStart()), std::pair("limit", getLimit()),
                             std::pair("delta", getDelta())})
    if (failed(expectElementCount(*this, shapes, name, value, 1)))
      return failure();
  Dim size;
  Values values;
  auto start = shapes.values(getStart()), limit = shapes.values(getLimit()),
       delta = shapes.values(getDelta());
  std::optional<double> first = constantFloat(getStart()), last = constantFloat(getLimit()),
                        step = constantFloat(getDelta());
  if (start && limit && delta) {
    size = integerRangeSize(shapes, start->front(), limit->front(), delta->front());
    if (size)
      values = makeValues(size, [&](ArrayRef<int64_t> index) {
        return start->front() + delta->front() * index.front();
      });
  } else if (first && last && step) {
    double count = std::max(0.0, std::ceil((*last - *first) / *step));
    if (count <= double(ShapeContext::kMaxElements)) // False for NaN.
      size = shapes.constant(int64_t(count));
  }
  if (shapes.constantValues(getDelta()) == SmallVector<int64_t>{0} || step == 0.0)
    return emitOpError("expects a `delta` other than 0");
  return shapes.setResult(getOperation()->getResult(0), elementOf(getStart()),
                          size ? size : shapes.freshSymbol(), values);
}

// The values picked by constant indices along the axis; nullopt if an index is out of range, which
// ends the run.
static Values gatherValues(GatherOp op, ShapeContext &shapes, ArrayRef<Dim> dims) {
  std::optional<SmallVector<int64_t>> indices = shapes.constantValues(op.getIndices());
  std::optional<SmallVector<int64_t>> indexShape = smallShape(shapes.dims(op.getIndices()));
  std::optional<int64_t> size = ShapeContext::asConstant(shapes.dims(op.getInput())[op.getAxis()]);
  if (!indices || !indexShape || !size ||
      !llvm::all_of(*indices, [&](int64_t i) { return i >= -*size && i < *size; }))
    return std::nullopt;
  return mapValues(shapes, op.getInput(), dims, [&](ArrayRef<int64_t> index) {
    ArrayRef<int64_t> outer = index.take_front(op.getAxis());
    ArrayRef<int64_t> rest = index.drop_front(op.getAxis());
    int64_t picked = (*indices)[rowMajorPosition(rest.take_front(indexShape->size()), *indexShape)];
    SmallVector<int64_t> source = llvm::to_vector(outer);
    source.push_back(picked < 0 ? picked + *size : picked);
    llvm::append_range(source, rest.drop_front(indexShape->size()));
    return source;
  });
}

LogicalResult GatherOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectIndices(*this, "indices", getIndices(), -1)) ||
      failed(expectAxis(*this, "axis", getAxis(), rankOf(getInput()))))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  SmallVector<Dim> dims = llvm::to_vector(input.take_front(getAxis()));
  llvm::append_range(dims, shapes.dims(getIndices()));
  llvm::append_range(dims, input.drop_front(getAxis() + 1));
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims,
                          gatherValues(*this, shapes, dims));
}

LogicalResult GatherElementsOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectIndices(*this, "indices", getIndices(), rankOf(getInput()))) ||
      failed(expectAxis(*this, "axis", getAxis(), rankOf(getInput()))))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()),
                          shapes.dims(getIndices()));
}

// The length of the index tuples, the last dimension of `indices`.
static FailureOr<int64_t> tupleLength(Operation *op, ShapeContext &shapes, Value indices,
                                      int64_t rank) {
  if (rankOf(indices) == 0)
    return op->emitOpError("expects `indices` to have at least one dimension");
  std::optional<int64_t> length = ShapeContext::asConstant(shapes.dims(indices).back());
  if (length && *length <= rank)
    return *length;
  InFlightDiagnostic diag =
      op->emitOpError("expects the last dimension of `indices` to be at most ")
      << rank << " and static";
  diag.attachNote() << "`indices` is " << indices.getType();
  return diag;
}

LogicalResult GatherNDOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectIndices(*this, "indices", getIndices(), -1)))
    return failure();
  int64_t rank = rankOf(getInput()), batch = getBatchDims();
  if (batch < 0 || batch >= std::min(rank, rankOf(getIndices())))
    return emitOpError("expects `batch_dims` below both ranks, not ") << batch;
  FailureOr<int64_t> length = tupleLength(*this, shapes, getIndices(), rank - batch);
  if (failed(length))
    return failure();
  SmallVector<Dim> dims = llvm::to_vector(shapes.dims(getIndices()).drop_back());
  llvm::append_range(dims, shapes.dims(getInput()).drop_front(batch + *length));
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims);
}

LogicalResult ScatterElementsOp::inferShapes(ShapeContext &shapes) {
  int64_t rank = 0;
  if (failed(expectRankedOperands(*this)) ||
      failed(expectIndices(*this, "indices", getIndices(), rank = rankOf(getInput()))) ||
      failed(expectRank(*this, "updates", getUpdates(), rank)) ||
      failed(expectSameElement(*this, "input", getInput(), "updates", getUpdates())) ||
      failed(expectAxis(*this, "axis", getAxis(), rank)))
    return failure();
  for (auto [index, update] :
       llvm::zip_equal(shapes.dims(getIndices()), shapes.dims(getUpdates()))) {
    if (!shapes.isDifferent(index, update))
      continue;
    InFlightDiagnostic diag = emitOpError("expects `indices` and `updates` of one shape");
    diag.attachNote() << "`indices` is " << getIndices().getType();
    diag.attachNote() << "`updates` is " << getUpdates().getType();
    return diag;
  }
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()),
                          shapes.dims(getInput()));
}

LogicalResult ScatterNDOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectIndices(*this, "indices", getIndices(), -1)) ||
      failed(expectSameElement(*this, "input", getInput(), "updates", getUpdates())))
    return failure();
  FailureOr<int64_t> length = tupleLength(*this, shapes, getIndices(), rankOf(getInput()));
  if (failed(length))
    return failure();
  SmallVector<Dim> expected = llvm::to_vector(shapes.dims(getIndices()).drop_back());
  llvm::append_range(expected, shapes.dims(getInput()).drop_front(*length));
  ArrayRef<Dim> updates = shapes.dims(getUpdates());
  bool agrees = updates.size() == expected.size();
  for (size_t i = 0; agrees && i < expected.size(); ++i)
    agrees = !shapes.isDifferent(updates[i], expected[i]);
  if (!agrees) {
    InFlightDiagnostic diag =
        emitOpError("expects `updates` of the shape that `indices` and `input` leave");
    diag.attachNote() << "expected " << describe(expected);
    diag.attachNote() << "`updates` is " << getUpdates().getType();
    return diag;
  }
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()),
                          shapes.dims(getInput()));
}

LogicalResult TriluOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) || failed(expectIndices(*this, "k", getK(), -1)) ||
      failed(expectElementCount(*this, shapes, "k", getK(), 1)))
    return failure();
  if (rankOf(getInput()) < 2)
    return emitOpError("expects `input` to have at least 2 dimensions").attachNote()
           << "`input` is " << getInput().getType();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()),
                          shapes.dims(getInput()));
}

LogicalResult OneHotOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "indices", getIndices(), ElementDomain::Number)) ||
      failed(expectDomain(*this, "depth", getDepth(), ElementDomain::Number)) ||
      failed(expectElementCount(*this, shapes, "depth", getDepth(), 1)) ||
      failed(expectRank(*this, "values", getValues(), 1)) ||
      failed(expectElementCount(*this, shapes, "values", getValues(), 2)) ||
      failed(expectAxis(*this, "axis", getAxis(), rankOf(getIndices()) + 1)))
    return failure();
  std::optional<ArrayRef<AffineExpr>> depth = shapes.values(getDepth());
  Dim size = depth ? depth->front() : Dim();
  if (std::optional<double> number = constantFloat(getDepth());
      number && *number >= 0 && *number <= double(ShapeContext::kMaxElements))
    size = shapes.constant(int64_t(*number));
  if (!size || (!ShapeContext::asConstant(size) && !shapes.isNonNegative(size)))
    size = shapes.freshSymbol();
  SmallVector<Dim> dims = llvm::to_vector(shapes.dims(getIndices()));
  dims.insert(dims.begin() + getAxis(), size);
  return shapes.setResult(getOperation()->getResult(0), elementOf(getValues()), dims);
}
