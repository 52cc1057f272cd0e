// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A kernel's epilogue on vectors of accumulators.
#ifndef HALFTONE_CPU_EPILOGUEEMITTER_H
#define HALFTONE_CPU_EPILOGUEEMITTER_H

#include "IterationSpace.h"

namespace mlir::halftone {

/// Turns accumulators into output elements: one vector of `lanes` columns of one row at a time.
class EpilogueEmitter {
public:
  EpilogueEmitter(IndexMath &math, const IterationSpace &space, Region &epilogue, int64_t lanes)
      : math(math), space(space), block(epilogue.front()), lanes(lanes) {}

  /// Loads the operands that are the same for all rows of the columns from `column` on. Done before
  /// a tile's first store, because a load after it could not be shared. `mask` (or null) says which
  /// columns exist.
  void loadShared(int64_t slot, ArrayRef<Value> loopValues, Value mask);

  /// Stores the outputs of `accumulators` at the row and column of `loopValues`, with the operands
  /// shared in `slot`.
  void store(int64_t slot, Value accumulators, ArrayRef<Value> loopValues, Value mask);

  /// The accumulators are the outputs.
  bool isIdentity() const { return block.getTerminator()->getOperand(0) == block.getArgument(0); }

  /// Forgets what was loaded.
  void clearShared() { shared.clear(); }

  /// Number of operations on one vector, to decide where the epilogue is computed.
  int64_t cost() const { return int64_t(block.getOperations().size()) - 1; }

private:
  Value loadOperand(const OperandView &view, ArrayRef<Value> loopValues, Value mask);
  Value vectorize(Value value, IRMapping &vectors);
  void vectorizeOp(Operation &op, IRMapping &vectors);
  Value zeroOf(VectorType type);

  IndexMath &math;
  const IterationSpace &space;
  Block &block;
  int64_t lanes;
  llvm::DenseMap<std::pair<int64_t, int64_t>, Value> shared;
};

/// A vector of `lanes` elements like `element`.
inline VectorType getLanesType(Type element, int64_t lanes) {
  return VectorType::get({lanes}, element);
}

} // namespace mlir::halftone

#endif // HALFTONE_CPU_EPILOGUEEMITTER_H
