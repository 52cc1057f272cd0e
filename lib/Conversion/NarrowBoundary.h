// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors of less than a byte per element at the border of a function.
#ifndef HALFTONE_LIB_CONVERSION_NARROWBOUNDARY_H
#define HALFTONE_LIB_CONVERSION_NARROWBOUNDARY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::halftone {

/// Inside of a converted function such elements are held in an i8 each; callers pack them, the
/// first one in the lowest bits. Converts between the two at each argument and result that had such
/// a type in `original`. At the border the type stays that of the held elements, because it is the
/// dimensions that count; only the bytes in front are read and written by callers.
void packNarrowBoundary(func::FuncOp function, FunctionType original);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_NARROWBOUNDARY_H
