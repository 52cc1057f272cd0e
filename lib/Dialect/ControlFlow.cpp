// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Accessors and verifiers of the ops with regions. Operands are ranked: ODS has checked it.
#include "ShapeInference.h"

using namespace mlir;
using namespace mlir::halftone;

static YieldOp yieldOf(Region &region) { return cast<YieldOp>(region.front().getTerminator()); }

YieldOp IfOp::getThenYield() { return yieldOf(getThenRegion()); }
YieldOp IfOp::getElseYield() { return yieldOf(getElseRegion()); }
YieldOp LoopOp::getYield() { return yieldOf(getBody()); }

Value LoopOp::getYieldedCondition() { return getCondition() ? getYield().getOperand(0) : Value(); }

OperandRange LoopOp::getYieldedStates() {
  return getYield().getValues().slice(getCondition() ? 1 : 0, getNumStates());
}

OperandRange LoopOp::getYieldedElements() {
  return getYield().getValues().drop_front((getCondition() ? 1 : 0) + getNumStates());
}

static LogicalResult report(Operation *op, const Twine &what, Type expected, Type actual) {
  InFlightDiagnostic diag = op->emitOpError(what);
  diag.attachNote() << "expected " << expected;
  diag.attachNote() << "actual " << actual;
  return diag;
}

// One element of an integer type of `width` bits.
static LogicalResult expectFlag(Operation *op, StringRef name, Value value, unsigned width) {
  auto type = cast<RankedTensorType>(value.getType());
  bool mayBeOne = llvm::all_of(
      type.getShape(), [](int64_t size) { return ShapedType::isDynamic(size) || size == 1; });
  if (type.getElementType().isSignlessInteger(width) && mayBeOne)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `")
                            << name << "` to have one element of type i" << width;
  diag.attachNote() << "`" << name << "` is " << type;
  return diag;
}

static bool agree(Type lhs, Type rhs) {
  auto left = dyn_cast<RankedTensorType>(lhs), right = dyn_cast<RankedTensorType>(rhs);
  return left && right && left.getElementType() == right.getElementType() &&
         succeeded(verifyCompatibleShape(left, right));
}

static LogicalResult expectYield(Operation *op, Region &region, size_t count) {
  auto yield = region.front().empty() ? YieldOp() : dyn_cast<YieldOp>(region.front().back());
  if (!yield)
    return op->emitOpError("expects its regions to end in halftone.yield");
  if (yield.getValues().size() == count)
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects region #")
                            << region.getRegionNumber() << " to yield " << count << " values";
  diag.attachNote(yield.getLoc()) << "it yields " << yield.getValues().size();
  return diag;
}

LogicalResult IfOp::verify() {
  if (failed(expectFlag(*this, "condition", getCondition(), 1))) // (C1)
    return failure();
  for (Region *region : getRegions()) { // (C2)
    if (region->getNumArguments() != 0)
      return emitOpError("expects regions without arguments");
    if (failed(expectYield(*this, *region, getNumResults())))
      return failure();
    for (auto [result, value] : llvm::zip_equal(getOutputs(), yieldOf(*region).getValues()))
      if (!agree(result.getType(), value.getType())) // (C3)
        return report(*this, "yields a value of the wrong type", result.getType(), value.getType());
  }
  return success();
}

// (C1) to (C3)
static LogicalResult verifyIterations(LoopOp op) {
  if (op.getTripCount() && !op.getScanInputs().empty())
    return op.emitOpError("expects a trip count or scan inputs, not both");
  if (!op.getTripCount() && !op.getCondition() && op.getScanInputs().empty())
    return op.emitOpError("expects a trip count, a condition or a scan input, which ends the loop");
  if (op.getTripCount() && failed(expectFlag(op, "trip_count", op.getTripCount(), 64)))
    return failure();
  if (op.getCondition() && failed(expectFlag(op, "condition", op.getCondition(), 1)))
    return failure();
  for (Value input : op.getScanInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    auto first = cast<RankedTensorType>(op.getScanInputs().front().getType());
    bool hasLeading = type.getRank() > 0 && first.getRank() > 0;
    if (!hasLeading || failed(verifyCompatibleShape(type.getShape().take_front(),
                                                    first.getShape().take_front()))) {
      InFlightDiagnostic diag = op.emitOpError("expects scan inputs of one leading dimension");
      diag.attachNote() << "they are " << first << " and " << type;
      return diag;
    }
  }
  return success();
}

// (C4)
static LogicalResult verifyArguments(LoopOp op) {
  size_t expected = 1 + op.getInits().size() + op.getScanInputs().size();
  if (op.getBody().getNumArguments() != expected) {
    InFlightDiagnostic diag = op.emitOpError(
        "expects the body to take the iteration, the states and a slice of each scan input");
    diag.attachNote() << expected << " arguments, not " << op.getBody().getNumArguments();
    return diag;
  }
  auto iteration = RankedTensorType::get({}, IntegerType::get(op.getContext(), 64));
  if (op.getIteration().getType() != iteration)
    return report(op, "has an iteration of the wrong type", iteration, op.getIteration().getType());
  for (auto [input, slice] : llvm::zip_equal(op.getScanInputs(), op.getSlices())) {
    auto type = cast<RankedTensorType>(input.getType());
    auto wanted = RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
    if (!agree(wanted, slice.getType()))
      return report(op, "has a slice of the wrong type", wanted, slice.getType());
  }
  return success();
}

// (C6)
static LogicalResult verifyStates(LoopOp op) {
  for (auto [init, argument, value, result] :
       llvm::zip_equal(op.getInits(), op.getStates(), op.getYieldedStates(), op.getFinals())) {
    if (!agree(init.getType(), argument.getType()))
      return report(op, "has a state of the wrong type", init.getType(), argument.getType());
    if (!agree(argument.getType(), value.getType()))
      return report(op, "yields a state of the wrong type", argument.getType(), value.getType());
    if (!agree(argument.getType(), result.getType()))
      return report(op, "has a result of the wrong type", argument.getType(), result.getType());
  }
  return success();
}

// (C7)
static LogicalResult verifyStacked(LoopOp op) {
  for (auto [value, result] : llvm::zip_equal(op.getYieldedElements(), op.getStacked())) {
    auto element = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(element.getShape());
    shape.insert(shape.begin(), ShapedType::kDynamic);
    auto wanted = RankedTensorType::get(shape, element.getElementType());
    if (!agree(wanted, result.getType()))
      return report(op, "has a stacked result of the wrong type", wanted, result.getType());
  }
  return success();
}

// (C8)
static LogicalResult verifyDirections(LoopOp op) {
  auto hasLength = [](ArrayRef<bool> flags, size_t count) {
    return flags.empty() || flags.size() == count;
  };
  if (!hasLength(op.getReversedInputs(), op.getScanInputs().size()))
    return op.emitOpError("expects one flag of `reversed_inputs` for each scan input");
  if (!hasLength(op.getReversedOutputs(), op.getStacked().size()))
    return op.emitOpError("expects one flag of `reversed_outputs` for each stacked result");
  if (op.getCondition() && llvm::is_contained(op.getReversedOutputs(), true))
    return op.emitOpError("cannot reverse a result whose length only its condition decides");
  return success();
}

LogicalResult LoopOp::verify() {
  if (failed(verifyIterations(*this)) || failed(verifyArguments(*this)))
    return failure();
  if (getNumResults() < getNumStates())
    return emitOpError("expects a result for each state");
  size_t numYielded = (getCondition() ? 1 : 0) + getNumResults(); // (C5)
  if (failed(expectYield(*this, getBody(), numYielded)))
    return failure();
  if (getCondition() && failed(expectFlag(*this, "condition", getYieldedCondition(), 1)))
    return failure();
  if (failed(verifyStates(*this)) || failed(verifyStacked(*this)))
    return failure();
  return verifyDirections(*this);
}
