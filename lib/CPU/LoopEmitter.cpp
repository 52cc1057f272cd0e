// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LoopEmitter.h"

#include "KernelRegion.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::halftone;

// Outer loops are flattened until there are this many iterations to cut into tasks.
static constexpr int64_t enoughIterations = 64;

// Tasks that cut the innermost loop do so at multiples of this many elements (whole cache lines).
static constexpr int64_t taskGranule = 64;

static int64_t estimateWork(Operation *op) {
  if (llvm::isa_and_nonnull<math::MathDialect>(op->getDialect()))
    return 8;
  return llvm::isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
                   arith::RemFOp>(op)
             ? 4
             : 1;
}

/// Parallel loops outside, then reductions, then the innermost.
void LoopEmitter::orderLoops() {
  if (nest.getNumLoops() > 0)
    innermost = nest.chooseInnermost();
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop) {
    if (loop == innermost)
      continue;
    (nest.isParallel(loop) ? sequential : reductions).push_back(loop);
  }
}

/// Moves the first loops of `sequential` to `flattened`; only the innermost one when there is no
/// other.
void LoopEmitter::chooseFlattened() {
  if (sequential.empty()) {
    if (innermost && nest.isParallel(*innermost))
      flattened.push_back(*innermost);
    return;
  }
  int64_t iterations = 1;
  unsigned count = 0;
  for (unsigned loop : sequential) {
    if (iterations >= enoughIterations)
      break;
    // A dynamic size may turn out to be 1, so the next loop is needed as well.
    iterations *= nest.getStaticSize(loop).value_or(1);
    ++count;
  }
  flattened.assign(sequential.begin(), sequential.begin() + count);
  sequential.erase(sequential.begin(), sequential.begin() + count);
}

std::optional<int64_t> LoopEmitter::multiplyStaticSizes(ArrayRef<unsigned> loops) {
  int64_t product = 1;
  for (unsigned loop : loops) {
    std::optional<int64_t> size = nest.getStaticSize(loop);
    if (!size)
      return std::nullopt;
    product *= *size;
  }
  return product;
}

Value LoopEmitter::multiplySizes(ArrayRef<unsigned> loops) {
  if (std::optional<int64_t> product = multiplyStaticSizes(loops))
    return constant(*product);
  Value product = sizeOf(loops.front());
  for (unsigned loop : loops.drop_front())
    product = arith::MulIOp::create(builder, loc, product, sizeOf(loop));
  return product;
}

int64_t LoopEmitter::estimateBodyWork() {
  int64_t work = 1;
  if (nest.body)
    for (Operation &op : nest.body->without_terminator())
      work += estimateWork(&op);
  return work;
}

/// Iterations of the flattened loops in one task, when static.
std::optional<int64_t> LoopEmitter::getStaticTaskLength() {
  SmallVector<unsigned> inside;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (!llvm::is_contained(flattened, loop))
      inside.push_back(loop);
  std::optional<int64_t> iterations = multiplyStaticSizes(inside);
  if (!iterations)
    return std::nullopt;
  int64_t work = std::max<int64_t>(1, *iterations * estimateBodyWork());
  int64_t length = llvm::divideCeil(taskWork, work);
  return flattened.front() == innermost ? llvm::alignTo(length, taskGranule) : length;
}

Value LoopEmitter::emitTaskLength(std::optional<int64_t> staticLength) {
  if (staticLength)
    return constant(*staticLength);
  SmallVector<unsigned> inside;
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (!llvm::is_contained(flattened, loop))
      inside.push_back(loop);
  Value work =
      arith::MulIOp::create(builder, loc, multiplySizes(inside), constant(estimateBodyWork()));
  work = arith::MaxUIOp::create(builder, loc, work, constant(1));
  Value length = arith::CeilDivUIOp::create(builder, loc, constant(taskWork), work);
  if (flattened.front() != innermost)
    return length;
  Value granules = arith::CeilDivUIOp::create(builder, loc, length, constant(taskGranule));
  return arith::MulIOp::create(builder, loc, granules, constant(taskGranule));
}

void LoopEmitter::emit(bool tasks) {
  orderLoops();
  indices.assign(nest.getNumLoops(), constant(0));
  if (tasks)
    chooseFlattened();
  if (flattened.empty())
    return emitKernelRegion(builder, loc, [&] { emitParallel(sequential); });
  emitTasks(multiplySizes(flattened), multiplyStaticSizes(flattened));
}

void LoopEmitter::emitRow(Value row) {
  orderLoops();
  indices.assign(nest.getNumLoops(), constant(0));
  indices.front() = row;
  if (innermost == 0u)
    innermost = std::nullopt;
  llvm::erase(sequential, 0u);
  emitParallel(sequential);
}

/// An scf.forall over tasks of equal length; what a task does depends on shapes alone.
void LoopEmitter::emitTasks(Value iterations, std::optional<int64_t> staticIterations) {
  std::optional<int64_t> staticLength = getStaticTaskLength();
  if (staticIterations && staticLength && *staticIterations <= *staticLength)
    return emitKernelRegion(builder, loc, [&] { emitRange(constant(0), iterations); });
  Value length = emitTaskLength(staticLength);
  OpFoldResult tasks;
  if (staticIterations && staticLength)
    tasks = builder.getIndexAttr(llvm::divideCeil(*staticIterations, *staticLength));
  else
    tasks = arith::CeilDivUIOp::create(builder, loc, iterations, length).getResult();
  auto forall = scf::ForallOp::create(builder, loc, ArrayRef<OpFoldResult>{tasks},
                                      /*outputs=*/ValueRange(), /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(forall.getTerminator());
  Value begin = arith::MulIOp::create(builder, loc, forall.getInductionVar(0), length);
  Value end = arith::MinUIOp::create(
      builder, loc, arith::AddIOp::create(builder, loc, begin, length), iterations);
  emitRange(begin, end);
}

/// The iterations [begin, end) of the flattened loops.
void LoopEmitter::emitRange(Value begin, Value end) {
  if (flattened.front() == innermost) {
    // The innermost loop itself is cut, and stays innermost.
    nest.sizes[*innermost] = end;
    indices[*innermost] = begin;
    return emitParallel({});
  }
  auto loop = scf::ForOp::create(builder, loc, begin, end, constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  setFlattenedIndices(loop.getInductionVar());
  emitParallel(sequential);
}

void LoopEmitter::setFlattenedIndices(Value position) {
  for (unsigned loop : llvm::reverse(ArrayRef(flattened).drop_front())) {
    indices[loop] = arith::RemUIOp::create(builder, loc, position, sizeOf(loop));
    position = arith::DivUIOp::create(builder, loc, position, sizeOf(loop));
  }
  indices[flattened.front()] = position;
}

/// Opens the given parallel loops and emits what is inside them.
void LoopEmitter::emitParallel(ArrayRef<unsigned> loops) {
  if (!loops.empty()) {
    auto loop = scf::ForOp::create(builder, loc, constant(0), sizeOf(loops.front()), constant(1));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    indices[loops.front()] = loop.getInductionVar();
    return emitParallel(loops.drop_front());
  }
  SmallVector<unsigned> inside = reductions;
  if (innermost)
    inside.push_back(*innermost);
  if (!innermost || nest.isParallel(*innermost))
    return emitInMemory(inside);
  SmallVector<Value> accumulators;
  for (const LoopAccess &output : nest.outputs)
    if (isAccumulator(output))
      accumulators.push_back(load(output));
  SmallVector<Value> results = emitReduction(inside, accumulators);
  for (const LoopAccess &output : nest.outputs)
    if (isAccumulator(output)) {
      store(output, results.front());
      results.erase(results.begin());
    }
}

/// Whether all iterations of the reduction loops combine into one element of the output. A fused op
/// may have other outputs, with an element for each iteration.
bool LoopEmitter::isAccumulator(const LoopAccess &output) const {
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop)
    if (!nest.isParallel(loop) && output.map.isFunctionOfDim(loop))
      return false;
  return true;
}

/// The body with the given accumulators; returns their new values and stores the other outputs.
SmallVector<Value> LoopEmitter::emitReductionBody(ValueRange accumulators) {
  SmallVector<Value> oldOutputs = loadUsedOutputs();
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

/// Reduction loops whose accumulators stay in registers.
SmallVector<Value> LoopEmitter::emitReduction(ArrayRef<unsigned> loops, ValueRange accumulators) {
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

/// Loops whose body reads and writes the outputs in memory.
void LoopEmitter::emitInMemory(ArrayRef<unsigned> loops) {
  if (loops.empty()) {
    SmallVector<Value> results = emitBody(loadUsedOutputs());
    for (auto [output, result] : llvm::zip_equal(nest.outputs, results))
      store(output, result);
    return;
  }
  // The begin of a loop that was cut is its index so far.
  unsigned current = loops.front();
  auto loop = scf::ForOp::create(builder, loc, indices[current], sizeOf(current), constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value begin = indices[current];
  indices[current] = loop.getInductionVar();
  emitInMemory(loops.drop_front());
  indices[current] = begin;
}

SmallVector<Value> LoopEmitter::emitIndices(const LoopAccess &access) {
  SmallVector<Value> results;
  for (AffineExpr expression : access.map.getResults()) {
    if (auto dim = llvm::dyn_cast<AffineDimExpr>(expression)) {
      results.push_back(indices[dim.getPosition()]);
    } else if (auto value = llvm::dyn_cast<AffineConstantExpr>(expression)) {
      results.push_back(constant(value.getValue()));
    } else {
      AffineMap map = AffineMap::get(access.map.getNumDims(), 0, expression);
      results.push_back(affine::AffineApplyOp::create(builder, loc, map, indices));
    }
  }
  return results;
}

Value LoopEmitter::load(const LoopAccess &access) {
  if (access.isScalar())
    return access.buffer;
  return memref::LoadOp::create(builder, loc, access.buffer, emitIndices(access));
}

void LoopEmitter::store(const LoopAccess &access, Value value) {
  memref::StoreOp::create(builder, loc, value, access.buffer, emitIndices(access));
}

/// The elements that outputs have so far; null where the body does not look at them, or where an
/// accumulator takes their place.
SmallVector<Value> LoopEmitter::loadUsedOutputs() {
  bool inRegisters = innermost && !nest.isParallel(*innermost);
  SmallVector<Value> values;
  for (auto [i, output] : llvm::enumerate(nest.outputs)) {
    bool used = nest.body && !nest.body->getArgument(nest.inputs.size() + i).use_empty();
    values.push_back(used && !(inRegisters && isAccumulator(output)) ? load(output) : Value());
  }
  return values;
}

SmallVector<Value> LoopEmitter::emitBody(ValueRange oldOutputs) {
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
