// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The lowerings to the LLVM dialect that replace or complete upstream's.
#ifndef HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H
#define HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H

namespace mlir {
class LLVMTypeConverter;
class ModuleOp;
class OpBuilder;
class Operation;
class RewritePatternSet;
class Type;
class Value;

namespace halftone {

/// Buffers and their contents: alloc, dealloc, copy, places in the arena and in the weights,
/// booleans in memory.
void populateMemoryPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

/// Memory for a value of `type` on the stack of the function around `op`, from its start on.
Value allocateOnStack(OpBuilder &builder, Operation *op, Type type);

/// What is reported to the host: assertions and observed tensors.
void populateReportPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

/// Launches of kernels, which have been numbered.
void populateLaunchPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

/// Gives every launch the number of its kernel: its place in the module of kernels.
void numberLaunches(ModuleOp module);

/// Roundings followed by a conversion to an integer.
void populateRoundingPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

} // namespace halftone
} // namespace mlir

#endif // HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H
