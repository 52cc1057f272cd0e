// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "EpilogueEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::halftone;

Value EpilogueEmitter::zeroOf(VectorType type) {
  return arith::ConstantOp::create(math.builder, math.loc, math.builder.getZeroAttr(type));
}

Value EpilogueEmitter::loadOperand(const OperandView &view, ArrayRef<Value> loopValues,
                                   Value mask) {
  OpBuilder &builder = math.builder;
  VectorType type = getLanesType(view.getElementType(), lanes);
  SmallVector<Value> indices = view.indices(math, loopValues);
  if (view.loops.empty() || view.loops.back() != space.columnLoop()) {
    Value scalar = memref::LoadOp::create(builder, math.loc, view.memref, indices);
    return vector::BroadcastOp::create(builder, math.loc, type, scalar);
  }
  if (!mask)
    return vector::LoadOp::create(builder, math.loc, type, view.memref, indices);
  return vector::MaskedLoadOp::create(builder, math.loc, type, view.memref, indices, mask,
                                      zeroOf(type));
}

void EpilogueEmitter::loadShared(int64_t slot, ArrayRef<Value> loopValues, Value mask) {
  for (auto [index, view] : llvm::enumerate(space.epilogueInputs))
    if (!view.uses(space.rowLoop()))
      shared[{slot, int64_t(index)}] = loadOperand(view, loopValues, mask);
}

/// The vector of a scalar from inside the epilogue, or a broadcast of one from outside.
Value EpilogueEmitter::vectorize(Value value, IRMapping &vectors) {
  if (Value vector = vectors.lookupOrNull(value))
    return vector;
  return vector::BroadcastOp::create(math.builder, math.loc, getLanesType(value.getType(), lanes),
                                     value);
}

void EpilogueEmitter::vectorizeOp(Operation &op, IRMapping &vectors) {
  OpBuilder &builder = math.builder;
  if (auto constant = llvm::dyn_cast<arith::ConstantOp>(op)) {
    VectorType type = getLanesType(constant.getType(), lanes);
    auto splat = DenseElementsAttr::get(type, llvm::cast<Attribute>(constant.getValue()));
    vectors.map(constant.getResult(),
                arith::ConstantOp::create(builder, math.loc, splat).getResult());
    return;
  }
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(vectorize(operand, vectors));
  SmallVector<Type> types;
  for (Type type : op.getResultTypes())
    types.push_back(getLanesType(type, lanes));
  OperationState state(op.getLoc(), op.getName(), operands, types, op.getAttrs());
  state.propertiesAttr = op.getPropertiesAsAttribute();
  Operation *vectorOp = builder.create(state);
  for (auto [scalar, vector] : llvm::zip_equal(op.getResults(), vectorOp->getResults()))
    vectors.map(scalar, vector);
}

void EpilogueEmitter::store(int64_t slot, Value accumulators, ArrayRef<Value> loopValues,
                            Value mask) {
  OpBuilder &builder = math.builder;
  IRMapping vectors;
  vectors.map(block.getArgument(0), accumulators);
  for (auto [index, view] : llvm::enumerate(space.epilogueInputs)) {
    Value operand = shared.lookup({slot, int64_t(index)});
    if (!operand)
      operand = loadOperand(view, loopValues, mask);
    vectors.map(block.getArgument(unsigned(index) + 1), operand);
  }
  for (Operation &op : block.without_terminator())
    vectorizeOp(op, vectors);

  Value result = vectorize(block.getTerminator()->getOperand(0), vectors);
  SmallVector<Value> indices = space.output.indices(math, loopValues);
  if (mask)
    vector::MaskedStoreOp::create(builder, math.loc, space.output.memref, indices, mask, result);
  else
    vector::StoreOp::create(builder, math.loc, result, space.output.memref, indices);
}
