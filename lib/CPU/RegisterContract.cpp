// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions whose accumulators are vector registers.
#include "CodeLoop.h"
#include "ContractEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

// A panel of more bytes is cut into blocks of at most `blockBytes`.
constexpr int64_t largePanelBytes = 384 * 1024, blockBytes = 28 * 1024;

class RegisterContract : public ContractEmitter {
public:
  RegisterContract(IndexMath &math, ContractOp op, const KernelRow &row)
      : ContractEmitter(math, op, row), dot(math, row),
        tileRows(chooseTileRows(row, panelColumns / row.lanes, getConstantIntValue(space.rows))),
        blocks(chooseBlocks()) {
    if (op.getDecoder())
      decoder.emplace(math, op, row);
  }

protected:
  void emitTask(const TaskRange &range) override;
  void allocateScratch() override;
  int64_t getGrain() const override { return row.isInteger() ? 2 << 20 : 1 << 20; }
  int64_t getRowAlignment() const override { return tileRows; }
  int64_t getDepthBlock(int64_t length) const override {
    return blocks ? blocks->windowRows * blocks->windowColumns * blocks->steps * row.kr : length;
  }
  int64_t getMaxTaskRows() const override;

private:
  /// A part of the depth loops: some window rows, columns of each, and steps of each run.
  struct DepthBox {
    Value windowRow, windowColumn, step;
    OpFoldResult windowRows, windowColumns, steps;
  };
  struct BlockSize {
    int64_t windowRows, windowColumns, steps;
  };

  int64_t stepsOfRun() const { return *getConstantIntValue(depth.length) / row.kr; }
  std::optional<BlockSize> chooseBlocks();
  DepthBox wholeDepth();
  void emitRows(const TaskRange &range, ArrayRef<Value> outer, const Panel &panel);
  void emitBlocks(const TaskRange &range, const Panel &panel);
  void clearScratch(Value rows, const Panel &panel);
  void forEachBlock(llvm::function_ref<void(const DepthBox &)> body);
  void emitBlockTile(int64_t rows, Value firstRow, Value scratchRow, const DepthBox &box,
                     ArrayRef<Value> outer, const Panel &panel);
  /// The outer iteration as a number, from the first of the range on.
  Value outerIndex(const TaskRange &range, ArrayRef<Value> outer);
  /// Where the accumulators of a tile are in the scratch memory when they begin at its `firstRow`.
  SmallVector<Value> scratchPlace(size_t accumulator, Value firstRow, const Panel &panel);
  void storeScratch(ArrayRef<Value> accumulators, Value firstRow, const Panel &panel);
  void emitTile(int64_t rows, Value firstRow, ArrayRef<Value> outer, const Panel &panel);
  SmallVector<Value> accumulate(int64_t rows, Value firstRow, ArrayRef<Value> outer,
                                const Panel &panel);
  SmallVector<Value> accumulateBox(int64_t rows, Value firstRow, ArrayRef<Value> outer,
                                   const Panel &panel, const DepthBox &box,
                                   SmallVector<Value> accumulators);
  /// The elements behind the last whole step.
  void accumulateRest(int64_t rows, Value firstRow, ArrayRef<Value> outer, const Panel &panel,
                      MutableArrayRef<Value> accumulators);
  SmallVector<Value> accumulateCodes(int64_t rows, Value firstRow, ArrayRef<Value> outer,
                                     const Panel &panel, SmallVector<Value> accumulators);
  SmallVector<Value> loadRhs(const Panel &panel, ArrayRef<Value> outer, Value step);
  /// Adds one step to every accumulator; `loadLhs` gives the left operand of a row.
  void addStep(int64_t rows, ArrayRef<Value> rhsVectors, MutableArrayRef<Value> accumulators,
               llvm::function_ref<Value(int64_t)> loadLhs);
  void emitDirectEpilogue(int64_t rows, ArrayRef<Value> accumulators, Value firstRow,
                          ArrayRef<Value> outer, const Panel &panel);
  /// Long epilogues are a loop over rows: unrolled over the tile they would be thousands of
  /// instructions.
  bool stagesEpilogue() const { return epilogue.cost() > 6 && tileRows > 1; }

  DotEmitter dot;
  std::optional<WeightDecoder> decoder;
  int64_t tileRows;
  /// The part of k that is done for all rows of a task before the next one, so that its part of a
  /// panel stays in the cache; null where the whole panel does.
  std::optional<BlockSize> blocks;
  Value scratch;
};

} // namespace

std::optional<RegisterContract::BlockSize> RegisterContract::chooseBlocks() {
  constexpr int64_t minTiles = 4;
  int64_t rows = getConstantIntValue(space.rows).value_or(minTiles * tileRows);
  if (hasWindow())
    rows *= getConstantIntValue(space.outer.back()).value_or(minTiles);
  if (!isPacked() || op.getDecoder() || rows < minTiles * tileRows ||
      *getConstantIntValue(depth.length) % row.kr != 0)
    return std::nullopt;
  int64_t stepBytes = panelColumns * row.kr * row.rhsBytes(), runSteps = stepsOfRun();
  int64_t windowRowBytes = depth.windowColumns * runSteps * stepBytes;
  if (windowRowBytes * depth.windowRows <= largePanelBytes)
    return std::nullopt;
  auto share = [](int64_t count, int64_t pieces) -> int64_t {
    return llvm::divideCeil(count, pieces);
  };
  if (int64_t fitting = blockBytes / windowRowBytes)
    return BlockSize{share(depth.windowRows, share(depth.windowRows, fitting)), depth.windowColumns,
                     runSteps};
  return BlockSize{1, 1, share(runSteps, share(runSteps * stepBytes, blockBytes))};
}

int64_t RegisterContract::getMaxTaskRows() const {
  if (!blocks)
    return ContractEmitter::getMaxTaskRows();
  // The sums of all rows wait on the stack of a thread, and in its cache beside a block.
  constexpr int64_t sumsBytes = 128 * 1024;
  return std::max<int64_t>(1, sumsBytes / (panelColumns * 4));
}

void RegisterContract::allocateScratch() {
  if (!stagesEpilogue() && !blocks)
    return;
  int64_t rows = blocks ? taskOuter * taskRows : tileRows;
  scratch =
      makeScratch(MemRefType::get({rows, panelColumns}, dot.getAccumulatorType().getElementType()));
}

SmallVector<Value> RegisterContract::scratchPlace(size_t accumulator, Value firstRow,
                                                  const Panel &panel) {
  int64_t tileRow = int64_t(accumulator) / panel.vectors;
  int64_t vector = int64_t(accumulator) % panel.vectors;
  return {math.add(firstRow, tileRow), math.constant(vector * row.lanes)};
}

void RegisterContract::storeScratch(ArrayRef<Value> accumulators, Value firstRow,
                                    const Panel &panel) {
  for (auto [index, accumulator] : llvm::enumerate(accumulators))
    vector::StoreOp::create(math.builder, math.loc, accumulator, scratch,
                            scratchPlace(index, firstRow, panel));
}

void RegisterContract::emitTask(const TaskRange &range) {
  Value outerCount = hasWindow() ? math.sub(range.outerEnd, range.outerBegin) : math.constant(1);
  preparePrefetch(range, tileRows, panelColumns * row.kr, outerCount);
  auto emitOuter = [&](llvm::function_ref<void(ArrayRef<Value>)> body) {
    emitOuterLoops(math, space, range, body);
  };
  if (!isPacked())
    return emitOuter([&](ArrayRef<Value> outer) {
      emitPanels(range, [&](const Panel &panel) { emitRows(range, outer, panel); });
    });
  // A panel serves all rows while it is in the cache.
  emitPanels(range, [&](const Panel &panel) {
    if (blocks)
      return emitBlocks(range, panel);
    emitOuter([&](ArrayRef<Value> outer) {
      setPrefetchOuter(hasWindow() ? outerIndex(range, outer) : Value());
      emitRows(range, outer, panel);
    });
  });
}

Value RegisterContract::outerIndex(const TaskRange &range, ArrayRef<Value> outer) {
  Value index = math.constant(0);
  for (auto [value, size] : llvm::zip_equal(outer, space.outer))
    index = math.add(math.mul(index, math.get(size)), value);
  return math.sub(index, range.outerBegin);
}

void RegisterContract::emitRows(const TaskRange &range, ArrayRef<Value> outer, const Panel &panel) {
  forEachTile(range, tileRows,
              [&](int64_t rows, Value firstRow) { emitTile(rows, firstRow, outer, panel); });
}

void RegisterContract::clearScratch(Value rows, const Panel &panel) {
  Value zero = dot.zeroAccumulator();
  math.loop(math.constant(0), rows, 1, [&](Value index) {
    for (int64_t vector = 0; vector < panel.vectors; ++vector)
      vector::StoreOp::create(math.builder, math.loc, zero, scratch,
                              ValueRange{index, math.constant(vector * row.lanes)});
  });
}

void RegisterContract::forEachBlock(llvm::function_ref<void(const DepthBox &)> body) {
  auto cut = [&](int64_t size, int64_t step,
                 llvm::function_ref<void(Value begin, OpFoldResult count)> build) {
    if (size <= step)
      return build(math.constant(0), math.builder.getIndexAttr(size));
    math.loop(math.constant(0), math.constant(size), step, [&](Value begin) {
      Value left = math.sub(math.constant(size), begin);
      Value count = size % step ? math.min(left, math.constant(step)) : math.constant(step);
      build(begin, getAsOpFoldResult(count));
    });
  };
  DepthBox box;
  cut(depth.windowRows, blocks->windowRows, [&](Value windowRow, OpFoldResult windowRows) {
    box.windowRow = windowRow;
    box.windowRows = windowRows;
    cut(depth.windowColumns, blocks->windowColumns, [&](Value column, OpFoldResult columns) {
      box.windowColumn = column;
      box.windowColumns = columns;
      cut(stepsOfRun(), blocks->steps, [&](Value step, OpFoldResult steps) {
        box.step = step;
        box.steps = steps;
        body(box);
      });
    });
  });
}

/// The sums of all rows wait in memory from block to block; each is made in the same order as in
/// one go.
void RegisterContract::emitBlocks(const TaskRange &range, const Panel &panel) {
  Value rows = math.sub(range.rowEnd, range.rowBegin);
  Value outerCount = math.sub(range.outerEnd, range.outerBegin);
  auto forEachOuter = [&](llvm::function_ref<void(ArrayRef<Value>, Value scratchRow)> body) {
    emitOuterLoops(math, space, range, [&](ArrayRef<Value> outer) {
      Value index = outerIndex(range, outer);
      setPrefetchOuter(hasWindow() ? index : Value());
      body(outer, math.mul(index, taskRows));
    });
  };
  clearScratch(math.mul(outerCount, taskRows), panel);
  forEachBlock([&](const DepthBox &box) {
    forEachOuter([&](ArrayRef<Value> outer, Value scratchRow) {
      forEachTile(range, tileRows, [&](int64_t tile, Value firstRow) {
        Value place = math.add(scratchRow, math.sub(firstRow, range.rowBegin));
        emitBlockTile(tile, firstRow, place, box, outer, panel);
      });
    });
  });
  forEachOuter([&](ArrayRef<Value> outer, Value scratchRow) {
    emitScratchEpilogue(scratch, scratchRow, rows, outer, range.rowBegin, panel);
  });
}

void RegisterContract::emitBlockTile(int64_t rows, Value firstRow, Value scratchRow,
                                     const DepthBox &box, ArrayRef<Value> outer,
                                     const Panel &panel) {
  SmallVector<Value> sums;
  for (size_t index = 0; index < size_t(rows * panel.vectors); ++index)
    sums.push_back(vector::LoadOp::create(math.builder, math.loc, dot.getAccumulatorType(), scratch,
                                          scratchPlace(index, scratchRow, panel)));
  storeScratch(accumulateBox(rows, firstRow, outer, panel, box, sums), scratchRow, panel);
}

SmallVector<Value> RegisterContract::loadRhs(const Panel &panel, ArrayRef<Value> outer,
                                             Value step) {
  SmallVector<Value> vectors;
  for (int64_t vector = 0; vector < panel.vectors; ++vector) {
    if (isPacked()) {
      SmallVector<Value> indices{panel.index, step, math.constant(vector * row.lanes * row.kr)};
      vectors.push_back(dot.loadRhs(rhs.memref, indices));
      continue;
    }
    SmallVector<Value> indices = rhs.indices(math, outer);
    indices.push_back(step);
    indices.push_back(math.add(panel.firstColumn, vector * row.lanes));
    vectors.push_back(dot.loadRhs(rhs.memref, indices, panel.masks[vector]));
  }
  return vectors;
}

void RegisterContract::addStep(int64_t rows, ArrayRef<Value> rhsVectors,
                               MutableArrayRef<Value> accumulators,
                               llvm::function_ref<Value(int64_t)> loadLhs) {
  for (int64_t index = 0; index < rows; ++index) {
    Value lhs = loadLhs(index);
    for (auto [vector, rhsVector] : llvm::enumerate(rhsVectors)) {
      Value &accumulator = accumulators[index * rhsVectors.size() + vector];
      accumulator = dot.step(accumulator, lhs, rhsVector);
    }
  }
}

RegisterContract::DepthBox RegisterContract::wholeDepth() {
  Value zero = math.constant(0);
  return {zero,
          zero,
          zero,
          math.builder.getIndexAttr(depth.windowRows),
          math.builder.getIndexAttr(depth.windowColumns),
          getAsOpFoldResult(math.div(math.get(depth.length), row.kr))};
}

/// The steps of a run follow each other in the packed right-hand side, and the runs as well. A box
/// has whole runs, or a part of a single one: its steps follow each other, too.
SmallVector<Value> RegisterContract::accumulateBox(int64_t rows, Value firstRow,
                                                   ArrayRef<Value> outer, const Panel &panel,
                                                   const DepthBox &box,
                                                   SmallVector<Value> accumulators) {
  Value runSteps = math.div(math.get(depth.length), row.kr);
  auto rhsStep = [&](Value windowRow, Value windowColumn, Value step) {
    Value run = math.add(math.mul(windowRow, depth.windowColumns), windowColumn);
    return math.add(math.mul(run, runSteps), step);
  };
  Value begin = rhsStep(box.windowRow, box.windowColumn, box.step);
  Value count = math.mul(math.mul(math.get(box.windowRows), math.get(box.windowColumns)),
                         math.get(box.steps));
  auto addOne = [&](Value windowRow, Value windowColumn, Value step, SmallVector<Value> values) {
    Value place = rhsStep(windowRow, windowColumn, step);
    SmallVector<Value> vectors = loadRhs(panel, outer, place);
    prefetchFrom(panel.index, math.add(begin, count), firstRow, math.sub(place, begin), count);
    addStep(rows, vectors, values, [&](int64_t index) {
      return dot.loadLhs(space.lhs.memref, lhsIndices(outer, math.add(firstRow, index), windowRow,
                                                      windowColumn, math.mul(step, row.kr)));
    });
    return values;
  };
  using Values = SmallVector<Value>;
  return math.carry(box.windowRows, accumulators, [&](Value windowRow, Values rowValues) {
    windowRow = math.add(box.windowRow, windowRow);
    return math.carry(box.windowColumns, rowValues, [&](Value windowColumn, Values columnValues) {
      windowColumn = math.add(box.windowColumn, windowColumn);
      return math.carry(box.steps, columnValues, [&](Value step, Values values) {
        return addOne(windowRow, windowColumn, math.add(box.step, step), values);
      });
    });
  });
}

void RegisterContract::accumulateRest(int64_t rows, Value firstRow, ArrayRef<Value> outer,
                                      const Panel &panel, MutableArrayRef<Value> accumulators) {
  // A window's runs are whole steps: the image's channels are padded for that.
  int64_t rest = row.kr == 1 ? 0 : *getConstantIntValue(depth.length) % row.kr;
  if (rest == 0)
    return;
  Value fullSteps = math.constant(stepsOfRun()), zero = math.constant(0);
  SmallVector<Value> vectors = loadRhs(panel, outer, fullSteps);
  addStep(rows, vectors, accumulators, [&](int64_t index) {
    return dot.loadPartialLhs(
        space.lhs.memref,
        lhsIndices(outer, math.add(firstRow, index), zero, zero, math.mul(fullSteps, row.kr)),
        rest);
  });
}

SmallVector<Value> RegisterContract::accumulateCodes(int64_t rows, Value firstRow,
                                                     ArrayRef<Value> outer, const Panel &panel,
                                                     SmallVector<Value> accumulators) {
  auto addRow = [&](ArrayRef<Value> numbers, Value k, SmallVector<Value> &values) {
    addStep(rows, numbers, values, [&](int64_t index) {
      Value zero = math.constant(0);
      return dot.loadLhs(space.lhs.memref,
                         lhsIndices(outer, math.add(firstRow, index), zero, zero, k));
    });
  };
  auto prefetch = [&](Value step, Value numSteps) {
    prefetchNextPanel(firstRow, panel, step, numSteps);
  };
  SmallVector<WeightDecoder::Columns> columns;
  for (int64_t vector = 0; vector < panel.vectors; ++vector) {
    int64_t offset = vector * row.lanes;
    columns.push_back({panel.index, math.add(panel.firstColumn, offset), offset});
  }
  return CodeLoop(math, *decoder, columns, addRow, prefetch).accumulateAll(accumulators);
}

SmallVector<Value> RegisterContract::accumulate(int64_t rows, Value firstRow, ArrayRef<Value> outer,
                                                const Panel &panel) {
  SmallVector<Value> zeros(rows * panel.vectors, dot.zeroAccumulator());
  if (decoder)
    return accumulateCodes(rows, firstRow, outer, panel, zeros);
  SmallVector<Value> sums = accumulateBox(rows, firstRow, outer, panel, wholeDepth(), zeros);
  accumulateRest(rows, firstRow, outer, panel, sums);
  return sums;
}

void RegisterContract::emitTile(int64_t rows, Value firstRow, ArrayRef<Value> outer,
                                const Panel &panel) {
  SmallVector<Value> accumulators = accumulate(rows, firstRow, outer, panel);
  if (!stagesEpilogue() || rows == 1)
    return emitDirectEpilogue(rows, accumulators, firstRow, outer, panel);
  storeScratch(accumulators, math.constant(0), panel);
  emitScratchEpilogue(scratch, math.constant(0), math.constant(rows), outer, firstRow, panel);
}

void RegisterContract::emitDirectEpilogue(int64_t rows, ArrayRef<Value> accumulators,
                                          Value firstRow, ArrayRef<Value> outer,
                                          const Panel &panel) {
  auto column = [&](int64_t vector) { return math.add(panel.firstColumn, vector * row.lanes); };
  epilogue.clearShared();
  for (int64_t vector = 0; vector < panel.vectors; ++vector)
    epilogue.loadShared(vector, loopValues(outer, firstRow, column(vector)), panel.masks[vector]);
  for (int64_t index = 0; index < rows; ++index)
    for (int64_t vector = 0; vector < panel.vectors; ++vector)
      epilogue.store(vector, accumulators[index * panel.vectors + vector],
                     loopValues(outer, math.add(firstRow, index), column(vector)),
                     panel.masks[vector]);
}

void mlir::halftone::emitRegisterContract(IndexMath &math, ContractOp op, const KernelRow &row) {
  RegisterContract(math, op, row).emit();
}
