// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_SOURCEHASH_H
#define HALFTONE_LIB_DRIVER_SOURCEHASH_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <string>

namespace mlir::halftone {

/// 16 hexadecimal digits (XXH3-64) over the bytes of the model file and of every large constant,
/// external data included. Read once, front to back, so mapped weights stay on disk.
llvm::Expected<std::string> hashSource(StringRef modelPath, ModuleOp imported);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_SOURCEHASH_H
