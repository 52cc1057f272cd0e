// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The lowerings to the LLVM dialect that replace or complete upstream's.
#ifndef HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H
#define HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H

namespace mlir {
class LLVMTypeConverter;
class RewritePatternSet;

namespace halftone {

/// Buffers and their contents: alloc, dealloc, copy, places in the arena and in the weights,
/// booleans in memory.
void populateMemoryPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

/// What is reported to the host: assertions and observed tensors.
void populateReportPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

/// Roundings followed by a conversion to an integer.
void populateRoundingPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns);

} // namespace halftone
} // namespace mlir

#endif // HALFTONE_LIB_TARGET_LOWERINGPATTERNS_H
