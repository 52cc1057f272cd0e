// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "FunctionShapes.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Transforms/Passes.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_MATERIALIZEBROADCASTS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {
/// Builds ops whose shapes are known as soon as they exist.
class ShapeBuilder {
public:
  ShapeBuilder(Operation *before, ShapeContext &shapes)
      : builder(before), location(before->getLoc()), shapes(shapes) {}

  /// The dimensions of `tensor` except the last `numDropped`, with ones in front up to `rank`.
  Value leadingShape(Value tensor, int64_t numDropped, int64_t rank);
  /// The last `count` dimensions.
  Value trailingShape(Value tensor, int64_t count);
  Value concat(Value lhs, Value rhs);
  /// The common shape of two that broadcast: where(lhs == 1, rhs, lhs).
  Value broadcast(Value lhs, Value rhs);
  Value expand(Value tensor, Value shape);

private:
  template <typename Op, typename... Args> Value create(Type element, Args &&...args) {
    auto op = Op::create(builder, location, UnrankedTensorType::get(element),
                         std::forward<Args>(args)...);
    LogicalResult inferred = op.inferShapes(shapes);
    assert(succeeded(inferred) && "the pass builds ops that fit together");
    (void)inferred;
    return op->getResult(0);
  }
  Value ones(int64_t count);
  Value dims(Value tensor, int64_t start, int64_t end);

  OpBuilder builder;
  Location location;
  ShapeContext &shapes;
};

struct MaterializeBroadcasts
    : public mlir::halftone::impl::MaterializeBroadcastsBase<MaterializeBroadcasts> {
  using Base::Base;

  void runOnOperation() override;

private:
  void expandOperands(Operation *op, int64_t numTrailing, ShapeContext &shapes);
};
} // namespace

static int64_t rankOf(Value value) { return cast<RankedTensorType>(value.getType()).getRank(); }

Value ShapeBuilder::ones(int64_t count) {
  auto type = RankedTensorType::get(count, builder.getI64Type());
  return ConstantOp::create(builder, location,
                            DenseElementsAttr::get(type, builder.getI64IntegerAttr(1)));
}

Value ShapeBuilder::dims(Value tensor, int64_t start, int64_t end) {
  return create<ShapeOp>(builder.getI64Type(), tensor, start, end);
}

Value ShapeBuilder::leadingShape(Value tensor, int64_t numDropped, int64_t rank) {
  int64_t count = rankOf(tensor) - numDropped;
  Value shape = dims(tensor, 0, count);
  return count == rank ? shape : concat(ones(rank - count), shape);
}

Value ShapeBuilder::trailingShape(Value tensor, int64_t count) {
  return dims(tensor, rankOf(tensor) - count, rankOf(tensor));
}

Value ShapeBuilder::concat(Value lhs, Value rhs) {
  return create<ConcatOp>(builder.getI64Type(), ValueRange{lhs, rhs}, 0);
}

Value ShapeBuilder::broadcast(Value lhs, Value rhs) {
  Value isOne = create<EqualOp>(builder.getI1Type(), lhs, ones(1));
  return create<WhereOp>(builder.getI64Type(), isOne, rhs, lhs);
}

Value ShapeBuilder::expand(Value tensor, Value shape) {
  return create<ExpandOp>(cast<RankedTensorType>(tensor.getType()).getElementType(), tensor, shape);
}

// Whether a dimension of `operand` is only known at run time to be that of the result or 1; the
// last `numTrailing` dimensions do not broadcast.
static bool isAmbiguous(Value operand, ArrayRef<Dim> result, int64_t numTrailing,
                        ShapeContext &shapes) {
  ArrayRef<Dim> dims = shapes.dims(operand);
  int64_t count = int64_t(dims.size()) - numTrailing;
  for (int64_t i = 0; i < count; ++i) {
    bool isConstant = ShapeContext::asConstant(dims[i]).has_value();
    if (!isConstant && dims[i] != result[result.size() - dims.size() + i])
      return true;
  }
  return false;
}

// How many trailing dimensions of the op's operands do not broadcast; none if the op does not
// broadcast at all.
static std::optional<int64_t> numTrailingDimensions(Operation *op) {
  if (isa<MatMulOp, MatMulIntegerOp>(op)) {
    bool hasBatches = rankOf(op->getOperand(0)) > 2 && rankOf(op->getOperand(1)) > 2;
    return hasBatches ? std::optional<int64_t>(2) : std::nullopt;
  }
  // The bounds of `clip` have one element.
  bool broadcasts = op->hasTrait<Elementwise>() && op->getNumOperands() > 1 && !isa<ClipOp>(op);
  return broadcasts ? std::optional<int64_t>(0) : std::nullopt;
}

void MaterializeBroadcasts::expandOperands(Operation *op, int64_t numTrailing,
                                           ShapeContext &shapes) {
  // The zero points of integer products do not take part.
  unsigned numOperands = numTrailing > 0 ? 2 : op->getNumOperands();
  ArrayRef<Dim> result = shapes.dims(op->getResult(0));
  SmallVector<OpOperand *> ambiguous;
  for (OpOperand &operand : op->getOpOperands().take_front(numOperands))
    if (isAmbiguous(operand.get(), result, numTrailing, shapes))
      ambiguous.push_back(&operand);
  if (ambiguous.empty())
    return;
  ShapeBuilder builder(op, shapes);
  int64_t rank = int64_t(result.size()) - numTrailing;
  Value common;
  for (Value operand : op->getOperands().take_front(numOperands)) {
    Value shape = builder.leadingShape(operand, numTrailing, rank);
    common = common ? builder.broadcast(common, shape) : shape;
  }
  for (OpOperand *operand : ambiguous) {
    Value shape = common;
    if (numTrailing > 0)
      shape = builder.concat(common, builder.trailingShape(operand->get(), numTrailing));
    operand->set(builder.expand(operand->get(), shape));
    ++numExpanded;
  }
}

void MaterializeBroadcasts::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  ShapeContext shapes(&getContext());
  nameArguments(func, shapes);
  WalkResult result = func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (failed(inferOp(op, shapes)))
      return WalkResult::interrupt();
    if (std::optional<int64_t> numTrailing = numTrailingDimensions(op))
      expandOperands(op, *numTrailing, shapes);
    // What the expanded operands say of the result may be more.
    return failed(inferOp(op, shapes)) ? WalkResult::interrupt() : WalkResult::advance();
  });
  if (result.wasInterrupted())
    return signalPassFailure();
  refineFunctionType(func);
}
