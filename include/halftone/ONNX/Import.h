// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ONNX models, binary or text, to the halftone dialect.
#ifndef HALFTONE_ONNX_IMPORT_H
#define HALFTONE_ONNX_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <string>
#include <utility>
#include <vector>

namespace mlir::halftone {

/// The opsets of the domain ai.onnx that importing understands. Before kOldestOpset only ops that
/// have not changed since.
constexpr int64_t kFirstOpset = 1;
constexpr int64_t kOldestOpset = 6;
constexpr int64_t kNewestOpset = 28;

struct ImportOptions {
  /// Sizes for dynamic dimensions of the inputs: by name (`batch`), or for a dimension without a
  /// name by input and position (`image.0`).
  std::vector<std::pair<std::string, int64_t>> dims;
  /// Read ONNX's textual syntax. Files that end in `.onnxtxt` are text in any case.
  bool text = false;
};

/// Imports the model at `path` as a module with one function `main`, or reports one error and
/// returns null. Constants may point into the model's mapped files, which must not change while the
/// context lives.
///
/// Arguments and results of `main` carry `halftone.name` and `halftone.dim_names` (one string per
/// dimension, empty where it has no name); the module carries `halftone.graph_name`.
OwningOpRef<ModuleOp> importModel(StringRef path, const ImportOptions &options,
                                  MLIRContext *context);

/// Imports a model held in memory. Errors name the buffer's identifier; external data is looked for
/// in `folder`.
OwningOpRef<ModuleOp> importModel(llvm::MemoryBufferRef buffer, StringRef folder,
                                  const ImportOptions &options, MLIRContext *context);

} // namespace mlir::halftone

#endif // HALFTONE_ONNX_IMPORT_H
