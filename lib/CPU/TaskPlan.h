// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a kernel is cut into tasks for threads: by its shape alone, so that results never depend on
// their number.
#ifndef HALFTONE_CPU_TASKPLAN_H
#define HALFTONE_CPU_TASKPLAN_H

#include "IterationSpace.h"

#include <limits>

namespace mlir::halftone {

/// Half-open ranges of outer iterations (linear), rows and panels.
struct TaskRange {
  Value outerBegin, outerEnd;
  Value rowBegin, rowEnd;
  Value panelBegin, panelEnd;
};

/// The sizes of the inner loops of a kernel, and how much of each loop makes a task.
struct TaskPlan {
  OpFoldResult rows, panels;
  int64_t outerPerTask = 1;
  int64_t rowsPerTask = 1;
  int64_t panelsPerTask = 1;
  /// Tasks that share panels follow each other, instead of tasks that share outer iterations.
  bool panelsOutermost = false;
};

/// What a task costs.
struct TaskCosts {
  /// Work of one row and one panel, in the unit of `grain`.
  int64_t perRowAndPanel;
  /// Least work that is worth handing to a thread.
  int64_t grain;
  /// Rows are cut at multiples of this.
  int64_t rowAlignment;
  /// Most rows whose left-hand side stays in the second-level cache.
  int64_t maxRows;
  /// Cut panels before rows: the right-hand side is the larger one.
  bool cutPanelsFirst;
  /// Bytes of the left-hand side, and of a right-hand side that all outer iterations share.
  int64_t lhsBytes = 0, rhsBytes = 0;
  /// Most rows of a task over all its outer iterations.
  int64_t maxTaskRows = std::numeric_limits<int32_t>::max();
};

TaskPlan makeTaskPlan(const IterationSpace &space, OpFoldResult panels, const TaskCosts &costs);

/// Calls `body` to build one task: in an scf.forall, or in a kernel's region when there
/// is only one.
void emitTasks(IndexMath &math, const IterationSpace &space, const TaskPlan &plan,
               llvm::function_ref<void(const TaskRange &)> body);

/// Loops over the outer iterations of a task, giving the value of each outer loop.
void emitOuterLoops(IndexMath &math, const IterationSpace &space, const TaskRange &range,
                    llvm::function_ref<void(ArrayRef<Value>)> body);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_TASKPLAN_H
