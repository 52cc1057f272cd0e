// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape ops that do nothing, and chains of them that are one.
#include "ShapeInference.h"

using namespace mlir;
using namespace mlir::halftone;

// Whether a constant integer operand holds `number` everywhere.
static bool isEverywhere(Attribute attribute, int64_t number) {
  std::optional<SmallVector<int64_t>> values = smallIntegerElements(attribute);
  return values && llvm::all_of(*values, [=](int64_t value) { return value == number; });
}

static bool hasSameStaticType(Value input, Value output) {
  return input.getType() == output.getType() &&
         cast<RankedTensorType>(input.getType()).hasStaticShape();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  ArrayRef<int64_t> permutation = getPermutation();
  bool isIdentity = llvm::all_of(llvm::enumerate(permutation),
                                 [](auto item) { return item.value() == int64_t(item.index()); });
  if (isIdentity && getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  SmallVector<int64_t> composed;
  for (int64_t axis : permutation)
    composed.push_back(inner.getPermutation()[axis]);
  setPermutation(composed);
  getInputMutable().assign(inner.getInput());
  return getOutput();
}

// The dimensions are those of the input: at most one is dynamic, and the number of elements says
// which size it has.
static bool keepsDimensions(RankedTensorType input, RankedTensorType output) {
  return input == output && input.getNumDynamicDims() <= 1 &&
         !llvm::is_contained(input.getShape(), 0);
}

// Whether `shape` says the result's dimensions without looking at the input's: there is no 0 that
// copies one.
static bool isAbsolute(ReshapeOp op, Attribute shape) {
  std::optional<SmallVector<int64_t>> sizes = smallIntegerElements(shape);
  return op.getAllowzero() || (sizes && !llvm::is_contained(*sizes, 0));
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  auto input = cast<RankedTensorType>(getInput().getType());
  if (keepsDimensions(input, cast<RankedTensorType>(getType())))
    return getInput();
  Operation *inner = getInput().getDefiningOp();
  if (!isa_and_nonnull<ReshapeOp, FlattenOp, SqueezeOp, UnsqueezeOp>(inner) ||
      !isAbsolute(*this, adaptor.getShape()))
    return {};
  getInputMutable().assign(inner->getOperand(0));
  return getOutput();
}

OpFoldResult FlattenOp::fold(FoldAdaptor) {
  bool isMatrix = rankOf(getInput()) == 2 && getAxis() == 1;
  return isMatrix && getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

// Where the dimensions that are left after removing `removed` were.
static SmallVector<int64_t> keptAxes(int64_t rank, ArrayRef<int64_t> removed) {
  SmallVector<int64_t> kept;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (!llvm::is_contained(removed, axis))
      kept.push_back(axis);
  return kept;
}

// `outer` counts the dimensions that `inner` leaves of `rank`: both as positions in the `rank`
// dimensions.
static SmallVector<int64_t> mergeAxes(int64_t rank, ArrayRef<int64_t> inner,
                                      ArrayRef<int64_t> outer) {
  SmallVector<int64_t> kept = keptAxes(rank, inner), merged(inner);
  for (int64_t axis : outer)
    merged.push_back(kept[axis]);
  llvm::sort(merged);
  return merged;
}

OpFoldResult SqueezeOp::fold(FoldAdaptor) {
  if (getAxes().empty() && getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<UnsqueezeOp>())
    if (inner.getAxes() == getAxes() && inner.getInput().getType() == getType())
      return inner.getInput();
  auto inner = getInput().getDefiningOp<SqueezeOp>();
  if (!inner)
    return {};
  setAxes(mergeAxes(rankOf(inner.getInput()), inner.getAxes(), getAxes()));
  getInputMutable().assign(inner.getInput());
  return getOutput();
}

OpFoldResult UnsqueezeOp::fold(FoldAdaptor) {
  if (getAxes().empty() && getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<SqueezeOp>())
    if (inner.getAxes() == getAxes() && inner.getInput().getType() == getType())
      return inner.getInput();
  auto inner = getInput().getDefiningOp<UnsqueezeOp>();
  if (!inner)
    return {};
  // Seen from the result, the outer axes are removed first.
  setAxes(mergeAxes(rankOf(getOutput()), getAxes(), inner.getAxes()));
  getInputMutable().assign(inner.getInput());
  return getOutput();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  bool isSingle = getInputs().size() == 1 && getInputs().front().getType() == getType();
  return isSingle ? OpFoldResult(getInputs().front()) : OpFoldResult();
}

// A slice by steps of 1 with as many elements as there are starts at the first.
OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  auto input = cast<RankedTensorType>(getInput().getType());
  bool areStatic = llvm::none_of(getAxes(), [&](int64_t axis) { return input.isDynamicDim(axis); });
  bool isWhole = areStatic && input == getType() && isEverywhere(adaptor.getSteps(), 1);
  return isWhole ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult ExpandOp::fold(FoldAdaptor) {
  return hasSameStaticType(getInput(), getOutput()) ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult TileOp::fold(FoldAdaptor adaptor) {
  bool isOnce = isEverywhere(adaptor.getRepeats(), 1) && getInput().getType() == getType();
  return isOnce ? OpFoldResult(getInput()) : OpFoldResult();
}

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  bool isNothing = isEverywhere(adaptor.getPads(), 0) && getInput().getType() == getType();
  return isNothing ? OpFoldResult(getInput()) : OpFoldResult();
}
