// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LoopEmitter.h"

#include "KernelRegion.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

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
  storeAccumulators(emitReduction(inside, loadAccumulators()));
}

/// Loops whose body reads and writes the outputs in memory.
void LoopEmitter::emitInMemory(ArrayRef<unsigned> loops) {
  if (loops.empty()) {
    SmallVector<Value> results = emitBody(loadUsedOutputs(/*inRegisters=*/false));
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
