// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The lowerings to the LLVM dialect that replace or complete upstream's.
#ifndef HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H
#define HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H

#include "mlir/IR/Builders.h"

namespace mlir {
class LLVMTypeConverter;
class ModuleOp;
class RewritePatternSet;

namespace halftone {

/// Buffers and their contents: alloc, dealloc, copy, places in the arena and in the weights,
/// booleans in memory.
void populateMemoryPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

/// Memory on the stack of the function around an op, for the time of a call. The code generator
/// gives later calls the same place, so that the stack does not grow with their number.
class StackCells {
public:
  StackCells(OpBuilder &builder, Operation *op) : builder(builder), op(op) {}

  /// For a value of `type`, from the builder's place on.
  Value allocate(Type type);
  /// With the value in it.
  Value keep(Value value);
  /// What was allocated is not used behind the builder's place.
  void end();

private:
  OpBuilder &builder;
  Operation *op;
  SmallVector<Value> cells;
};

/// What is reported to the host: assertions and observed tensors.
void populateReportPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

/// Launches of kernels, which have been numbered.
void populateLaunchPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

/// Gives every launch the number of its kernel: its place in the module of kernels.
void numberLaunches(ModuleOp module);

/// Roundings followed by a conversion to an integer, and those of f64 to 16-bit floats.
void populateRoundingPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

} // namespace halftone
} // namespace mlir

#endif // HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H
