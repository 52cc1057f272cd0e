// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_ELEMENTTYPES_H
#define HALFTONE_LIB_ONNX_ELEMENTTYPES_H

#include "mlir/IR/Types.h"
#include <string>

namespace mlir::halftone {

/// The element type that an ONNX data type number stands for; null when it has none here (string,
/// complex, unknown).
Type importElementType(int64_t dataType, MLIRContext *context);

/// The number of an element type; 0 when ONNX has none.
int32_t exportElementType(Type type);

/// The ONNX name of a data type number, for messages.
std::string nameOfDataType(int64_t dataType);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_ELEMENTTYPES_H
