// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TaskPlan.h"

#include "KernelRegion.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

// Guesses for sizes that only the run time knows.
constexpr int64_t usualOuter = 8;
constexpr int64_t usualRows = 128;
constexpr int64_t usualPanels = 4;
// More tasks than this only cost.
constexpr int64_t maxTasks = 64;
// Enough to keep several threads busy to the end.
constexpr int64_t enoughTasks = 16;
// A right-hand side of this size is gone from the second-level cache when the next outer iteration
// begins.
constexpr int64_t largeBytes = 1024 * 1024;

int64_t sizeOr(OpFoldResult size, int64_t usual) {
  return getConstantIntValue(size).value_or(usual);
}

int64_t roundUp(int64_t value, int64_t multiple) {
  return int64_t(llvm::alignTo(uint64_t(value), uint64_t(multiple)));
}

/// Whether less has to be read when a task takes a few panels through all outer iterations, and
/// the left-hand side is read for every panel, than when it takes an outer iteration through all
/// panels, and the right-hand side is read for every iteration.
bool readsLessByPanel(int64_t outer, int64_t numPanels, const TaskCosts &costs) {
  return outer > 1 && costs.rhsBytes > largeBytes &&
         costs.lhsBytes * numPanels < costs.rhsBytes * outer;
}

void cutByPanel(TaskPlan &plan, int64_t outer, int64_t numPanels, int64_t pieces) {
  int64_t panelPieces = std::min(numPanels, pieces);
  int64_t outerPieces =
      std::min<int64_t>(outer, llvm::divideCeil(std::min(pieces, enoughTasks), panelPieces));
  plan.panelsPerTask = llvm::divideCeil(numPanels, panelPieces);
  plan.outerPerTask = llvm::divideCeil(outer, outerPieces);
  plan.panelsOutermost = true;
}

} // namespace

TaskPlan mlir::halftone::makeTaskPlan(const IterationSpace &space, OpFoldResult panels,
                                      const TaskCosts &costs) {
  int64_t outer = 1, numRows = sizeOr(space.rows, usualRows);
  for (OpFoldResult size : space.outer)
    outer *= sizeOr(size, usualOuter);
  int64_t numPanels = sizeOr(panels, usualPanels);
  int64_t work = std::max<int64_t>(1, costs.perRowAndPanel * numRows * numPanels);

  TaskPlan plan;
  plan.rows = space.rows;
  plan.panels = panels;
  plan.rowsPerTask = roundUp(std::max<int64_t>(numRows, 1), costs.rowAlignment);
  plan.panelsPerTask = std::max<int64_t>(numPanels, 1);
  if (work * outer <= 2 * costs.grain) {
    plan.outerPerTask = std::max<int64_t>(outer, 1);
  } else if (readsLessByPanel(outer, numPanels, costs)) {
    cutByPanel(plan, outer, numPanels,
               std::clamp<int64_t>(work * outer / costs.grain, 1, maxTasks));
  } else if (work <= costs.grain) {
    plan.outerPerTask = std::max(std::max<int64_t>(1, costs.grain / work), outer / maxTasks);
  } else {
    int64_t pieces = std::clamp<int64_t>(
        work / costs.grain, 1, std::max<int64_t>(1, maxTasks / std::max<int64_t>(outer, 1)));
    int64_t panelPieces = std::min(numPanels, pieces);
    int64_t rowPieces = llvm::divideCeil(pieces, panelPieces);
    if (!costs.cutPanelsFirst) {
      rowPieces = std::min<int64_t>(pieces, llvm::divideCeil(numRows, costs.rowAlignment));
      panelPieces = std::min<int64_t>(numPanels, llvm::divideCeil(pieces, rowPieces));
    }
    plan.panelsPerTask = llvm::divideCeil(numPanels, panelPieces);
    plan.rowsPerTask = roundUp(llvm::divideCeil(numRows, rowPieces), costs.rowAlignment);
  }
  int64_t maxRows = std::min(costs.maxRows, costs.maxTaskRows);
  maxRows = std::max(maxRows / costs.rowAlignment, int64_t(1)) * costs.rowAlignment;
  plan.rowsPerTask = std::min(plan.rowsPerTask, maxRows);
  plan.outerPerTask =
      std::min(plan.outerPerTask, std::max<int64_t>(1, costs.maxTaskRows / plan.rowsPerTask));
  return plan;
}

void mlir::halftone::emitTasks(IndexMath &math, const IterationSpace &space, const TaskPlan &plan,
                               llvm::function_ref<void(const TaskRange &)> body) {
  Value outer = math.constant(1);
  for (OpFoldResult size : space.outer)
    outer = math.mul(outer, math.get(size));
  Value rows = math.get(plan.rows), panels = math.get(plan.panels);
  Value outerTasks = math.ceilDiv(outer, plan.outerPerTask);
  Value rowTasks = math.ceilDiv(rows, plan.rowsPerTask);
  Value panelTasks = math.ceilDiv(panels, plan.panelsPerTask);

  auto cut = [&](Value index, int64_t step, Value size, Value &begin, Value &end) {
    begin = math.mul(index, step);
    end = math.min(math.add(begin, step), size);
  };
  auto build = [&](Value task) {
    TaskRange range;
    /// The last digit of `task`, in the system whose bases are the numbers of tasks.
    auto takeDigit = [&](Value base) {
      Value digit = math.rem(task, base);
      task = math.div(task, base);
      return digit;
    };
    auto cutPanels = [&](Value index) {
      cut(index, plan.panelsPerTask, panels, range.panelBegin, range.panelEnd);
    };
    if (!plan.panelsOutermost)
      cutPanels(takeDigit(panelTasks));
    cut(takeDigit(rowTasks), plan.rowsPerTask, rows, range.rowBegin, range.rowEnd);
    if (plan.panelsOutermost) {
      cut(takeDigit(outerTasks), plan.outerPerTask, outer, range.outerBegin, range.outerEnd);
      cutPanels(task);
    } else {
      cut(task, plan.outerPerTask, outer, range.outerBegin, range.outerEnd);
    }
    body(range);
  };

  Value numTasks = math.mul(math.mul(outerTasks, rowTasks), panelTasks);
  if (getConstantIntValue(numTasks) == 1)
    return emitKernelRegion(math.builder, math.loc, [&] { build(math.constant(0)); });
  auto forall = scf::ForallOp::create(math.builder, math.loc,
                                      ArrayRef<OpFoldResult>{getAsOpFoldResult(numTasks)},
                                      ValueRange{}, std::nullopt);
  OpBuilder::InsertionGuard guard(math.builder);
  math.builder.setInsertionPointToStart(forall.getBody());
  build(forall.getInductionVars().front());
}

void mlir::halftone::emitOuterLoops(IndexMath &math, const IterationSpace &space,
                                    const TaskRange &range,
                                    llvm::function_ref<void(ArrayRef<Value>)> body) {
  math.loop(range.outerBegin, range.outerEnd, 1, [&](Value linear) {
    SmallVector<Value> outer(space.outer.size());
    for (int64_t dim = int64_t(space.outer.size()) - 1; dim > 0; --dim) {
      Value size = math.get(space.outer[dim]);
      outer[dim] = math.rem(linear, size);
      linear = math.div(linear, size);
    }
    if (!outer.empty())
      outer.front() = linear;
    body(outer);
  });
}
