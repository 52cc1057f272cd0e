// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ShapeInference.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

// The symbolic value of a unary op; null where an affine expression cannot say it.
static AffineExpr evaluateUnary(Operation *op, ShapeContext &shapes, AffineExpr input) {
  if (isa<NegOp>(op))
    return -input;
  if (isa<AbsOp>(op)) {
    if (shapes.isNonNegative(input))
      return input;
    return shapes.isNonNegative(-input) ? -input : AffineExpr();
  }
  if (isa<ReluOp>(op))
    return shapes.maximum(input, shapes.constant(0));
  if (isa<NotOp>(op) && elementOf(op->getOperand(0)).isInteger(1))
    return 1 - input;
  return AffineExpr();
}

// Division truncates, the quotients of affine expressions floor: they agree where nothing is
// negative.
static AffineExpr evaluateQuotient(ShapeContext &shapes, AffineExpr lhs, AffineExpr rhs) {
  std::optional<int64_t> dividend = ShapeContext::asConstant(lhs);
  std::optional<int64_t> divisor = ShapeContext::asConstant(rhs);
  bool overflows = dividend == std::numeric_limits<int64_t>::min() && divisor == -1;
  if (divisor == 0 || overflows)
    return AffineExpr();
  if (dividend && divisor)
    return shapes.constant(*dividend / *divisor);
  bool rhsPositive = shapes.isNonNegative(rhs - 1);
  return rhsPositive && shapes.isNonNegative(lhs) ? lhs.floorDiv(rhs) : AffineExpr();
}

static AffineExpr evaluateBinary(Operation *op, ShapeContext &shapes, AffineExpr lhs,
                                 AffineExpr rhs) {
  // On i1, values are 0 and 1.
  bool isBool = elementOf(op->getOperand(0)).isInteger(1);
  return llvm::TypeSwitch<Operation *, AffineExpr>(op)
      .Case([&](AddOp) { return lhs + rhs; })
      .Case([&](SubOp) { return lhs - rhs; })
      .Case([&](MulOp) { return lhs * rhs; })
      .Case([&](DivOp) { return evaluateQuotient(shapes, lhs, rhs); })
      .Case([&](MinOp) { return shapes.minimum(lhs, rhs); })
      .Case([&](MaxOp) { return shapes.maximum(lhs, rhs); })
      .Case([&](AndOp) { return isBool ? lhs * rhs : AffineExpr(); })
      .Case([&](OrOp) { return isBool ? lhs + rhs - lhs * rhs : AffineExpr(); })
      .Default([](Operation *) { return AffineExpr(); });
}

// 1, 0, or null if the comparison depends on the symbols.
static AffineExpr evaluateCompare(Operation *op, ShapeContext &shapes, AffineExpr lhs,
                                  AffineExpr rhs) {
  auto truth = [&](bool isTrue, bool isFalse) {
    return isTrue || isFalse ? AffineExpr(shapes.constant(isTrue)) : AffineExpr();
  };
  auto isLess = [&](AffineExpr a, AffineExpr b) { return shapes.isNonNegative(b - a - 1); };
  auto isAtMost = [&](AffineExpr a, AffineExpr b) { return shapes.isNonNegative(b - a); };
  return llvm::TypeSwitch<Operation *, AffineExpr>(op)
      .Case([&](EqualOp) {
        return truth(shapes.simplify(lhs) == shapes.simplify(rhs), shapes.isDifferent(lhs, rhs));
      })
      .Case([&](LessOp) { return truth(isLess(lhs, rhs), isAtMost(rhs, lhs)); })
      .Case([&](LessOrEqualOp) { return truth(isAtMost(lhs, rhs), isLess(rhs, lhs)); })
      .Case([&](GreaterOp) { return truth(isLess(rhs, lhs), isAtMost(lhs, rhs)); })
      .Case([&](GreaterOrEqualOp) { return truth(isAtMost(rhs, lhs), isLess(lhs, rhs)); })
      .Default([](Operation *) { return AffineExpr(); });
}

// Symbolic values do not wrap, so narrow and unsigned integers carry none.
static bool carriesValues(Type element) {
  return element.isInteger(1) || element.isSignlessInteger(32) || element.isSignlessInteger(64);
}

using Evaluate = llvm::function_ref<AffineExpr(ArrayRef<AffineExpr>)>;

// The values of an elementwise result of type `element` from the broadcast values of the operands.
static Values evaluateElementwise(ShapeContext &shapes, Type element, ValueRange operands,
                                  ArrayRef<Dim> dims, Evaluate evaluate) {
  if (!carriesValues(element))
    return std::nullopt;
  SmallVector<SmallVector<int64_t>> operandShapes;
  for (Value operand : operands) {
    std::optional<SmallVector<int64_t>> shape = smallShape(shapes.dims(operand));
    if (!shape || !shapes.values(operand))
      return std::nullopt;
    operandShapes.push_back(*shape);
  }
  return makeValues(dims, [&](ArrayRef<int64_t> index) {
    SmallVector<AffineExpr> elements;
    for (auto [operand, shape] : llvm::zip_equal(operands, operandShapes))
      elements.push_back((*shapes.values(operand))[broadcastPosition(index, shape)]);
    AffineExpr result = evaluate(elements);
    std::optional<int64_t> number = result ? ShapeContext::asConstant(result) : std::nullopt;
    // What wraps is not the number computed here.
    bool fits = element.isInteger(64) || !number || llvm::isInt<32>(*number);
    return fits ? result : AffineExpr();
  });
}

LogicalResult mlir::halftone::inferUnary(Operation *op, ShapeContext &shapes,
                                         ElementDomain domain) {
  Value input = op->getOperand(0);
  if (failed(expectRankedOperands(op)) || failed(expectDomain(op, "input", input, domain)))
    return failure();
  Values values = evaluateElementwise(
      shapes, elementOf(input), input, shapes.dims(input),
      [&](ArrayRef<AffineExpr> elements) { return evaluateUnary(op, shapes, elements.front()); });
  return shapes.setResult(op->getResult(0), elementOf(input), shapes.dims(input), values);
}

LogicalResult mlir::halftone::inferPredicate(Operation *op, ShapeContext &shapes,
                                             ElementDomain domain) {
  Value input = op->getOperand(0);
  if (failed(expectRankedOperands(op)) || failed(expectDomain(op, "input", input, domain)))
    return failure();
  return shapes.setResult(op->getResult(0), IntegerType::get(op->getContext(), 1),
                          shapes.dims(input));
}

static LogicalResult inferBroadcast(Operation *op, ShapeContext &shapes, Type element,
                                    Evaluate evaluate) {
  FailureOr<SmallVector<Dim>> dims = broadcastOperands(op, shapes, op->getOperands());
  if (failed(dims))
    return failure();
  Values values = evaluateElementwise(shapes, element, op->getOperands(), *dims, evaluate);
  return shapes.setResult(op->getResult(0), element, *dims, values);
}

LogicalResult mlir::halftone::inferBinary(Operation *op, ShapeContext &shapes,
                                          ElementDomain domain) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  if (failed(expectRankedOperands(op)) || failed(expectDomain(op, "lhs", lhs, domain)) ||
      failed(expectSameElement(op, "lhs", lhs, "rhs", rhs)))
    return failure();
  return inferBroadcast(op, shapes, elementOf(lhs), [&](ArrayRef<AffineExpr> elements) {
    return evaluateBinary(op, shapes, elements[0], elements[1]);
  });
}

LogicalResult mlir::halftone::inferCompare(Operation *op, ShapeContext &shapes,
                                           ElementDomain domain) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  if (failed(expectRankedOperands(op)) || failed(expectDomain(op, "lhs", lhs, domain)) ||
      failed(expectSameElement(op, "lhs", lhs, "rhs", rhs)))
    return failure();
  Type i1 = IntegerType::get(op->getContext(), 1);
  return inferBroadcast(op, shapes, i1, [&](ArrayRef<AffineExpr> elements) {
    return evaluateCompare(op, shapes, elements[0], elements[1]);
  });
}

LogicalResult PowOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "lhs", getLhs(), ElementDomain::Number)) ||
      failed(expectDomain(*this, "rhs", getRhs(), ElementDomain::Number)))
    return failure();
  return inferBroadcast(*this, shapes, elementOf(getLhs()),
                        [](ArrayRef<AffineExpr>) { return AffineExpr(); });
}

LogicalResult ModOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "lhs", getLhs(), ElementDomain::Number)) ||
      failed(expectSameElement(*this, "lhs", getLhs(), "rhs", getRhs())))
    return failure();
  if (isa<FloatType>(elementOf(getLhs())) && !getFmod())
    return emitOpError("expects `fmod` on floats");
  return inferBroadcast(*this, shapes, elementOf(getLhs()), [&](ArrayRef<AffineExpr> elements) {
    bool agrees = shapes.isNonNegative(elements[0]) && shapes.isNonNegative(elements[1] - 1);
    return agrees ? elements[0] % elements[1] : AffineExpr();
  });
}

// where(equal(x, 1), y, x) is the dimension of x and y broadcast: how a common shape is computed at
// run time.
static Values broadcastValues(WhereOp op, ShapeContext &shapes, ArrayRef<Dim> dims) {
  auto equal = op.getCondition().getDefiningOp<EqualOp>();
  if (!equal)
    return std::nullopt;
  Value operands[] = {op.getLhs(), op.getRhs(), equal.getLhs(), equal.getRhs()};
  return evaluateElementwise(
      shapes, elementOf(op.getLhs()), operands, dims, [&](ArrayRef<AffineExpr> elements) {
        auto [lhs, rhs, compared, one] =
            std::tuple(elements[0], elements[1], elements[2], elements[3]);
        bool isBroadcast = one == shapes.constant(1) && compared == rhs &&
                           shapes.isNonNegative(lhs) && shapes.isNonNegative(rhs);
        std::optional<Dim> dim = isBroadcast ? shapes.broadcast(lhs, rhs) : std::nullopt;
        return dim ? *dim : AffineExpr();
      });
}

// The chosen value; null where the condition is not known and the two differ.
static AffineExpr evaluateWhere(ShapeContext &shapes, ArrayRef<AffineExpr> elements) {
  if (shapes.simplify(elements[1]) == shapes.simplify(elements[2]))
    return elements[1];
  std::optional<int64_t> condition = ShapeContext::asConstant(elements[0]);
  return condition ? elements[*condition ? 1 : 2] : AffineExpr();
}

LogicalResult WhereOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "lhs", getLhs(), ElementDomain::Any)) ||
      failed(expectSameElement(*this, "lhs", getLhs(), "rhs", getRhs())))
    return failure();
  if (!elementOf(getCondition()).isInteger(1)) {
    InFlightDiagnostic diag = emitOpError("expects the elements of `condition` to be i1");
    diag.attachNote() << "`condition` is " << getCondition().getType();
    return diag;
  }
  FailureOr<SmallVector<Dim>> dims = broadcastOperands(*this, shapes, getOperands());
  if (failed(dims))
    return failure();
  Values values = evaluateElementwise(
      shapes, elementOf(getLhs()), getOperands(), *dims,
      [&](ArrayRef<AffineExpr> elements) { return evaluateWhere(shapes, elements); });
  if (!values)
    values = broadcastValues(*this, shapes, *dims);
  return shapes.setResult(getOperation()->getResult(0), elementOf(getLhs()), *dims, values);
}

// The value after conversion between integer types; null where it might not fit.
static AffineExpr castValue(ShapeContext &shapes, AffineExpr value, IntegerType to) {
  if (to.isInteger(1)) {
    bool isTrue = shapes.isDifferent(value, shapes.constant(0));
    return isTrue || value == shapes.constant(0) ? AffineExpr(shapes.constant(isTrue))
                                                 : AffineExpr();
  }
  if (to.getWidth() >= 64)
    return value;
  std::optional<int64_t> number = ShapeContext::asConstant(value);
  // A dimension fits in 32 bits; a constant may not.
  return !number || llvm::isInt<32>(*number) ? value : AffineExpr();
}

LogicalResult CastOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Any)))
    return failure();
  if (!isa<IntegerType, FloatType>(getTo()))
    return emitOpError("expects `to` to be an integer or float type") << ", not " << getTo();
  ArrayRef<Dim> dims = shapes.dims(getInput());
  Values values =
      evaluateElementwise(shapes, getTo(), getOperand(), dims, [&](ArrayRef<AffineExpr> elements) {
        return castValue(shapes, elements.front(), cast<IntegerType>(getTo()));
      });
  return shapes.setResult(getOperation()->getResult(0), getTo(), dims, values);
}

LogicalResult BitCastOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)))
    return failure();
  Type from = elementOf(getInput());
  bool isReadable = isa<IntegerType, FloatType>(getTo()) && isa<IntegerType, FloatType>(from);
  if (!isReadable || getTo().getIntOrFloatBitWidth() != from.getIntOrFloatBitWidth() ||
      from.isInteger(1))
    return emitOpError("expects `to` to be as wide as the elements of `input`") // (C1)
           << ", but they are " << getTo() << " and " << from;
  return shapes.setResult(getOperation()->getResult(0), getTo(), shapes.dims(getInput()));
}

LogicalResult ClipOp::inferShapes(ShapeContext &shapes) {
  if (failed(expectRankedOperands(*this)) ||
      failed(expectDomain(*this, "input", getInput(), ElementDomain::Number)))
    return failure();
  for (auto [name, bound] : {std::pair("min", getMin()), std::pair("max", getMax())})
    if (bound && (failed(expectSameElement(*this, "input", getInput(), name, bound)) ||
                  failed(expectElementCount(*this, shapes, name, bound, 1))))
      return failure();
  ArrayRef<Dim> dims = shapes.dims(getInput());
  Values values = evaluateElementwise(
      shapes, elementOf(getInput()), getOperands(), dims, [&](ArrayRef<AffineExpr> elements) {
        AffineExpr value = elements.front();
        if (getMin())
          value = shapes.maximum(value, elements[1]);
        return getMax() ? shapes.minimum(value, elements.back()) : value;
      });
  return shapes.setResult(getOperation()->getResult(0), elementOf(getInput()), dims, values);
}
