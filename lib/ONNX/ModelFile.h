// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_MODELFILE_H
#define HALFTONE_LIB_ONNX_MODELFILE_H

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <memory>
#include <string>

namespace onnx {
class ModelProto;
} // namespace onnx

namespace mlir::halftone {

/// Parses a model in ONNX's textual syntax; returns the parser's message, empty on success.
std::string parseTextModel(StringRef text, onnx::ModelProto &model);

/// Parses a model and checks what concerns the file as a whole: format, IR version, presence of a
/// graph. Reports an error at `loc` and returns null when it is broken.
std::shared_ptr<onnx::ModelProto> readModel(llvm::MemoryBufferRef buffer, bool text, Location loc);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_MODELFILE_H
