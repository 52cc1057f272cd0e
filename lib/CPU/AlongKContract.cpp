// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions over codes whose lanes are consecutive k of one column: what belongs to a group of
// this column, a table above all, is the same for all lanes.
#include "CodeLoop.h"
#include "ContractEmitter.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;

// Columns and rows whose sums are in registers: for a single row, and for as many as it takes to
// make decoding a small part. (In 16 registers some wait on the stack.)
constexpr int64_t singleRowColumns = 4, tileColumns = 2, mostTileRows = 8;

namespace {

class AlongKContract : public ContractEmitter {
public:
  AlongKContract(IndexMath &math, ContractOp op, const KernelRow &row)
      : ContractEmitter(math, op, row), dot(math, row), decoder(math, op, row),
        tileRows(chooseTileRows()) {
    // Columns are panels of their own in memory; the epilogue takes a register of them.
    panelColumns = row.lanes;
  }

protected:
  void emitTask(const TaskRange &range) override;
  void allocateScratch() override {
    scratch = makeScratch(MemRefType::get({tileRows, panelColumns}, math.builder.getF32Type()));
  }
  int64_t getGrain() const override { return 1 << 20; }
  int64_t getRowAlignment() const override { return tileRows; }

private:
  bool isWide() { return op.getPacking().getNr() > row.lanes; }
  int64_t chooseTileRows();
  void emitTile(int64_t rows, Value firstRow, ArrayRef<Value> outer, const Panel &panel);
  /// Writes the sums of `rows` rows and `count` columns from `column` on, which is `place` columns
  /// into the panel.
  void emitColumns(int64_t rows, Value firstRow, ArrayRef<Value> outer, Value column,
                   int64_t count, Value place);
  /// The sum of all lanes, of halves of the vector again and again.
  Value addLanes(Value vector);

  DotEmitter dot;
  WeightDecoder decoder;
  int64_t tileRows;
  Value scratch;
};

} // namespace

int64_t AlongKContract::chooseTileRows() {
  std::optional<int64_t> rows = getConstantIntValue(space.rows);
  if (!rows)
    return mostTileRows;
  int64_t count = llvm::divideCeil(*rows, mostTileRows);
  return std::max<int64_t>(1, llvm::divideCeil(*rows, std::max<int64_t>(count, 1)));
}

void AlongKContract::emitTask(const TaskRange &range) {
  emitPanels(range, [&](const Panel &panel) {
    emitOuterLoops(math, space, range, [&](ArrayRef<Value> outer) {
      forEachTile(range, tileRows, [&](int64_t rows, Value firstRow) {
        emitTile(rows, firstRow, outer, panel);
      });
    });
  });
}

void AlongKContract::emitTile(int64_t rows, Value firstRow, ArrayRef<Value> outer,
                              const Panel &panel) {
  int64_t count = isWide() ? 1 : rows == 1 ? singleRowColumns : tileColumns;
  Value columns = math.min(math.constant(panelColumns),
                           math.sub(math.get(space.columns), panel.firstColumn));
  if (panel.masks.front() == nullptr)
    columns = math.constant(panelColumns);
  Value whole = math.mul(math.div(columns, count), count);
  math.loop(math.constant(0), whole, count, [&](Value place) {
    emitColumns(rows, firstRow, outer, math.add(panel.firstColumn, place), count, place);
  });
  if (panel.masks.front())
    math.loop(whole, columns, 1, [&](Value place) {
      emitColumns(rows, firstRow, outer, math.add(panel.firstColumn, place), 1, place);
    });
  emitScratchEpilogue(scratch, math.constant(0), math.constant(rows), outer, firstRow, panel);
}

void AlongKContract::emitColumns(int64_t rows, Value firstRow, ArrayRef<Value> outer, Value column,
                                 int64_t count, Value place) {
  int64_t nr = op.getPacking().getNr(), vectors = nr / row.lanes;
  SmallVector<WeightDecoder::Columns> registers;
  for (int64_t index = 0; index < count; ++index)
    for (int64_t vector = 0; vector < vectors; ++vector)
      registers.push_back({math.add(column, index), math.add(column, index), vector * row.lanes});
  auto addRow = [&](ArrayRef<Value> numbers, Value codeRow, SmallVector<Value> &sums) {
    for (int64_t vector = 0; vector < vectors; ++vector)
      for (int64_t index = 0; index < rows; ++index) {
        Value k = math.add(math.mul(codeRow, nr), vector * row.lanes), zero = math.constant(0);
        Value lhs = vector::LoadOp::create(
            math.builder, math.loc, dot.getAccumulatorType(), space.lhs.memref,
            lhsIndices(outer, math.add(firstRow, index), zero, zero, k));
        for (int64_t other = 0; other < count; ++other) {
          Value &sum = sums[index * count + other];
          sum = dot.step(sum, lhs, numbers[other * vectors + vector]);
        }
      }
  };
  SmallVector<Value> sums(rows * count, dot.zeroAccumulator());
  sums = CodeLoop(math, decoder, registers, addRow).accumulate(sums);
  for (auto [index, sum] : llvm::enumerate(sums)) {
    Value scratchRow = math.constant(int64_t(index) / count);
    Value scratchColumn = math.add(place, int64_t(index) % count);
    memref::StoreOp::create(math.builder, math.loc, addLanes(sum), scratch,
                            ValueRange{scratchRow, scratchColumn});
  }
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
