// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TARGET_SIGNATURE_H
#define HALFTONE_TARGET_SIGNATURE_H

#include "halftone/runtime.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include <optional>

namespace mlir::halftone {

/// The module file's code of an element type; nullopt when it has none. Signless integers are
/// signed.
std::optional<halftone_dtype> getElementCode(Type type);

/// One input or output of an entry.
struct EntryTensor {
  StringRef name;
  RankedTensorType type;
  SmallVector<StringRef> dimNames; ///< Empty, or one per dimension, empty when unnamed.

  static EntryTensor fromAttribute(DictionaryAttr attribute);
  DictionaryAttr toAttribute(MLIRContext *context) const;
};

/// Reads `halftone.inputs` or `halftone.outputs`.
SmallVector<EntryTensor> readEntryTensors(ArrayAttr attribute);

} // namespace mlir::halftone

#endif // HALFTONE_TARGET_SIGNATURE_H
