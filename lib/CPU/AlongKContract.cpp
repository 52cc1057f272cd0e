// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions over codes whose lanes are consecutive k of one column: what belongs to a group of
// this column, a table above all, is the same for all lanes.
#include "CodeLoop.h"
#include "ContractEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;

// Columns of a single row that are decoded and added at a time.
constexpr int64_t singleRowColumns = 4;
// Sums in registers of more rows, whose columns are decoded before. (In 16 registers some wait on
// the stack.)
constexpr int64_t tileRows = 4, tileColumns = 4;
// Columns that are decoded at a time then.
constexpr int64_t decodedColumns = 2;
// What is decoded of a panel before the next part, in elements of K: 16 columns fit the first-level
// cache.
constexpr int64_t blockDepth = 256;
// The sums of all rows of a task wait on the stack of a thread meanwhile, a register for each.
constexpr int64_t mostTaskRows = 64;

namespace {

class AlongKContract : public ContractEmitter {
public:
  AlongKContract(IndexMath &math, ContractOp op, const KernelRow &row)
      : ContractEmitter(math, op, row), dot(math, row), decoder(math, op, row),
        nr(op.getPacking().getNr()), vectors(nr / row.lanes),
        blockRows(decoder.getBlockRows(blockDepth / nr)) {
    // Columns are panels of their own in memory; the epilogue takes a register of them.
    panelColumns = row.lanes;
  }

protected:
  void emitTask(const TaskRange &range) override;
  void allocateScratch() override;
  int64_t getGrain() const override { return 1 << 20; }
  int64_t getRowAlignment() const override { return hasSingleRow() ? 1 : tileRows; }
  int64_t getMaxTaskRows() const override { return mostTaskRows; }

private:
  using Columns = SmallVector<WeightDecoder::Columns>;
  using Sums = SmallVector<Value>;

  bool hasSingleRow() const { return getConstantIntValue(space.rows) == 1; }
  /// Registers of `count` columns from `place` of the panel on.
  Columns columnsOf(const Panel &panel, Value place, int64_t count);
  /// Rows of codes, in whole steps and groups, that are whole ones.
  int64_t countWholeRows() {
    int64_t unit = decoder.getBlockRows(1);
    return op.getPacking().getK() / nr / unit * unit;
  }
  /// Calls `build` for `step` columns of the panel at a time, and for each of the rest.
  void forEachColumns(const Panel &panel, int64_t step,
                      llvm::function_ref<void(Value place, int64_t count)> build);

  /// The sums of one row, each column decoded for it.
  void emitSingleRow(Value rowIndex, ArrayRef<Value> outer, const Panel &panel);
  /// The sums of all rows of the range, block after block of numbers.
  void emitRows(const TaskRange &range, ArrayRef<Value> outer, const Panel &panel);
  void clearNumbers();
  void decodeBlock(const Panel &panel, Value first, int64_t count);
  void addBlock(const TaskRange &range, ArrayRef<Value> outer, Value first, int64_t count,
                bool isFirst);
  /// Adds a block to the sums of a tile of `rows` rows, for which `k` begins at `begin`.
  void addTile(int64_t rows, Value firstRow, Value scratchRow, Value place, ArrayRef<Value> outer,
               Value begin, int64_t registers, bool isFirst);

  Value loadVector(Value memref, ArrayRef<Value> indices) {
    return vector::LoadOp::create(math.builder, math.loc, dot.getAccumulatorType(), memref,
                                  indices);
  }
  void storeVector(Value vector, Value memref, ArrayRef<Value> indices) {
    vector::StoreOp::create(math.builder, math.loc, vector, memref, indices);
  }
  /// The elements of a row from `k` on. Behind the last one are zeros, for numbers that do not
  /// count.
  Value loadLhs(ArrayRef<Value> outer, Value rowIndex, Value k);
  void storeTotal(Value sum, Value scratchRow, Value column) {
    memref::StoreOp::create(math.builder, math.loc, addLanes(sum), totals,
                            ValueRange{scratchRow, column});
  }
  /// The sum of all lanes, of halves of the vector again and again.
  Value addLanes(Value vector);

  DotEmitter dot;
  WeightDecoder decoder;
  /// Whether rows are built that end behind the last k.
  bool isAtEnd = false;
  /// k of a row of codes, and registers of them.
  int64_t nr, vectors;
  /// Rows of codes of a block.
  int64_t blockRows;
  /// Sums [rows][columns of a panel].
  Value totals;
  /// [][columns][lanes]: for each row what its sums are made of from block to block, and from
  /// `firstNumber` on the numbers of a block.
  Value lanes;
  int64_t firstNumber = 0;
};

} // namespace

Value AlongKContract::loadLhs(ArrayRef<Value> outer, Value rowIndex, Value k) {
  OpBuilder &builder = math.builder;
  Value zero = math.constant(0);
  SmallVector<Value> place = lhsIndices(outer, rowIndex, zero, zero, k);
  int64_t depth = op.getPacking().getK();
  if (!isAtEnd)
    return loadVector(space.lhs.memref, place);
  // Registers of the last row may begin behind the last element: they must not be read there.
  Value begin = math.min(k, math.constant(depth));
  auto type = llvm::cast<VectorType>(dot.getAccumulatorType());
  Value exists = vector::CreateMaskOp::create(builder, math.loc, type.clone(builder.getI1Type()),
                                              math.sub(math.constant(depth), begin));
  return vector::MaskedLoadOp::create(builder, math.loc, type, space.lhs.memref, place, exists,
                                      dot.zeroAccumulator());
}

void AlongKContract::allocateScratch() {
  Type f32 = math.builder.getF32Type();
  int64_t rows = hasSingleRow() ? 1 : taskRows;
  totals = makeScratch(MemRefType::get({rows, panelColumns}, f32));
  if (hasSingleRow())
    return;
  // Scratch memory of one type is one memory.
  firstNumber = rows;
  int64_t registers = rows + blockRows * vectors;
  lanes = makeScratch(MemRefType::get({registers, panelColumns, row.lanes}, f32));
}

void AlongKContract::emitTask(const TaskRange &range) {
  if (!hasSingleRow())
    clearNumbers();
  emitPanels(range, [&](const Panel &panel) {
    emitOuterLoops(math, space, range, [&](ArrayRef<Value> outer) {
      Value rows = math.sub(range.rowEnd, range.rowBegin);
      if (hasSingleRow())
        emitSingleRow(range.rowBegin, outer, panel);
      else
        emitRows(range, outer, panel);
      emitScratchEpilogue(totals, math.constant(0), rows, outer, range.rowBegin, panel);
    });
  });
}

AlongKContract::Columns AlongKContract::columnsOf(const Panel &panel, Value place, int64_t count) {
  Columns registers;
  for (int64_t index = 0; index < count; ++index) {
    Value column = math.add(math.add(panel.firstColumn, place), index);
    for (int64_t vector = 0; vector < vectors; ++vector)
      registers.push_back({column, column, vector * row.lanes});
  }
  return registers;
}

void AlongKContract::forEachColumns(const Panel &panel, int64_t step,
                                    llvm::function_ref<void(Value place, int64_t count)> build) {
  // A column whose numbers are put together from several tables is enough work.
  if (vectors > 1)
    step = 1;
  Value columns = math.constant(panelColumns);
  bool isWhole = !panel.masks.front();
  if (!isWhole)
    columns = math.min(columns, math.sub(math.get(space.columns), panel.firstColumn));
  Value whole = math.mul(math.div(columns, step), step);
  math.loop(math.constant(0), whole, step, [&](Value place) { build(place, step); });
  if (!isWhole && step > 1)
    math.loop(whole, columns, 1, [&](Value place) { build(place, 1); });
}

void AlongKContract::emitSingleRow(Value rowIndex, ArrayRef<Value> outer, const Panel &panel) {
  forEachColumns(panel, singleRowColumns, [&](Value place, int64_t count) {
    auto addRow = [&](ArrayRef<Value> values, Value codeRow, Sums &sums) {
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value k = math.add(math.mul(codeRow, nr), vector * row.lanes);
        Value lhs = loadLhs(outer, rowIndex, k);
        for (auto [index, sum] : llvm::enumerate(sums))
          sum = dot.step(sum, lhs, values[int64_t(index) * vectors + vector]);
      }
    };
    Columns columns = columnsOf(panel, place, count);
    Sums sums(count, dot.zeroAccumulator());
    CodeLoop loop(math, decoder, columns, addRow);
    int64_t whole = countWholeRows(), numRows = decoder.getNumRows();
    if (op.getPacking().getK() % nr == 0) {
      sums = loop.accumulateAll(std::move(sums));
    } else {
      sums = loop.accumulate(math.constant(0), whole, std::move(sums));
      isAtEnd = true;
      sums = loop.accumulate(math.constant(whole), numRows - whole, std::move(sums));
      isAtEnd = false;
    }
    for (auto [index, sum] : llvm::enumerate(sums))
      storeTotal(sum, math.constant(0), math.add(place, int64_t(index)));
  });
}

void AlongKContract::emitRows(const TaskRange &range, ArrayRef<Value> outer, const Panel &panel) {
  int64_t numRows = decoder.getNumRows();
  int64_t whole = op.getPacking().getK() / nr / blockRows * blockRows;
  auto emitBlock = [&](Value first, int64_t count, bool isFirst) {
    decodeBlock(panel, first, count);
    addBlock(range, outer, first, count, isFirst);
  };
  if (whole > 0)
    emitBlock(math.constant(0), blockRows, /*isFirst=*/true);
  math.loop(math.constant(blockRows), math.constant(whole), blockRows,
            [&](Value first) { emitBlock(first, blockRows, /*isFirst=*/false); });
  isAtEnd = op.getPacking().getK() % nr != 0;
  if (whole < numRows)
    emitBlock(math.constant(whole), numRows - whole, /*isFirst=*/whole == 0);
  isAtEnd = false;
  math.loop(math.constant(0), math.sub(range.rowEnd, range.rowBegin), 1, [&](Value scratchRow) {
    math.loop(math.constant(0), math.constant(panelColumns), 1, [&](Value column) {
      Value sum = loadVector(lanes, {scratchRow, column, math.constant(0)});
      storeTotal(sum, scratchRow, column);
    });
  });
}

/// The columns behind the last one are added as well, to sums that nobody reads.
void AlongKContract::clearNumbers() {
  if (getConstantIntValue(space.columns).value_or(1) % panelColumns == 0)
    return;
  Value end = math.constant(firstNumber + blockRows * vectors);
  math.loop(math.constant(firstNumber), end, 1, [&](Value vector) {
    for (int64_t column = 0; column < panelColumns; ++column)
      storeVector(dot.zeroAccumulator(), lanes, {vector, math.constant(column), math.constant(0)});
  });
}

void AlongKContract::decodeBlock(const Panel &panel, Value first, int64_t count) {
  forEachColumns(panel, decodedColumns, [&](Value place, int64_t numColumns) {
    auto storeRow = [&](ArrayRef<Value> values, Value codeRow, Sums &) {
      Value begin = math.add(math.mul(math.sub(codeRow, first), vectors), firstNumber);
      for (auto [index, number] : llvm::enumerate(values))
        storeVector(number, lanes,
                    {math.add(begin, int64_t(index) % vectors),
                     math.add(place, int64_t(index) / vectors), math.constant(0)});
    };
    Columns columns = columnsOf(panel, place, numColumns);
    CodeLoop(math, decoder, columns, storeRow).accumulate(first, count, {});
  });
}

void AlongKContract::addBlock(const TaskRange &range, ArrayRef<Value> outer, Value first,
                              int64_t count, bool isFirst) {
  Value begin = math.mul(first, nr);
  forEachTile(range, tileRows, [&](int64_t rows, Value firstRow) {
    Value scratchRow = math.sub(firstRow, range.rowBegin);
    math.loop(math.constant(0), math.constant(panelColumns), tileColumns, [&](Value place) {
      addTile(rows, firstRow, scratchRow, place, outer, begin, count * vectors, isFirst);
    });
  });
}

void AlongKContract::addTile(int64_t rows, Value firstRow, Value scratchRow, Value place,
                             ArrayRef<Value> outer, Value begin, int64_t registers, bool isFirst) {
  Value zero = math.constant(0);
  auto placeOf = [&](size_t sum) -> SmallVector<Value> {
    return {math.add(scratchRow, int64_t(sum) / tileColumns),
            math.add(place, int64_t(sum) % tileColumns), zero};
  };
  Sums sums;
  for (size_t sum = 0; sum < size_t(rows * tileColumns); ++sum)
    sums.push_back(isFirst ? dot.zeroAccumulator() : loadVector(lanes, placeOf(sum)));
  sums = math.carry(math.builder.getIndexAttr(registers), sums, [&](Value vector, Sums values) {
    Sums rhs;
    for (int64_t column = 0; column < tileColumns; ++column)
      rhs.push_back(
          loadVector(lanes, {math.add(vector, firstNumber), math.add(place, column), zero}));
    Value k = math.add(begin, math.mul(vector, row.lanes));
    for (int64_t index = 0; index < rows; ++index) {
      Value lhs = loadLhs(outer, math.add(firstRow, index), k);
      for (int64_t column = 0; column < tileColumns; ++column) {
        Value &sum = values[index * tileColumns + column];
        sum = dot.step(sum, lhs, rhs[column]);
      }
    }
    return values;
  });
  for (auto [index, sum] : llvm::enumerate(sums))
    storeVector(sum, lanes, placeOf(index));
}

Value AlongKContract::addLanes(Value vector) {
  for (int64_t size = row.lanes / 2; size >= 1; size /= 2) {
    SmallVector<int64_t> low = llvm::to_vector(llvm::seq<int64_t>(0, size));
    SmallVector<int64_t> high = llvm::to_vector(llvm::seq<int64_t>(size, 2 * size));
    auto half = [&](ArrayRef<int64_t> lanes) -> Value {
      return vector::ShuffleOp::create(math.builder, math.loc, vector, vector, lanes);
    };
    vector = arith::AddFOp::create(math.builder, math.loc, half(low), half(high));
  }
  return vector::ExtractOp::create(math.builder, math.loc, vector, 0);
}

void mlir::halftone::emitAlongKContract(IndexMath &math, ContractOp op, const KernelRow &row) {
  AlongKContract(math, op, row).emit();
}
