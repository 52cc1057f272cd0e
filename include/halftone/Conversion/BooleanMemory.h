// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Booleans in memory are bytes, of which any but 0 is true: others than 0 and 1 come from users.
#ifndef HALFTONE_CONVERSION_BOOLEANMEMORY_H
#define HALFTONE_CONVERSION_BOOLEANMEMORY_H

#include "mlir/Conversion/LLVMCommon/Pattern.h"

namespace mlir::halftone {

/// The type in memory of a value of `type`, which is of the LLVM dialect.
Type getMemoryType(Type type);
/// From a value to what is stored for it, and back.
Value encodeStored(OpBuilder &builder, Location loc, Value value);
Value decodeStored(OpBuilder &builder, Location loc, Value stored, Type type);

/// Loads and stores of i1 as bytes. Those of upstream promise bytes that are 0 or 1, and keep LLVM
/// from vectorizing a loop.
void populateBooleanMemoryPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns,
                                   PatternBenefit benefit);

} // namespace mlir::halftone

#endif // HALFTONE_CONVERSION_BOOLEANMEMORY_H
