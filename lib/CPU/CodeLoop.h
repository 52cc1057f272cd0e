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
  using OnStep = llvm::function_ref<void(Value step, Value numSteps)>;

  /// `addRow` adds the numbers of one row, of each of `columns` a register; `onStep` is called
  /// before a step, unless it is null.
  CodeLoop(IndexMath &math, WeightDecoder &decoder, ArrayRef<WeightDecoder::Columns> columns,
           AddRow addRow, OnStep onStep = nullptr)
      : math(math), decoder(decoder), columns(columns), addRow(addRow), onStep(onStep) {}

  /// What becomes of `accumulators` over `count` rows from `first` on, a multiple of what
  /// `getBlockRows` gives, or over all rows.
  Values accumulate(Value first, int64_t count, Values accumulators);
  Values accumulateAll(Values accumulators) {
    return accumulate(math.constant(0), decoder.getNumRows(), std::move(accumulators));
  }

private:
  using Parameters = SmallVector<WeightDecoder::Parameters>;

  Parameters load(Value row);
  /// The first `count` rows of the step; without `shared` they load their parameters.
  void addStep(Value index, int64_t count, const Parameters *shared, Values &accumulators);
  Values addSteps(Value firstStep, int64_t count, const Parameters *shared, const Values &before);
  /// `count` rows from `first` on, which have the same parameters unless groups end within steps.
  Values addRows(Value first, int64_t count, bool areShared, Values values);

  IndexMath &math;
  WeightDecoder &decoder;
  ArrayRef<WeightDecoder::Columns> columns;
  AddRow addRow;
  OnStep onStep;
};

} // namespace mlir::halftone

#endif // HALFTONE_CPU_CODELOOP_H
