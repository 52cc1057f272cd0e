// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is inside the loops of a nest, whatever kind of loops they are.
#ifndef HALFTONE_CONVERSION_NESTEMITTER_H
#define HALFTONE_CONVERSION_NESTEMITTER_H

#include "halftone/Conversion/LoopNest.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

namespace mlir::halftone {

/// Emits the body of a nest, for `indices` that are set as the loops around it are opened.
class NestEmitter {
public:
  NestEmitter(OpBuilder &builder, LoopNest &nest) : builder(builder), nest(nest), loc(nest.loc) {}

protected:
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value).getResult();
  }
  Value sizeOf(unsigned loop) {
    return getValueOrCreateConstantIndexOp(builder, loc, nest.sizes[loop]);
  }
  /// Sets the indices of `loops`, the last of which runs fastest, from the number of an iteration.
  void splitPosition(Value position, ArrayRef<unsigned> loops);
  SmallVector<Value> emitReduction(ArrayRef<unsigned> loops, ValueRange accumulators);
  SmallVector<Value> emitReductionBody(ValueRange accumulators);
  SmallVector<Value> emitBody(ValueRange oldOutputs);
  SmallVector<Value> loadUsedOutputs(bool inRegisters);
  bool isAccumulator(const LoopAccess &output) const;
  /// Where the element is that `indices` stand for.
  SmallVector<Value> emitIndices(const LoopAccess &access);
  Value load(const LoopAccess &access);
  void store(const LoopAccess &access, Value value);
  /// Stores `accumulators` in the outputs that they stand for, or what an epilogue makes of them.
  void storeAccumulators(ArrayRef<Value> accumulators);
  SmallVector<Value> loadAccumulators();

  void emitEpilogue(Value sum);

  OpBuilder &builder;
  LoopNest &nest;
  Location loc;
  SmallVector<Value> indices; // of each loop, once it is open
};

} // namespace mlir::halftone

#endif // HALFTONE_CONVERSION_NESTEMITTER_H
