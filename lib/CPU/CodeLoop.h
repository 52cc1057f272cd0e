// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loop of a kernel over the rows of packed codes.
#ifndef HALFTONE_CPU_CODELOOP_H
#define HALFTONE_CPU_CODELOOP_H

#include "WeightDecoder.h"

namespace mlir::halftone {

/// Goes through all rows of some registers of codes, group after group: parameters stay in
/// registers over a group that consists of whole steps.
class CodeLoop {
public:
  using Values = SmallVector<Value>;
  using AddRow = llvm::function_ref<void(ArrayRef<Value> numbers, Value row, Values &accumulators)>;
  using OnBatch = llvm::function_ref<void(Value batch, Value numBatches)>;

  /// `addRow` adds the numbers of one row, of each of `columns` a register; `onBatch` is called
  /// before some of them, unless it is null.
  CodeLoop(IndexMath &math, WeightDecoder &decoder, ArrayRef<WeightDecoder::Columns> columns,
           AddRow addRow, OnBatch onBatch = nullptr)
      : math(math), decoder(decoder), columns(columns), addRow(addRow), onBatch(onBatch),
        batchRows(chooseBatchRows(decoder)) {}

  /// What becomes of `accumulators` over `count` rows from `first` on, a multiple of what
  /// the decoder's `getBlockRows` gives, or over all rows.
  Values accumulate(Value first, int64_t count, Values accumulators);
  Values accumulateAll(Values accumulators) {
    return accumulate(math.constant(0), decoder.getNumRows(), std::move(accumulators));
  }

private:
  using Parameters = SmallVector<WeightDecoder::Parameters>;

  Parameters load(Value row);
  static int64_t chooseBatchRows(const WeightDecoder &decoder);
  /// `count` rows from `first` on, the first of a step; without `shared` they load their
  /// parameters.
  void addBatch(Value first, int64_t count, const Parameters *shared, Values &accumulators);
  /// The same in a loop. They have the same parameters unless groups end within batches.
  Values addRows(Value first, int64_t count, bool areShared, Values values);

  IndexMath &math;
  WeightDecoder &decoder;
  ArrayRef<WeightDecoder::Columns> columns;
  AddRow addRow;
  OnBatch onBatch;
  /// Rows of one iteration: whole steps, and several groups where these have few rows.
  int64_t batchRows;
};

} // namespace mlir::halftone

#endif // HALFTONE_CPU_CODELOOP_H
