// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops and vector instructions of `halftone.decode_rows` on memrefs.
#include "DecodeEmitter.h"

#include "KernelRegion.h"
#include "WeightDecoder.h"

#include "halftone/Conversion/RunTimeCheck.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

// Fewer numbers are not worth a task.
constexpr int64_t minTaskNumbers = 16 * 1024;
// Registers that are decoded together, of each row of a step.
constexpr int64_t maxVectors = 4;

namespace {

class RowsEmitter {
public:
  RowsEmitter(IndexMath &math, DecodeRowsOp op, const KernelRow &row)
      : math(math), op(op), row(row), packing(op.getPacking()),
        decoder(math,
                CodedPanels{op.getCodes(), op.getDecoderInputs(), op.getDecoder(), packing,
                            /*areRows=*/true},
                row),
        chunk(chooseChunk()), sharesParameters(decoder.haveSameParameters(chunk)) {}

  void emit();

private:
  int64_t chooseChunk() const {
    int64_t columns = maxVectors * row.lanes;
    while (packing.getNr() % columns != 0)
      columns /= 2;
    return columns;
  }
  /// Stores what exists of a register of columns of row `part`.
  void store(Value numbers, Value place, Value first, int64_t part);
  Value loadIndex(Value place);
  /// That all indices are in range.
  void emitCheck(Value count);
  void emitRow(Value place);
  /// `chunk` columns from `begin` on, of all rows of the step.
  void emitColumns(Value codeRow, Value begin, Value place);

  IndexMath &math;
  DecodeRowsOp op;
  const KernelRow &row;
  PackingAttr packing;
  WeightDecoder decoder;
  int64_t chunk;
  bool sharesParameters;
};

} // namespace

void RowsEmitter::emit() {
  OpBuilder &builder = math.builder;
  OpFoldResult count = memref::getMixedSize(builder, math.loc, op.getIndices(), 0);
  emitCheck(math.get(count));
  int64_t taskRows = std::max<int64_t>(1, minTaskNumbers / packing.getN());
  std::optional<int64_t> known = getConstantIntValue(count);
  if (known && *known <= taskRows)
    return emitKernelRegion(builder, math.loc, [&] {
      math.loop(math.constant(0), math.get(count), 1, [&](Value place) { emitRow(place); });
    });
  OpFoldResult tasks = getAsOpFoldResult(math.ceilDiv(math.get(count), taskRows));
  auto forall = scf::ForallOp::create(builder, math.loc, ArrayRef<OpFoldResult>{tasks},
                                      ValueRange{}, std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(forall.getBody());
  Value begin = math.mul(forall.getInductionVars().front(), taskRows);
  Value end = math.min(math.add(begin, taskRows), math.get(count));
  math.loop(begin, end, 1, [&](Value place) { emitRow(place); });
}

Value RowsEmitter::loadIndex(Value place) {
  Value index = memref::LoadOp::create(math.builder, math.loc, op.getIndices(), place);
  return math.builder.createOrFold<arith::IndexCastOp>(math.loc, math.builder.getIndexType(),
                                                       index);
}

void RowsEmitter::emitCheck(Value count) {
  OpBuilder &builder = math.builder;
  Location loc = math.loc;
  Value lowest = math.constant(-packing.getK()), limit = math.constant(packing.getK());
  Value start = arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
  Value areValid =
      math.carry(count, {start},
                 [&](Value place, SmallVector<Value> before) {
                   Value index = loadIndex(place);
                   Value isAbove = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge,
                                                         index, lowest);
                   Value isBelow =
                       arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, index, limit);
                   Value isValid = arith::AndIOp::create(builder, loc, isAbove, isBelow);
                   return SmallVector<Value>{
                       arith::AndIOp::create(builder, loc, before.front(), isValid)};
                 })
          .front();
  createCheck(builder, loc, areValid, "index out of range");
}

void RowsEmitter::emitRow(Value place) {
  OpBuilder &builder = math.builder;
  Value index = loadIndex(place);
  Value isNegative =
      arith::CmpIOp::create(builder, math.loc, arith::CmpIPredicate::slt, index, math.constant(0));
  Value counted = math.add(index, packing.getK());
  Value codeRow = arith::SelectOp::create(builder, math.loc, isNegative, counted, index);
  math.loop(math.constant(0), math.constant(packing.getNr()), chunk,
            [&](Value begin) { emitColumns(codeRow, begin, place); });
}

void RowsEmitter::emitColumns(Value codeRow, Value begin, Value place) {
  WeightDecoder::Step step;
  step.index = math.constant(0);
  for (int64_t part = 0; part < packing.getKr(); ++part) {
    Value first = math.add(begin, part * packing.getNr());
    WeightDecoder::Parameters parameters;
    for (int64_t offset = 0; offset < chunk; offset += row.lanes) {
      WeightDecoder::Columns columns{codeRow, math.add(first, offset), offset, begin};
      if (offset == 0 || !sharesParameters)
        parameters = decoder.loadParameters(columns, codeRow);
      Value numbers = decoder.decode(columns, step, part, parameters);
      store(numbers, place, columns.first, part);
    }
  }
}

void RowsEmitter::store(Value numbers, Value place, Value first, int64_t part) {
  OpBuilder &builder = math.builder;
  if ((part + 1) * packing.getNr() <= packing.getN()) {
    vector::StoreOp::create(builder, math.loc, numbers, op.getInit(), ValueRange{place, first});
    return;
  }
  Value end = math.constant(packing.getN());
  Value begin = math.min(first, end);
  auto maskType = VectorType::get({row.lanes}, builder.getI1Type());
  Value exists = vector::CreateMaskOp::create(builder, math.loc, maskType, math.sub(end, begin));
  vector::MaskedStoreOp::create(builder, math.loc, op.getInit(), ValueRange{place, begin}, exists,
                                numbers);
}

LogicalResult mlir::halftone::lowerDecodeRows(OpBuilder &builder, DecodeRowsOp op) {
  FailureOr<const KernelRow *> row = findDecoderRow(op, op.getPacking());
  if (failed(row))
    return failure();
  IndexMath math(builder, op.getLoc());
  RowsEmitter(math, op, **row).emit();
  return success();
}
