// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "EpilogueEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

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

/// The divisor of an f32 division that is only rounded to an integer, if it is a constant whose
/// reciprocal is far from the limits of the exponent.
static std::optional<float> matchDivisionForRounding(Operation &op) {
  auto division = llvm::dyn_cast<arith::DivFOp>(op);
  llvm::APFloat divisor(0.0f);
  if (!division || !division.getType().isF32() ||
      !matchPattern(division.getRhs(), m_ConstantFloat(&divisor)))
    return std::nullopt;
  if (!llvm::all_of(op.getUsers(), llvm::IsaPred<mlir::math::RoundEvenOp>))
    return std::nullopt;
  float magnitude = std::fabs(divisor.convertToFloat());
  if (!(magnitude > 0x1p-60f && magnitude < 0x1p60f))
    return std::nullopt;
  return divisor.convertToFloat();
}

/// The quotient, correctly rounded wherever rounding it to an integer could tell a difference,
/// without the long instruction: Markstein's theorem says that a quotient good to 1 ulp, corrected
/// by its remainder (exact in a fused multiply-add) times the rounded reciprocal, is the correctly
/// rounded one; the first correction makes it that good. Beyond 2^23, where all floats are
/// integers, the first estimate stands: remainders of infinities are no numbers.
Value EpilogueEmitter::divideForRounding(Value dividend, float divisor) {
  OpBuilder &builder = math.builder;
  Location loc = math.loc;
  auto type = llvm::cast<VectorType>(dividend.getType());
  auto splat = [&](float value) -> Value {
    return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, value));
  };
  Value reciprocal = splat(1.0f / divisor), negated = splat(-divisor);
  Value estimate = arith::MulFOp::create(builder, loc, dividend, reciprocal);
  Value quotient = estimate;
  for (int correction = 0; correction < 2; ++correction) {
    Value remainder = mlir::math::FmaOp::create(builder, loc, quotient, negated, dividend);
    quotient = mlir::math::FmaOp::create(builder, loc, remainder, reciprocal, quotient);
  }
  Value magnitude = mlir::math::AbsFOp::create(builder, loc, estimate);
  Value isSmall =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, magnitude, splat(0x1p23f));
  return arith::SelectOp::create(builder, loc, isSmall, quotient, estimate);
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
  if (std::optional<float> divisor = matchDivisionForRounding(op)) {
    vectors.map(op.getResult(0), divideForRounding(operands.front(), *divisor));
    return;
  }
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
