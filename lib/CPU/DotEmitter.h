// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One step of a dot product on vectors, as a row of the instruction table says.
#ifndef HALFTONE_CPU_DOTEMITTER_H
#define HALFTONE_CPU_DOTEMITTER_H

#include "IndexMath.h"
#include "halftone/CPU/KernelTable.h"

namespace mlir::halftone {

class DotEmitter {
public:
  DotEmitter(IndexMath &math, const KernelRow &row) : math(math), row(row) {}

  VectorType getAccumulatorType() const;
  Value zeroAccumulator();

  /// `kr` consecutive elements of the left-hand side from `indices` on, repeated in every lane.
  Value loadLhs(Value memref, ArrayRef<Value> indices);
  /// The same of the `count` < kr elements that are there; the others are 0.
  Value loadPartialLhs(Value memref, ArrayRef<Value> indices, int64_t count);
  /// The vector of `lanes * kr` consecutive elements of the right-hand side, `lanes` of which
  /// `mask` (or null) allows.
  Value loadRhs(Value memref, ArrayRef<Value> indices, Value mask = nullptr);
  /// A vector of `lanes * kr` elements in memory order, as the step takes its left or right
  /// operand.
  Value prepareLhs(Value elements);
  Value prepareRhs(Value elements);

  /// accumulators + lhs * rhs, summed over kr.
  Value step(Value accumulators, Value lhs, Value rhs);

private:
  Value widenHalves(Value halves);
  Value repeatWord(Value word);
  Value flipSigns(Value words);
  Value call(ArrayRef<Value> operands, Type result);

  IndexMath &math;
  const KernelRow &row;
};

} // namespace mlir::halftone

#endif // HALFTONE_CPU_DOTEMITTER_H
