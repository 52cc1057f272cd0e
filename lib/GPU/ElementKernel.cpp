// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelEmitters.h"

#include "halftone/Conversion/NestEmitter.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::halftone;

static constexpr int64_t threadsPerBlock = 256;
static constexpr int64_t warpSize = 32;

// Shorter rows leave lanes without work, and their sums are quick in one thread.
static constexpr int64_t shortestSharedRow = 64;

namespace {

/// The kernel of one nest.
class ElementKernel : NestEmitter {
public:
  using NestEmitter::NestEmitter;

  gpu::LaunchOp emit();

private:
  bool chooseWarpLoop();
  void orderLoops();
  Value countElements();
  void emitElement();
  void emitRow(Value lane);
  SmallVector<Value> combineLanes(ArrayRef<Value> partial);
  Value combine(unsigned output, Value lhs, Value rhs);

  SmallVector<unsigned> parallel; // the last one along the threads
  SmallVector<unsigned> reductions;
  std::optional<unsigned> warpLoop;   // a reduction whose terms the lanes of a warp share
  SmallVector<Operation *> combiners; // of each output, when lanes share a row
};

} // namespace

/// How the terms of every output are combined, if a warp may do it in any order.
static SmallVector<Operation *> matchCombiners(LoopNest &nest) {
  SmallVector<Operation *> combiners;
  ArrayRef<BlockArgument> outputs = nest.body->getArguments().drop_front(nest.inputs.size());
  for (unsigned i = 0; i < outputs.size(); ++i) {
    SmallVector<Operation *> found;
    Type type = outputs[i].getType();
    if (!type.isInteger(32) && !type.isF32())
      return {};
    if (!matchReduction(outputs, i, found) || found.size() != 1 ||
        !arith::getNeutralElement(found.front()))
      return {};
    combiners.push_back(found.front());
  }
  return combiners;
}

bool ElementKernel::chooseWarpLoop() {
  if (nest.getNumLoops() == 0 || !nest.body)
    return false;
  unsigned loop = nest.chooseInnermost();
  if (nest.isParallel(loop) ||
      nest.getStaticSize(loop).value_or(shortestSharedRow) < shortestSharedRow)
    return false;
  // A thread that ends early would be missed by the shuffles.
  if (nest.body->walk([](cf::AssertOp) { return WalkResult::interrupt(); }).wasInterrupted())
    return false;
  if (!llvm::all_of(nest.outputs, [&](const LoopAccess &output) { return isAccumulator(output); }))
    return false;
  combiners = matchCombiners(nest);
  if (combiners.empty())
    return false;
  warpLoop = loop;
  return true;
}

void ElementKernel::orderLoops() {
  std::optional<unsigned> last;
  if (nest.getNumLoops() > 0 && nest.isParallel(nest.chooseInnermost()))
    last = nest.chooseInnermost();
  for (unsigned loop = 0; loop < nest.getNumLoops(); ++loop) {
    if (!nest.isParallel(loop) && loop != warpLoop)
      reductions.push_back(loop);
    else if (nest.isParallel(loop) && loop != last)
      parallel.push_back(loop);
  }
  if (last)
    parallel.push_back(*last);
}

Value ElementKernel::countElements() {
  Value count = constant(1);
  for (unsigned loop : parallel)
    count = builder.createOrFold<arith::MulIOp>(loc, count, sizeOf(loop));
  return count;
}

/// One thread.
void ElementKernel::emitElement() {
  // A reduction of one term has no loop.
  if (!reductions.empty() || nest.start || nest.epilogue)
    return storeAccumulators(emitReduction(reductions, loadAccumulators()));
  for (auto [output, result] :
       llvm::zip_equal(nest.outputs, emitBody(loadUsedOutputs(/*inRegisters=*/false))))
    store(output, result);
}

Value ElementKernel::combine(unsigned output, Value lhs, Value rhs) {
  Operation *combiner = combiners[output];
  BlockArgument accumulator = nest.body->getArgument(nest.inputs.size() + output);
  IRMapping mapping;
  for (Value operand : combiner->getOperands())
    mapping.map(operand, operand == accumulator ? lhs : rhs);
  return builder.clone(*combiner, mapping)->getResult(0);
}

/// Every lane ends up with the same bits: both partners of an exchange combine the same two values,
/// and the combiners are commutative.
SmallVector<Value> ElementKernel::combineLanes(ArrayRef<Value> partial) {
  SmallVector<Value> values(partial);
  for (int32_t distance = warpSize / 2; distance > 0; distance /= 2)
    for (auto [i, value] : llvm::enumerate(values)) {
      auto shuffle = gpu::ShuffleOp::create(builder, loc, value, distance, int32_t(warpSize),
                                            gpu::ShuffleMode::XOR);
      value = combine(unsigned(i), value, shuffle.getShuffleResult());
    }
  return values;
}

/// One warp.
void ElementKernel::emitRow(Value lane) {
  SmallVector<Value> neutral;
  for (Operation *combiner : combiners)
    neutral.push_back(arith::ConstantOp::create(builder, loc, *arith::getNeutralElement(combiner)));
  auto loop =
      scf::ForOp::create(builder, loc, lane, sizeOf(*warpLoop), constant(warpSize), neutral);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    indices[*warpLoop] = loop.getInductionVar();
    scf::YieldOp::create(builder, loc, emitReduction(reductions, loop.getRegionIterArgs()));
  }
  SmallVector<Value> sums = combineLanes(llvm::to_vector_of<Value>(loop.getResults()));
  Value isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, lane, constant(0));
  auto guard = scf::IfOp::create(builder, loc, isFirst, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard inGuard(builder);
  builder.setInsertionPointToStart(guard.thenBlock());
  SmallVector<Value> results;
  for (auto [i, old] : llvm::enumerate(loadAccumulators()))
    results.push_back(combine(unsigned(i), old, sums[i]));
  storeAccumulators(results);
}

gpu::LaunchOp ElementKernel::emit() {
  bool byWarp = chooseWarpLoop();
  orderLoops();
  int64_t elementsPerBlock = byWarp ? threadsPerBlock / warpSize : threadsPerBlock;
  Value count = countElements();
  Value blocks = builder.createOrFold<arith::CeilDivUIOp>(loc, count, constant(elementsPerBlock));
  Value one = constant(1);
  auto launch =
      gpu::LaunchOp::create(builder, loc, blocks, one, one, constant(threadsPerBlock), one, one);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&launch.getBody().front());
  Value thread = launch.getThreadIds().x;
  Value inBlock = thread, lane;
  if (byWarp) {
    inBlock = arith::DivUIOp::create(builder, loc, thread, constant(warpSize));
    lane = arith::RemUIOp::create(builder, loc, thread, constant(warpSize));
  }
  Value first =
      arith::MulIOp::create(builder, loc, launch.getBlockIds().x, constant(elementsPerBlock));
  Value position = arith::AddIOp::create(builder, loc, first, inBlock);
  Value isInside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, position, count);
  auto inside = scf::IfOp::create(builder, loc, isInside, /*withElseRegion=*/false);
  gpu::TerminatorOp::create(builder, loc);
  builder.setInsertionPointToStart(inside.thenBlock());
  indices.assign(nest.getNumLoops(), constant(0));
  splitPosition(position, parallel);
  byWarp ? emitRow(lane) : emitElement();
  return launch;
}

gpu::LaunchOp mlir::halftone::emitElementKernel(OpBuilder &builder, LoopNest &nest) {
  return ElementKernel(builder, nest).emit();
}
