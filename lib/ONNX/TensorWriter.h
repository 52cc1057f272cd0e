// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants as TensorProtos, in the model or in a file beside it.
#ifndef HALFTONE_LIB_ONNX_TENSORWRITER_H
#define HALFTONE_LIB_ONNX_TENSORWRITER_H

#include "halftone/ONNX/Export.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace onnx {
class TensorProto;
} // namespace onnx
namespace halftone {
class AtomicFile;
} // namespace halftone

namespace mlir::halftone {

/// How ONNX holds elements of a type: as themselves, or as the next wider type that has all their
/// values.
struct StoredType {
  Type type;
  int32_t dataType;
  /// The first opset that knows the type.
  int64_t opset;
};
/// nullopt for types of which ONNX has neither.
std::optional<StoredType> getStoredType(Type elementType);

/// Floats of 4 or 6 bits as 8-bit ones (e4m3), which have all their values. Null if the elements
/// are not in memory.
ElementsAttr widenFloats(ElementsAttr elements);

class TensorWriter {
public:
  /// Gives `tensor`, which must stay where it is, the type of `elements` now and their bytes later.
  /// False when there is no such type in ONNX.
  bool add(onnx::TensorProto &tensor, ElementsAttr elements);

  /// Forgets the other ones.
  void keepOnly(llvm::function_ref<bool(const onnx::TensorProto &)> isKept);

  /// Bytes of all elements.
  uint64_t getSize() const;

  /// Puts all elements into the tensors.
  llvm::Error writeInline();
  /// Puts the larger tensors into `file`, which the model will find beside itself as `location`.
  llvm::Error writeExternal(::halftone::AtomicFile &file, StringRef location);

private:
  struct Pending {
    onnx::TensorProto *tensor;
    ElementsAttr elements;
    uint64_t size;
  };

  std::vector<Pending> pending;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_TENSORWRITER_H
