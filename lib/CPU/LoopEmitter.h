// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a loop nest to loops in IR.
#ifndef HALFTONE_LIB_CPU_LOOPEMITTER_H
#define HALFTONE_LIB_CPU_LOOPEMITTER_H

#include "LoopNest.h"

namespace mlir::halftone {

// What one task should do at least, in elementary operations: some ten microseconds, a few times
// the cost of waking a thread.
constexpr int64_t taskWork = 1 << 15;

/// Emits the loops of one nest.
class LoopEmitter {
public:
  LoopEmitter(OpBuilder &builder, LoopNest &nest) : builder(builder), nest(nest), loc(nest.loc) {}

  /// With `tasks` the work is cut into tasks that threads may share.
  void emit(bool tasks);

  /// Iteration `row` of the first loop.
  void emitRow(Value row);

  int64_t estimateBodyWork();

private:
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value).getResult();
  }
  Value sizeOf(unsigned loop) {
    return getValueOrCreateConstantIndexOp(builder, loc, nest.sizes[loop]);
  }
  void orderLoops();
  void chooseFlattened();
  Value multiplySizes(ArrayRef<unsigned> loops);
  std::optional<int64_t> multiplyStaticSizes(ArrayRef<unsigned> loops);
  void emitTasks(Value iterations, std::optional<int64_t> staticIterations);
  Value emitTaskLength(std::optional<int64_t> staticLength);
  std::optional<int64_t> getStaticTaskLength();
  void emitRange(Value begin, Value end);
  void setFlattenedIndices(Value position);
  void emitParallel(ArrayRef<unsigned> loops);
  SmallVector<Value> emitReduction(ArrayRef<unsigned> loops, ValueRange accumulators);
  void emitInMemory(ArrayRef<unsigned> loops);
  SmallVector<Value> emitBody(ValueRange oldOutputs);
  SmallVector<Value> emitIndices(const LoopAccess &access);
  Value load(const LoopAccess &access);
  void store(const LoopAccess &access, Value value);
  SmallVector<Value> loadUsedOutputs();
  bool isAccumulator(const LoopAccess &output) const;
  SmallVector<Value> emitReductionBody(ValueRange accumulators);

  OpBuilder &builder;
  LoopNest &nest;
  Location loc;
  SmallVector<Value> indices; // of each loop, once it is open
  std::optional<unsigned> innermost;
  SmallVector<unsigned> flattened;  // the loops that tasks are cut from
  SmallVector<unsigned> sequential; // parallel loops inside a task
  SmallVector<unsigned> reductions; // reduction loops other than the innermost
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CPU_LOOPEMITTER_H
