// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops and vector instructions of `halftone.contract` on memrefs.
#ifndef HALFTONE_CPU_CONTRACTEMITTER_H
#define HALFTONE_CPU_CONTRACTEMITTER_H

#include "DotEmitter.h"
#include "EpilogueEmitter.h"
#include "KernelRegion.h"
#include "TaskPlan.h"

namespace mlir::halftone {

/// The k of a contraction as nested loops: window rows, then window columns, then elements that lie
/// side by side in `lhs`. Without a window there is one run of K elements.
struct DepthLoops {
  int64_t windowRows = 1, windowColumns = 1;
  /// Elements between neighbouring windows' rows (in y), and between window columns and output
  /// columns (in elements of an image row).
  int64_t rowStride = 0, rowDilation = 0;
  int64_t columnStride = 0, columnDilation = 0;
  OpFoldResult length;
};

/// What the emitters of register tiles and of AMX tiles share.
class ContractEmitter {
public:
  ContractEmitter(IndexMath &math, ContractOp op, const KernelRow &row);
  virtual ~ContractEmitter() = default;

  void emit();

protected:
  /// Columns of one panel: `vectors` registers, the last or (for dynamic sizes) all of them masked.
  struct Panel {
    Value index;
    Value firstColumn;
    int64_t vectors;
    /// Per register; null where all its columns exist.
    SmallVector<Value> masks;
  };

  /// Builds one task: the outer iterations, panels and rows of `range`.
  virtual void emitTask(const TaskRange &range) = 0;
  /// Called once for each task that is built.
  virtual void allocateScratch() {}
  Value makeScratch(MemRefType type) { return makeKernelScratch(math.builder, math.loc, type); }
  virtual int64_t getGrain() const = 0;
  virtual int64_t getRowAlignment() const = 0;
  /// How much of K, in elements, is worked on at a time: that many of the left-hand side's rows
  /// have to stay in the second-level cache.
  virtual int64_t getDepthBlock(int64_t length) const { return length; }
  /// The most rows of a task, over all its outer iterations.
  virtual int64_t getMaxTaskRows() const { return TaskCosts().maxTaskRows; }

  /// Calls `body` for the full panels in a loop, and for the last one when it is narrower.
  void emitPanels(const TaskRange &range, llvm::function_ref<void(const Panel &)> body);
  using BuildTile = llvm::function_ref<void(int64_t rows, Value firstRow)>;
  /// Calls `build` for each tile of `tileRows` rows of the range, and for the rest.
  void forEachTile(const TaskRange &range, int64_t tileRows, BuildTile build);
  /// Indices of `lhs` at a row and a position of the depth loops.
  SmallVector<Value> lhsIndices(ArrayRef<Value> outer, Value imageOrMatrixRow, Value windowRow,
                                Value windowColumn, Value element);
  /// Epilogue of the `rows` rows from `firstRow` on, whose accumulators are in `scratch` [][vectors
  /// * lanes] from `scratchRow` on, in a loop.
  void emitScratchEpilogue(Value scratch, Value scratchRow, Value rows, ArrayRef<Value> outer,
                           Value firstRow, const Panel &panel);
  /// The tiles of `range` will have `tileRows` rows, and consume `stepElements` elements of a panel
  /// in a step. `outerCount`: iterations of the outer loops that use a panel before the next one.
  void preparePrefetch(const TaskRange &range, int64_t tileRows, int64_t stepElements,
                       Value outerCount);
  /// The tiles that follow are those of outer iteration `index` of the range.
  void setPrefetchOuter(Value index) { prefetch.outer = index; }
  void stopPrefetch() { prefetch = {}; }
  /// Brings a part of the next panel into the second-level cache in step `step` of `steps` of the
  /// tile at `firstRow`: spread over all tiles of the panel, because the first one alone would wait
  /// for it. Nothing where the right-hand side is small or there are few tiles.
  void prefetchNextPanel(Value firstRow, const Panel &panel, Value step, Value steps);
  /// The same for what begins at step `nextStep` of `panelIndex`.
  void prefetchFrom(Value panelIndex, Value nextStep, Value firstRow, Value step, Value steps);
  SmallVector<Value> loopValues(ArrayRef<Value> outer, Value row, Value column);
  Value lanesMask(Value count);
  bool isPacked() { return op.getPacking().getNr() != 0; }
  bool hasWindow() { return bool(op.getWindowAttr()); }

  IndexMath &math;
  ContractOp op;
  const KernelRow &row;
  IterationSpace space;
  DepthLoops depth;
  EpilogueEmitter epilogue;
  int64_t panelColumns = 0;
  /// The most rows of one outer iteration in a task, and the most outer iterations.
  int64_t taskRows = 0, taskOuter = 1;
  /// Packed: [panel][step][nr * kr]. Plain: [batch…, K, N].
  OperandView rhs;

private:
  void prepareImage();
  void prepareRhs();
  Panel makeLastPanel(Value index, Value firstColumn);
  bool prefetchesPanels(int64_t tileRows);
  void emitRemainder(Value begin, Value end, int64_t tileRows, BuildTile build);

  /// What the prefetches of one step cover: `lines` cache lines, every step and tile
  /// `elements` further on.
  struct Prefetch {
    Value taskBegin, elements, outer, tilesPerOuter;
    int64_t tileRows = 0, lines = 0;
  };
  Prefetch prefetch;
};

/// Emits `op` with the row of the table that its packing names. Fails, with an error, on an unknown
/// row.
LogicalResult lowerContract(OpBuilder &builder, ContractOp op);
LogicalResult lowerDepthwise(OpBuilder &builder, DepthwiseOp op);

/// Accumulates in vector registers.
void emitRegisterContract(IndexMath &math, ContractOp op, const KernelRow &row);
/// The same with lanes along k.
void emitAlongKContract(IndexMath &math, ContractOp op, const KernelRow &row);
/// Accumulates in AMX tiles.
void emitTileContract(IndexMath &math, ContractOp op, const KernelRow &row);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_CONTRACTEMITTER_H
