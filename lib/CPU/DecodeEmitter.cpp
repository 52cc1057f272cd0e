// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops and vector instructions of `halftone.decode_panels` on memrefs.
#include "DecodeEmitter.h"

#include "KernelRegion.h"
#include "WeightDecoder.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

// Fewer numbers are not worth a task.
constexpr int64_t minTaskNumbers = 16 * 1024;
// Registers that are decoded together: more would not leave room for tables.
constexpr int64_t maxVectors = 2;

namespace {

class DecodeEmitter {
public:
  DecodeEmitter(IndexMath &math, DecodePanelsOp op, const KernelRow &row)
      : math(math), op(op), row(row), packing(op.getPacking()),
        decoder(math, CodedPanels{op.getCodes(), op.getDecoderInputs(), op.getDecoder(), packing},
                row) {}

  void emit();

private:
  using Columns = SmallVector<WeightDecoder::Columns, maxVectors>;
  using Parameters = SmallVector<WeightDecoder::Parameters, maxVectors>;

  void emitPanel(Value panel);
  void emitColumns(const Columns &columns);
  /// `count` rows from `first` on. They have the same parameters unless groups end within steps.
  void emitRows(const Columns &columns, Value first, int64_t count, bool areShared);
  void emitStep(const Columns &columns, Value index, int64_t count, const Parameters *shared);
  Parameters load(const Columns &columns, Value k);
  void store(const Columns &columns, Value k, ArrayRef<Value> numbers);

  IndexMath &math;
  DecodePanelsOp op;
  const KernelRow &row;
  PackingAttr packing;
  WeightDecoder decoder;
};

} // namespace

void DecodeEmitter::emit() {
  int64_t numPanels = int64_t(llvm::divideCeil(packing.getN(), packing.getNr()));
  if (numPanels == 1 || packing.getK() * packing.getN() < 2 * minTaskNumbers)
    return emitKernelRegion(math.builder, math.loc, [&] {
      math.loop(math.constant(0), math.constant(numPanels), 1,
                [&](Value panel) { emitPanel(panel); });
    });
  auto forall = scf::ForallOp::create(math.builder, math.loc,
                                      ArrayRef<OpFoldResult>{math.builder.getIndexAttr(numPanels)},
                                      ValueRange{}, std::nullopt);
  OpBuilder::InsertionGuard guard(math.builder);
  math.builder.setInsertionPointToStart(forall.getBody());
  emitPanel(forall.getInductionVars().front());
}

void DecodeEmitter::emitPanel(Value panel) {
  // What decodes the registers behind the last column is that of its register.
  Value last = math.constant((packing.getN() - 1) / row.lanes * row.lanes);
  Value first = math.mul(panel, packing.getNr());
  int64_t step = maxVectors * row.lanes;
  for (int64_t begin = 0; begin < packing.getNr(); begin += step) {
    Columns columns;
    for (int64_t offset = begin; offset < std::min(begin + step, packing.getNr());
         offset += row.lanes)
      columns.push_back({panel, math.min(math.add(first, offset), last), offset});
    emitColumns(columns);
  }
}

void DecodeEmitter::emitColumns(const Columns &columns) {
  int64_t depth = packing.getK(), group = decoder.getGroup();
  if (group < depth && group % decoder.getStepRows() != 0)
    return emitRows(columns, math.constant(0), depth, /*areShared=*/false);
  int64_t numGroups = depth / group;
  math.loop(math.constant(0), math.constant(numGroups), 1, [&](Value index) {
    emitRows(columns, math.mul(index, group), group, /*areShared=*/true);
  });
  if (int64_t rest = depth % group)
    emitRows(columns, math.constant(numGroups * group), rest, /*areShared=*/true);
}

void DecodeEmitter::emitRows(const Columns &columns, Value first, int64_t count, bool areShared) {
  Parameters parameters = areShared ? load(columns, first) : Parameters();
  const Parameters *shared = areShared ? &parameters : nullptr;
  int64_t stepRows = decoder.getStepRows();
  Value firstStep = math.div(first, stepRows);
  Value lastStep = math.add(firstStep, count / stepRows);
  math.loop(firstStep, lastStep, 1, [&](Value step) { emitStep(columns, step, stepRows, shared); });
  if (int64_t rest = count % stepRows)
    emitStep(columns, lastStep, rest, shared);
}

void DecodeEmitter::emitStep(const Columns &columns, Value index, int64_t count,
                             const Parameters *shared) {
  WeightDecoder::Step step;
  step.index = index;
  Parameters own;
  int64_t group = decoder.getGroup(), stepRows = decoder.getStepRows();
  for (int64_t codeRow = 0; codeRow < count; ++codeRow) {
    Value k = math.add(math.mul(index, stepRows), codeRow);
    // Whole groups in a step begin at the same rows of each.
    if (!shared && (stepRows % group != 0 || codeRow % group == 0))
      own = load(columns, k);
    SmallVector<Value> numbers;
    for (auto [each, parameters] : llvm::zip_equal(columns, shared ? *shared : own))
      numbers.push_back(decoder.decode(each, step, codeRow, parameters));
    store(columns, k, numbers);
  }
}

DecodeEmitter::Parameters DecodeEmitter::load(const Columns &columns, Value k) {
  Parameters parameters;
  for (const WeightDecoder::Columns &each : columns)
    parameters.push_back(decoder.loadParameters(each, k));
  return parameters;
}

void DecodeEmitter::store(const Columns &columns, Value k, ArrayRef<Value> numbers) {
  Value position = math.constant(0), exists;
  for (size_t dim = op.getSizes().size(); dim-- > 0;) {
    int64_t size = op.getSizes()[dim], padded = op.getPadded()[dim];
    if (padded == 1)
      continue;
    Value index = dim == 0 ? k : math.rem(k, padded);
    k = dim == 0 ? k : math.div(k, padded);
    position = math.add(position, math.mul(index, op.getStrides()[dim]));
    if (size == padded)
      continue;
    Value isInside = arith::CmpIOp::create(math.builder, math.loc, arith::CmpIPredicate::ult, index,
                                           math.constant(size));
    exists = exists ? arith::AndIOp::create(math.builder, math.loc, exists, isInside).getResult()
                    : isInside;
  }
  OpBuilder::InsertionGuard guard(math.builder);
  if (exists) {
    auto ifOp = scf::IfOp::create(math.builder, math.loc, exists, /*withElseRegion=*/false);
    math.builder.setInsertionPointToStart(ifOp.thenBlock());
  }
  for (auto [each, number] : llvm::zip_equal(columns, numbers))
    vector::StoreOp::create(math.builder, math.loc, number, op.getInit(),
                            ValueRange{each.panel, position, math.constant(each.offset)});
}

FailureOr<const KernelRow *> mlir::halftone::findDecoderRow(Operation *op, PackingAttr packing) {
  const KernelRow *row = findKernelRow(packing.getKernel());
  if (!row || row->elements != KernelElements::F32Codes)
    return op->emitOpError() << "names kernel '" << packing.getKernel()
                             << "', which decodes no codes";
  if (packing.getNr() % row->lanes != 0)
    return op->emitOpError() << "expects panels of whole registers of " << row->lanes
                             << " columns, not " << packing.getNr() << " columns";
  return row;
}

LogicalResult mlir::halftone::lowerDecodePanels(OpBuilder &builder, DecodePanelsOp op) {
  FailureOr<const KernelRow *> row = findDecoderRow(op, op.getPacking());
  if (failed(row))
    return failure();
  IndexMath math(builder, op.getLoc());
  DecodeEmitter(math, op, **row).emit();
  return success();
}
