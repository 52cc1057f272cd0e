// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops that are an operand of theirs, exactly: to the sign of zero, for every NaN and
// infinity.
#include "halftone/Dialect/HalftoneDialect.h"

using namespace mlir;
using namespace mlir::halftone;

// Whether a constant holds `number` everywhere; for a float zero, with the given sign.
static bool isEverywhere(Attribute attribute, int64_t number, bool negativeZero = false) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(attribute);
  if (!elements)
    return false;
  if (isa<FloatType>(elements.getElementType()))
    return llvm::all_of(elements.getValues<APFloat>(), [&](const APFloat &value) {
      if (number == 0)
        return value.isZero() && value.isNegative() == negativeZero;
      return value.isExactlyValue(double(number));
    });
  return isa<IntegerType>(elements.getElementType()) &&
         llvm::all_of(elements.getValues<APInt>(), [&](const APInt &value) {
           return value == APInt(value.getBitWidth(), number);
         });
}

// `value` if it has the op's type already: the other operand does not widen it.
static OpFoldResult sameType(Value value, Value result) {
  return value.getType() == result.getType() ? OpFoldResult(value) : OpFoldResult();
}

// -0.0 + 0.0 is 0.0, so only -0.0 is neutral.
OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  if (isEverywhere(adaptor.getRhs(), 0, /*negativeZero=*/true))
    return sameType(getLhs(), getOutput());
  return {};
}

// -0.0 - 0.0 is -0.0, so 0.0 is neutral.
OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  if (isEverywhere(adaptor.getRhs(), 0))
    return sameType(getLhs(), getOutput());
  return {};
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (isEverywhere(adaptor.getRhs(), 1))
    return sameType(getLhs(), getOutput());
  return {};
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  if (isEverywhere(adaptor.getRhs(), 1))
    return sameType(getLhs(), getOutput());
  return {};
}

OpFoldResult NegOp::fold(FoldAdaptor) {
  auto inner = getInput().getDefiningOp<NegOp>();
  return inner ? OpFoldResult(inner.getInput()) : OpFoldResult();
}

OpFoldResult NotOp::fold(FoldAdaptor) {
  auto inner = getInput().getDefiningOp<NotOp>();
  return inner ? OpFoldResult(inner.getInput()) : OpFoldResult();
}

OpFoldResult ReluOp::fold(FoldAdaptor) {
  return getInput().getDefiningOp<ReluOp>() ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult CastOp::fold(FoldAdaptor) { return sameType(getInput(), getOutput()); }

OpFoldResult ClipOp::fold(FoldAdaptor) {
  return getMin() || getMax() ? OpFoldResult() : sameType(getInput(), getOutput());
}

// The operand not chosen still broadcasts: it must not widen the chosen one at run time.
static OpFoldResult choose(Value chosen, Value other, Value result) {
  bool isStatic = cast<RankedTensorType>(other.getType()).hasStaticShape() ||
                  cast<RankedTensorType>(result.getType()).hasStaticShape();
  return isStatic ? sameType(chosen, result) : OpFoldResult();
}

OpFoldResult WhereOp::fold(FoldAdaptor adaptor) {
  if (isEverywhere(adaptor.getCondition(), 1))
    return choose(getLhs(), getRhs(), getOutput());
  if (isEverywhere(adaptor.getCondition(), 0))
    return choose(getRhs(), getLhs(), getOutput());
  return {};
}
