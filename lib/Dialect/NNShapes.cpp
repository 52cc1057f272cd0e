// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape inference of matrix products, reductions, normalizations and resize.
#include "ShapeInference.h"

#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::halftone;

FailureOr<SmallVector<Dim>> mlir::halftone::inferMatrixProduct(Operation *op, ShapeContext &shapes,
                                                               Value lhs, Value rhs) {
  SmallVector<Dim> left = llvm::to_vector(shapes.dims(lhs));
  SmallVector<Dim> right = llvm::to_vector(shapes.dims(rhs));
  if (left.empty() || right.empty())
    return op->emitOpError("expects operands of at least one dimension").attachNote()
           << "they are " << lhs.getType() << " and " << rhs.getType();
  // As in NumPy: a vector on the left is a row, on the right a column, and that dimension is
  // dropped.
  bool isRow = left.size() == 1, isColumn = right.size() == 1;
  if (isRow)
    left.insert(left.begin(), shapes.constant(1));
  if (isColumn)
    right.push_back(shapes.constant(1));
  if (shapes.isDifferent(left.back(), right[right.size() - 2])) {
    InFlightDiagnostic diag = op->emitOpError("expects operands that agree in K"); // (C2)
    diag.attachNote() << "K of `lhs` is " << describe(left.back()) << ": " << lhs.getType();
    diag.attachNote() << "K of `rhs` is " << describe(right[right.size() - 2]) << ": "
                      << rhs.getType();
    return diag;
  }
  ArrayRef<Dim> leftBatch = ArrayRef<Dim>(left).drop_back(2);
  ArrayRef<Dim> rightBatch = ArrayRef<Dim>(right).drop_back(2);
  std::optional<SmallVector<Dim>> dims = shapes.broadcast({leftBatch, rightBatch});
  if (!dims) {
    InFlightDiagnostic diag = op->emitOpError("expects batch dimensions that broadcast"); // (C3)
    diag.attachNote() << "`lhs` is " << lhs.getType();
    diag.attachNote() << "`rhs` is " << rhs.getType();
    return diag;
  }
  if (!isRow)
    dims->push_back(left[left.size() - 2]);
  if (!isColumn)
    dims->push_back(right.back());
  return *dims;
}

LogicalResult MatMulOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "lhs", getLhs(), ElementDomain::Number)) ||
      failed(expectSameElement(*this, "lhs", getLhs(), "rhs", getRhs())))
    return failure();
  FailureOr<SmallVector<Dim>> dims = inferMatrixProduct(*this, shapes, getLhs(), getRhs());
  if (failed(dims))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getLhs()), *dims);
}

// The dimensions left after reducing `axes`.
static SmallVector<Dim> reduceDims(ShapeContext &shapes, ArrayRef<Dim> input,
                                   ArrayRef<int64_t> axes, bool keepdims) {
  SmallVector<Dim> dims;
  for (auto [axis, dim] : llvm::enumerate(input)) {
    if (!llvm::is_contained(axes, int64_t(axis)))
      dims.push_back(dim);
    else if (keepdims)
      dims.push_back(shapes.constant(1));
  }
  return dims;
}

// Folds all elements into one; nullopt for the kinds that shape arithmetic does not use.
static Values reduceValues(ReduceOp op, ShapeContext &shapes) {
  std::optional<ArrayRef<AffineExpr>> elements = shapes.values(op.getInput());
  bool reducesAll = int64_t(op.getAxes().size()) == rankOf(op.getInput());
  if (!elements || elements->empty() || !reducesAll)
    return std::nullopt;
  AffineExpr result = elements->front();
  for (AffineExpr element : elements->drop_front()) {
    switch (op.getKind()) {
    case ReduceKind::Sum:
      result = result + element;
      break;
    case ReduceKind::Prod:
      result = shapes.simplify(result * element);
      break;
    case ReduceKind::Max:
      result = shapes.maximum(result, element);
      break;
    case ReduceKind::Min:
      result = shapes.minimum(result, element);
      break;
    default:
      return std::nullopt;
    }
  }
  bool isPlain = op.getKind() == ReduceKind::Sum || op.getKind() == ReduceKind::Prod ||
                 op.getKind() == ReduceKind::Max || op.getKind() == ReduceKind::Min;
  return isPlain ? Values(SmallVector<AffineExpr>{result}) : std::nullopt;
}

LogicalResult ReduceOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Any)) ||
      failed(expectAxes(*this, getAxes(), rankOf(getInput()))))
    return failure();
  bool isOrder = getKind() == ReduceKind::Max || getKind() == ReduceKind::Min;
  if (!isOrder && failed(expectDomain(*this, "input", getInput(), ElementDomain::Number)))
    return failure();
  SmallVector<Dim> dims = reduceDims(shapes, shapes.dims(getInput()), getAxes(), getKeepdims());
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims,
                          reduceValues(*this, shapes));
}

LogicalResult ArgReduceOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Number)) ||
      failed(expectAxis(*this, "axis", getAxis(), rankOf(getInput()))))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  if (ShapeContext::asConstant(input[getAxis()]) == 0)
    return emitOpError("expects a dimension with elements to search").attachNote()
           << "dimension " << getAxis() << " of " << getInput().getType() << " is empty";
  int64_t axis = getAxis();
  return shapes.setResult(getOperation()->getResult(0), IntegerType::get(getContext(), 64),
                          reduceDims(shapes, input, axis, getKeepdims()));
}

// Ops whose result has the type of `input` and that work along `axis`.
template <typename AxisOp>
static LogicalResult inferAlongAxis(AxisOp op, ShapeContext &shapes, ElementDomain domain) {
  if (failed(expectRankedOperands(op)) ||
      failed(expectDomain(op, "input", op.getInput(), domain)) ||
      failed(expectAxis(op, "axis", op.getAxis(), rankOf(op.getInput()))))
    return failure();
  return shapes.setResult(op->getResult(0), elementOf(op.getInput()), shapes.dims(op.getInput()));
}

LogicalResult CumSumOp::inferShapes(ShapeContext &shapes) {
  return inferAlongAxis(*this, shapes, ElementDomain::Number);
}
LogicalResult SoftmaxOp::inferShapes(ShapeContext &shapes) {
  return inferAlongAxis(*this, shapes, ElementDomain::Float);
}

LogicalResult NonMaxSuppressionOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) || failed(expectRank(*this, "boxes", getBoxes(), 3)) ||
      failed(expectRank(*this, "scores", getScores(), 3)) ||
      failed(expectIndices(*this, "max_selected", getMaxSelected(), -1)) ||
      failed(expectElementCount(*this, shapes, "max_selected", getMaxSelected(), 1)) ||
      failed(expectElementCount(*this, shapes, "iou_threshold", getIouThreshold(), 1)) ||
      failed(expectElementCount(*this, shapes, "score_threshold", getScoreThreshold(), 1)))
    return failure();
  for (Value value : {getBoxes(), getScores(), getIouThreshold(), getScoreThreshold()})
    if (!elementOf(value).isF32())
      return emitOpError("expects boxes, scores and thresholds to be f32"); // (C1), (C2)
  ArrayRef<Dim> boxes = shapes.dims(getBoxes()), scores = shapes.dims(getScores());
  if (shapes.isDifferent(boxes[0], scores[0]) || shapes.isDifferent(boxes[1], scores[2]) ||
      shapes.isDifferent(boxes[2], shapes.constant(4))) {
    InFlightDiagnostic diag = emitOpError("expects boxes [B, N, 4] and scores [B, C, N]"); // (C1)
    diag.attachNote() << "they are " << getBoxes().getType() << " and " << getScores().getType();
    return diag;
  }
  Type indexType = IntegerType::get(getContext(), 64);
  return shapes.setResult(getOperation()->getResult(0), indexType, scores);
}

LogicalResult TopKOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Number)) ||
      failed(expectIndices(*this, "k", getK(), -1)) ||
      failed(expectElementCount(*this, shapes, "k", getK(), 1)) ||
      failed(expectAxis(*this, "axis", getAxis(), rankOf(getInput()))))
    return failure();
  SmallVector<Dim> dims = llvm::to_vector(shapes.dims(getInput()));
  std::optional<ArrayRef<AffineExpr>> k = shapes.values(getK());
  bool isKnown = k && (ShapeContext::asConstant(k->front()) || shapes.isNonNegative(k->front()));
  Dim count = isKnown ? k->front() : shapes.freshSymbol();
  if (shapes.isNonNegative(-count - 1) || shapes.isNonNegative(count - dims[getAxis()] - 1)) {
    InFlightDiagnostic diag = emitOpError("expects `k` between 0 and the dimension");
    diag.attachNote() << "`k` is " << describe(count);
    diag.attachNote() << "dimension " << getAxis() << " of " << getInput().getType();
    return diag;
  }
  dims[getAxis()] = count;
  Type indexType = IntegerType::get(getContext(), 64);
  return success(
      succeeded(shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims)) &&
      succeeded(shapes.setResult(getOperation()->getResult(1), indexType, dims)));
}

// Whether `value` broadcasts to `dims` without adding to them.
static LogicalResult expectBroadcastTo(Operation *op, ShapeContext &shapes, StringRef name,
                                       Value value, ArrayRef<Dim> dims) {
  ArrayRef<Dim> operand = shapes.dims(value);
  bool agrees = operand.size() <= dims.size();
  for (size_t i = 0; agrees && i < operand.size(); ++i)
    agrees = operand[i] == shapes.constant(1) ||
             !shapes.isDifferent(operand[i], dims[dims.size() - operand.size() + i]);
  if (agrees)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `")
                            << name << "` to broadcast to the normalized dimensions";
  diag.attachNote() << "`" << name << "` is " << value.getType();
  diag.attachNote() << "the input is " << op->getOperand(0).getType();
  return diag;
}

static LogicalResult expectEpsilon(Operation *op, APFloat epsilon) {
  if (epsilon.isFinite() && !epsilon.isNegative())
    return success();
  return op->emitOpError("expects a finite `epsilon` >= 0");
}

LogicalResult LayerNormOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Float)) ||
      failed(expectSameElement(*this, "input", getInput(), "scale", getScale())) ||
      failed(expectAxis(*this, "axis", getAxis(), rankOf(getInput()))) ||
      failed(expectEpsilon(*this, getEpsilon())))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  if (failed(expectBroadcastTo(*this, shapes, "scale", getScale(), input)))
    return failure();
  if (getBias() && (failed(expectSameElement(*this, "input", getInput(), "bias", getBias())) ||
                    failed(expectBroadcastTo(*this, shapes, "bias", getBias(), input))))
    return failure();
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), input);
}

LogicalResult InstanceNormOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Float)) ||
      failed(expectEpsilon(*this, getEpsilon())))
    return failure();
  ArrayRef<Dim> input = shapes.dims(getInput());
  if (input.size() < 3)
    return emitOpError("expects `input` to have at least 3 dimensions").attachNote()
           << "`input` is " << getInput().getType();
  for (auto [name, value] : {std::pair("scale", getScale()), std::pair("bias", getBias())}) {
    if (failed(expectSameElement(*this, "input", getInput(), name, value)) ||
        failed(expectRank(*this, name, value, 1)))
      return failure();
    if (!shapes.isDifferent(shapes.dims(value).front(), input[1]))
      continue;
    InFlightDiagnostic diag = emitOpError("expects one element of `") << name << "` per channel";
    diag.attachNote() << "`" << name << "` is " << value.getType();
    diag.attachNote() << "the input is " << getInput().getType();
    return diag;
  }
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), input);
}

// What an attribute may say.
static LogicalResult expectWord(Operation *op, StringRef name, StringRef word,
                                ArrayRef<StringRef> words) {
  if (llvm::is_contained(words, word))
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `")
                            << name << "` to be one of the known words";
  diag.attachNote() << "`" << name << "` is \"" << word << "\"";
  diag.attachNote() << "known: " << llvm::join(words, ", ");
  return diag;
}

LogicalResult ResizeOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Number)) ||
      failed(expectIndices(*this, "sizes", getSizes(), 1)) ||
      failed(expectDomain(*this, "scales", getScales(), ElementDomain::Float)) ||
      failed(expectRank(*this, "scales", getScales(), 1)) ||
      failed(expectElementCount(*this, shapes, "sizes", getSizes(), rankOf(getInput()))) ||
      failed(expectElementCount(*this, shapes, "scales", getScales(), rankOf(getInput()))) ||
      failed(expectWord(*this, "mode", getMode(), {"nearest", "linear"})) ||
      failed(expectWord(*this, "coordinates", getCoordinates(),
                        {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
                         "align_corners", "asymmetric"})) ||
      failed(expectWord(*this, "nearest_mode", getNearestMode(),
                        {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})))
    return failure();
  SmallVector<Dim> dims;
  std::optional<ArrayRef<AffineExpr>> sizes = shapes.values(getSizes());
  for (int64_t axis : llvm::seq(rankOf(getInput()))) {
    AffineExpr size = sizes ? (*sizes)[axis] : AffineExpr();
    if (size && shapes.isNonNegative(-size - 1))
      return emitOpError("expects `sizes` >= 0, not ") << describe(size);
    dims.push_back(size && shapes.isNonNegative(size) ? size : shapes.freshSymbol());
  }
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims);
}
