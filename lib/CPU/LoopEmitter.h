// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a loop nest to loops in IR.
#ifndef HALFTONE_LIB_CPU_LOOPEMITTER_H
#define HALFTONE_LIB_CPU_LOOPEMITTER_H

#include "halftone/Conversion/NestEmitter.h"

namespace mlir::halftone {

// What one task should do at least, in elementary operations: some ten microseconds, a few times
// the cost of waking a thread.
constexpr int64_t taskWork = 1 << 15;

/// Emits the loops of one nest.
class LoopEmitter : NestEmitter {
public:
  using NestEmitter::NestEmitter;

  /// With `tasks` the work is cut into tasks that threads may share.
  void emit(bool tasks);

  /// Iteration `row` of the first loop.
  void emitRow(Value row);

  int64_t estimateBodyWork();

private:
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
  void emitInMemory(ArrayRef<unsigned> loops);

  std::optional<unsigned> innermost;
  SmallVector<unsigned> flattened;  // the loops that tasks are cut from
  SmallVector<unsigned> sequential; // parallel loops inside a task
  SmallVector<unsigned> reductions; // reduction loops other than the innermost
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CPU_LOOPEMITTER_H
