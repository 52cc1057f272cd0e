// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape inference over a whole function, shared by the passes that need it.
#ifndef HALFTONE_LIB_TRANSFORMS_FUNCTIONSHAPES_H
#define HALFTONE_LIB_TRANSFORMS_FUNCTIONSHAPES_H

#include "halftone/Dialect/ShapeContext.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::halftone {

/// The names of an argument's dimensions, "" for those without.
SmallVector<StringRef> dimensionNames(func::FuncOp func, unsigned argument);

/// Records the arguments: one symbol for each name, and one for each dynamic dimension without.
void nameArguments(func::FuncOp func, ShapeContext &shapes);

/// Infers one op, if it can; remembers what its results are.
LogicalResult inferOp(Operation *op, ShapeContext &shapes);

/// Makes the function's type that of its arguments and of what it returns.
void refineFunctionType(func::FuncOp func);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_FUNCTIONSHAPES_H
