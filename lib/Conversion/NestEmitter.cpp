// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/NestEmitter.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::halftone;

/// Whether all iterations of the reduction loops combine into one element of the output. A fused op
/// may have other outputs, with an element for each iteration.
bool NestEmitter::isAccumulator(const LoopAccess &output) const {
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (!nest.isParallel(loop) && output.map.isFunctionOfDim(loop))
      return false;
  return true;
}

SmallVector<Value> NestEmitter::loadAccumulators() {
  if (nest.start)
    return {nest.start};
  SmallVector<Value> accumulators;
  for (const LoopAccess &output : nest.outputs)
    if (isAccumulator(output))
      accumulators.push_back(load(output));
  return accumulators;
}

void NestEmitter::storeAccumulators(ArrayRef<Value> accumulators) {
  if (nest.epilogue)
    return emitEpilogue(accumulators.front());
  for (const LoopAccess &output : nest.outputs)
    if (isAccumulator(output)) {
      store(output, accumulators.front());
      accumulators = accumulators.drop_front();
    }
}

/// What follows a reduction that ended with `sum`.
void NestEmitter::emitEpilogue(Value sum) {
  LoopNest &epilogue = *nest.epilogue;
  NestEmitter emitter(builder, epilogue);
  emitter.indices = indices;
  for (unsigned input : epilogue.sumInputs)
    epilogue.inputs[input].buffer = sum;
  SmallVector<Value> results = emitter.emitBody(emitter.loadUsedOutputs(/*inRegisters=*/false));
  for (auto [output, result] : llvm::zip_equal(epilogue.outputs, results))
    emitter.store(output, result);
}

/// The body with the given accumulators; returns their new values and stores the other outputs.
SmallVector<Value> NestEmitter::emitReductionBody(ValueRange accumulators) {
  SmallVector<Value> oldOutputs = loadUsedOutputs(/*inRegisters=*/true);
  for (auto [output, old] : llvm::zip_equal(nest.outputs, oldOutputs))
    if (isAccumulator(output)) {
      old = accumulators.front();
      accumulators = accumulators.drop_front();
    }
  SmallVector<Value> combined;
  for (auto [output, result] : llvm::zip_equal(nest.outputs, emitBody(oldOutputs))) {
    if (!isAccumulator(output)) {
      store(output, result);
      continue;
    }
    // The sum in any order: what lets the loop become vector code. The order that results does not
    // depend on the number of threads.
    if (llvm::isa_and_nonnull<arith::AddFOp, arith::MulFOp>(result.getDefiningOp()))
      result.getDefiningOp()->setAttr(
          "fastmath",
          arith::FastMathFlagsAttr::get(builder.getContext(), arith::FastMathFlags::reassoc));
    combined.push_back(result);
  }
  return combined;
}

void NestEmitter::splitPosition(Value position, ArrayRef<unsigned> loops) {
  for (unsigned loop : llvm::reverse(loops.drop_front(loops.empty() ? 0 : 1))) {
    indices[loop] = builder.createOrFold<arith::RemUIOp>(loc, position, sizeOf(loop));
    position = builder.createOrFold<arith::DivUIOp>(loc, position, sizeOf(loop));
  }
  if (!loops.empty())
    indices[loops.front()] = position;
}

/// Reduction loops whose accumulators stay in registers.
SmallVector<Value> NestEmitter::emitReduction(ArrayRef<unsigned> loops, ValueRange accumulators) {
  if (loops.empty())
    return emitReductionBody(accumulators);
  auto loop = scf::ForOp::create(builder, loc, constant(0), sizeOf(loops.front()), constant(1),
                                 accumulators);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  indices[loops.front()] = loop.getInductionVar();
  SmallVector<Value> results = emitReduction(loops.drop_front(), loop.getRegionIterArgs());
  scf::YieldOp::create(builder, loc, results);
  return llvm::to_vector_of<Value>(loop.getResults());
}

SmallVector<Value> NestEmitter::emitIndices(const LoopAccess &access) {
  SmallVector<Value> results;
  for (AffineExpr expression : access.map.getResults()) {
    if (auto dim = llvm::dyn_cast<AffineDimExpr>(expression)) {
      results.push_back(indices[dim.getPosition()]);
    } else if (auto value = llvm::dyn_cast<AffineConstantExpr>(expression)) {
      results.push_back(constant(value.getValue()));
    } else {
      AffineMap map = AffineMap::get(access.map.getNumDims(), 0, expression);
      SmallVector<Value> operands = indices;
      // Indices that it does not need may be of loops that have ended.
      affine::canonicalizeMapAndOperands(&map, &operands);
      results.push_back(affine::AffineApplyOp::create(builder, loc, map, operands));
    }
  }
  return results;
}

Value NestEmitter::load(const LoopAccess &access) {
  if (access.isScalar())
    return access.buffer;
  return memref::LoadOp::create(builder, loc, access.buffer, emitIndices(access));
}

void NestEmitter::store(const LoopAccess &access, Value value) {
  memref::StoreOp::create(builder, loc, value, access.buffer, emitIndices(access));
}

/// The elements that outputs have so far; null where the body does not look at them, or where an
/// accumulator takes their place.
SmallVector<Value> NestEmitter::loadUsedOutputs(bool inRegisters) {
  SmallVector<Value> values;
  for (auto [i, output] : llvm::enumerate(nest.outputs)) {
    bool used = nest.body && !nest.body->getArgument(nest.inputs.size() + i).use_empty();
    values.push_back(used && !(inRegisters && isAccumulator(output)) ? load(output) : Value());
  }
  return values;
}

SmallVector<Value> NestEmitter::emitBody(ValueRange oldOutputs) {
  if (!nest.body)
    return {load(nest.inputs.front())};
  IRMapping mapping;
  for (auto [i, input] : llvm::enumerate(nest.inputs))
    if (BlockArgument argument = nest.body->getArgument(i); !argument.use_empty())
      mapping.map(argument, load(input));
  for (auto [i, old] : llvm::enumerate(oldOutputs))
    if (old)
      mapping.map(nest.body->getArgument(nest.inputs.size() + i), old);
  auto resolve = [&](linalg::IndexOp op) -> Value {
    std::optional<unsigned> loop = nest.indexLoops[op.getDim()];
    return loop ? indices[*loop] : constant(0);
  };
  for (Operation &op : nest.body->without_terminator()) {
    if (auto index = llvm::dyn_cast<linalg::IndexOp>(op)) {
      mapping.map(index.getResult(), resolve(index));
      continue;
    }
    builder.clone(op, mapping)->walk([&](linalg::IndexOp nested) {
      nested.replaceAllUsesWith(resolve(nested));
      nested.erase();
    });
  }
  return llvm::map_to_vector(nest.body->getTerminator()->getOperands(),
                             [&](Value value) { return mapping.lookupOrDefault(value); });
}
