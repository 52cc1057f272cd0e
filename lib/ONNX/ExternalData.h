// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_EXTERNALDATA_H
#define HALFTONE_LIB_ONNX_EXTERNALDATA_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include <memory>
#include <optional>
#include <string>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace mlir::halftone {

/// Bytes of a tensor and what keeps them alive.
struct TensorBytes {
  ArrayRef<char> data;
  std::shared_ptr<const void> owner;
  /// Whether the bytes are those of a mapped file.
  bool areMapped = false;
};

/// The files beside a model that hold its weights, each mapped once. A location that would leave
/// the model's folder is refused: a model must not be able to read other files.
class ExternalData {
public:
  using EmitError = llvm::function_ref<InFlightDiagnostic()>;

  explicit ExternalData(StringRef folder) : folder(folder) {}

  /// The `size` bytes that `tensor` refers to; reports an error and returns nullopt when it refers
  /// to other than exactly those.
  std::optional<TensorBytes> find(const onnx::TensorProto &tensor, uint64_t size,
                                  EmitError emitError);

private:
  using Mapping = std::shared_ptr<llvm::sys::fs::mapped_file_region>;

  Mapping map(StringRef location, EmitError emitError);

  std::string folder;
  llvm::StringMap<Mapping> mappings;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_EXTERNALDATA_H
