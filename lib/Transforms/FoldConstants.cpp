// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ConstantTensor.h"
#include "FunctionShapes.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {
struct FoldConstants : public mlir::halftone::impl::FoldConstantsBase<FoldConstants> {
  using Base::Base;

  void runOnOperation() override;

private:
  /// The constant that a result is, or null.
  ElementsAttr evaluate(OpResult result, ShapeContext &shapes);
  ElementsAttr evaluateOperands(OpResult result);
  bool isSmallEnough(RankedTensorType result, Operation *op) const;
  void replace(Operation *op, ShapeContext &shapes, SmallVectorImpl<Operation *> &visited);
};
} // namespace

// What ShapeContext knows to be constant, in the integer type of the result.
static ElementsAttr symbolicConstant(OpResult result, ShapeContext &shapes) {
  auto type = dyn_cast<RankedTensorType>(result.getType());
  if (!type || !type.hasStaticShape() || !isArithmeticType(type.getElementType()))
    return nullptr;
  std::optional<SmallVector<int64_t>> values = shapes.constantValues(result);
  if (!values)
    return nullptr;
  ConstantTensor tensor(type);
  for (auto [position, value] : llvm::enumerate(*values))
    tensor.setInteger(position, value);
  return makeConstant(type, tensor.getBytes(), getTensorName(result));
}

static int64_t byteSize(RankedTensorType type) {
  return type.getNumElements() * (getStorageBits(type.getElementType()) / 8);
}

bool FoldConstants::isSmallEnough(RankedTensorType result, Operation *op) const {
  if (result.getNumElements() <= maxElements)
    return true;
  int64_t operandBytes = 0;
  for (Type type : op->getOperandTypes())
    operandBytes += byteSize(cast<RankedTensorType>(type));
  return byteSize(result) <= operandBytes;
}

ElementsAttr FoldConstants::evaluateOperands(OpResult result) {
  Operation *op = result.getOwner();
  auto type = dyn_cast<RankedTensorType>(result.getType());
  bool isPlainType = type && type.hasStaticShape() && type.getElementType().isIntOrFloat();
  if (!isPlainType || getStorageBits(type.getElementType()) % 8 != 0)
    return nullptr;
  SmallVector<ElementsAttr> constants;
  for (Value operand : op->getOperands()) {
    constants.push_back(getConstant(operand));
    if (!constants.back())
      return nullptr;
  }
  if (isa<ReshapeOp, FlattenOp, SqueezeOp, UnsqueezeOp>(op))
    return reshapeConstant(constants.front(), type);
  if (!isSmallEnough(type, op))
    return nullptr;
  SmallVector<ConstantTensor> operands;
  for (ElementsAttr constant : constants) {
    std::optional<ConstantTensor> tensor = ConstantTensor::read(constant);
    if (!tensor)
      return nullptr;
    operands.push_back(*tensor);
  }
  std::optional<ConstantTensor> value = evaluateMovement(result, operands);
  if (!value && op->getNumResults() == 1)
    value = evaluateArithmetic(op, operands);
  return value ? makeConstant(type, value->getBytes(), getTensorName(result)) : ElementsAttr();
}

ElementsAttr FoldConstants::evaluate(OpResult result, ShapeContext &shapes) {
  ElementsAttr known = symbolicConstant(result, shapes);
  return known ? known : evaluateOperands(result);
}

// Replaces the results that are constants; `visited` learns of the new ones.
void FoldConstants::replace(Operation *op, ShapeContext &shapes,
                            SmallVectorImpl<Operation *> &visited) {
  OpBuilder builder(op);
  bool isFolded = false;
  for (OpResult result : op->getResults()) {
    if (result.use_empty())
      continue;
    if (ElementsAttr value = evaluate(result, shapes)) {
      auto constant = ConstantOp::create(builder, op->getLoc(), value);
      result.replaceAllUsesWith(constant);
      visited.push_back(constant);
      isFolded = true;
    }
  }
  numFolded += isFolded;
}

void FoldConstants::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  ShapeContext shapes(&getContext());
  nameArguments(func, shapes);
  SmallVector<Operation *> visited;
  WalkResult result = func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (failed(inferOp(op, shapes)))
      return WalkResult::interrupt();
    visited.push_back(op);
    // Quantized weights stay codes, and observers stay where they are.
    if (isa<SymbolicShapeOpInterface>(op) && isPure(op) &&
        !isa<ConstantOp, DequantizeOp, QuantizeOp>(op))
      replace(op, shapes, visited);
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return signalPassFailure();
  // Users come after what they use, so the last ones go first.
  for (Operation *op : llvm::reverse(visited))
    if (isOpTriviallyDead(op))
      op->erase();
  refineFunctionType(func);
}
