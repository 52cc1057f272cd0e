// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape inference of the ops with regions.
#include "ShapeInference.h"

using namespace mlir;
using namespace mlir::halftone;

using DimLists = SmallVector<SmallVector<Dim>>;

static LogicalResult expectSameKind(Operation *op, StringRef lhsName, Value lhs, StringRef rhsName,
                                    Value rhs) {
  if (failed(expectSameElement(op, lhsName, lhs, rhsName, rhs)))
    return failure();
  if (rankOf(lhs) == rankOf(rhs))
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `")
                            << lhsName << "` and `" << rhsName << "` to have one rank";
  diag.attachNote() << "`" << lhsName << "` is " << lhs.getType();
  diag.attachNote() << "`" << rhsName << "` is " << rhs.getType();
  return diag;
}

LogicalResult IfOp::inferShapes(ShapeContext &shapes) {
  if (failed(shapes.infer(getThenRegion())) || failed(shapes.infer(getElseRegion())))
    return failure();
  for (auto [index, result] : llvm::enumerate(getOutputs())) {
    Value ifTrue = getThenYield().getOperand(index), ifFalse = getElseYield().getOperand(index);
    if (failed(expectSameKind(*this, "then", ifTrue, "else", ifFalse)))
      return failure();
    SmallVector<Dim> dims;
    for (auto [lhs, rhs] : llvm::zip_equal(shapes.dims(ifTrue), shapes.dims(ifFalse)))
      dims.push_back(lhs == rhs ? lhs : shapes.freshSymbol());
    std::optional<SmallVector<AffineExpr>> values;
    std::optional<ArrayRef<AffineExpr>> lhs = shapes.values(ifTrue), rhs = shapes.values(ifFalse);
    if (lhs && rhs && *lhs == *rhs)
      values = llvm::to_vector(*lhs);
    if (failed(shapes.setResult(cast<OpResult>(result), elementOf(ifTrue), dims, values)))
      return failure();
  }
  return success();
}

// The leading dimension of what a loop stacks.
static Dim iterationsOf(LoopOp op, ShapeContext &shapes) {
  if (op.getCondition())
    return shapes.freshSymbol();
  if (op.getTripCount()) {
    std::optional<ArrayRef<AffineExpr>> count = shapes.values(op.getTripCount());
    return count ? shapes.maximum(count->front(), shapes.constant(0)) : shapes.freshSymbol();
  }
  // They are equal; a constant says most.
  for (Value input : op.getScanInputs())
    if (ShapeContext::asConstant(shapes.dims(input).front()))
      return shapes.dims(input).front();
  return shapes.dims(op.getScanInputs().front()).front();
}

static void setFixedArguments(LoopOp op, ShapeContext &shapes) {
  shapes.setArgument(op.getIteration(), {}, SmallVector<AffineExpr>{shapes.freshSymbol()});
  for (auto [input, slice] : llvm::zip_equal(op.getScanInputs(), op.getSlices()))
    shapes.refineArgument(slice, llvm::to_vector(shapes.dims(input).drop_front()));
}

namespace {
/// The dimensions of the states at the start of any iteration: those of the inits, as far as the
/// body keeps them.
class Invariants {
public:
  Invariants(LoopOp op, ShapeContext &shapes);
  DimLists find();

private:
  /// Forgets the dimensions that the body changes, or all if the body cannot be inferred. Whether
  /// something was forgotten.
  bool widen(bool all);

  LoopOp op;
  ShapeContext &shapes;
  DimLists states;
  llvm::DenseSet<Dim> varying;
};
} // namespace

Invariants::Invariants(LoopOp op, ShapeContext &shapes) : op(op), shapes(shapes) {
  for (auto [init, argument] : llvm::zip_equal(op.getInits(), op.getStates())) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(argument.getType()).getShape();
    SmallVector<Dim> &dims = states.emplace_back();
    // What the type says has been decided before.
    for (auto [size, dim] : llvm::zip_equal(shape, shapes.dims(init)))
      dims.push_back(ShapedType::isDynamic(size) ? dim : shapes.constant(size));
  }
}

bool Invariants::widen(bool all) {
  bool isWidened = false;
  for (auto [state, argument, value] :
       llvm::zip_equal(states, op.getStates(), op.getYieldedStates())) {
    auto type = cast<RankedTensorType>(argument.getType());
    bool isKnown = !all && rankOf(value) == type.getRank();
    for (auto [index, dim] : llvm::enumerate(state)) {
      bool isKept = isKnown && shapes.dims(value)[index] == dim;
      if (isKept || !type.isDynamicDim(index) || varying.contains(dim))
        continue;
      dim = shapes.freshSymbol();
      varying.insert(dim);
      isWidened = true;
    }
  }
  return isWidened;
}

DimLists Invariants::find() {
  while (true) {
    for (auto [argument, dims] : llvm::zip_equal(op.getStates(), states))
      shapes.setArgument(argument, dims);
    bool isInferred = succeeded(shapes.attempt([&] { return shapes.infer(op.getBody()); }));
    if (!widen(!isInferred))
      return states;
  }
}

static LogicalResult setFinals(LoopOp op, ShapeContext &shapes, ArrayRef<SmallVector<Dim>> states) {
  for (auto [dims, init, value, result] :
       llvm::zip_equal(states, op.getInits(), op.getYieldedStates(), op.getFinals())) {
    if (failed(expectSameKind(op, "init", init, "state", value)))
      return failure();
    SmallVector<Dim> final;
    for (auto [before, after] : llvm::zip_equal(shapes.dims(init), dims))
      final.push_back(ShapeContext::asConstant(after) || before == after ? after
                                                                         : shapes.freshSymbol());
    if (failed(shapes.setResult(cast<OpResult>(result), elementOf(init), final)))
      return failure();
  }
  return success();
}

LogicalResult LoopOp::inferShapes(ShapeContext &shapes) {
  setFixedArguments(*this, shapes);
  DimLists states = Invariants(*this, shapes).find();
  for (auto [argument, dims] : llvm::zip_equal(getStates(), states))
    shapes.refineArgument(argument, dims);
  if (failed(shapes.infer(getBody())) || failed(setFinals(*this, shapes, states)))
    return failure();
  Dim iterations = iterationsOf(*this, shapes);
  for (auto [value, result] : llvm::zip_equal(getYieldedElements(), getStacked())) {
    SmallVector<Dim> dims = {iterations};
    llvm::append_range(dims, shapes.dims(value));
    if (failed(shapes.setResult(cast<OpResult>(result), elementOf(value), dims)))
      return failure();
  }
  return success();
}
