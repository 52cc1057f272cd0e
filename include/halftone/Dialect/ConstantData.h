// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading and making the elements of constants, whatever attribute holds them.
#ifndef HALFTONE_DIALECT_CONSTANTDATA_H
#define HALFTONE_DIALECT_CONSTANTDATA_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <vector>

namespace mlir::halftone {

/// The elements attribute behind `value` if a constant produces it, else null.
ElementsAttr getConstant(Value value);

/// Bits that one element takes in memory: 8 for types of at most 8 bits, else the width of the type.
/// Below 8 bits the code is in the low bits of its byte, and the others are zero.
unsigned getStorageBits(Type elementType);

/// The row-major little-endian bytes of a constant, without copying. nullopt for splats, for
/// bit-packed i1 attributes and for resources whose blob is missing or too short.
std::optional<ArrayRef<char>> getRawBytes(ElementsAttr elements);

/// The same bytes, copied and with splats spelled out (i1 as one byte per element). nullopt only
/// for a missing blob or an element type that is neither integer nor float of whole bytes.
std::optional<std::vector<char>> copyRawBytes(ElementsAttr elements);

/// All elements as f32 (f16, bf16, f32, f64 constants); nullopt for other types or a missing blob.
std::optional<std::vector<float>> readFloats(ElementsAttr elements);
/// All elements as i64 (any integer type of at most 8, of 16, 32 or 64 bits); nullopt for other
/// types or a missing blob.
std::optional<std::vector<int64_t>> readIntegers(ElementsAttr elements);

/// The same elements, as many, with the dimensions of `type`. Large ones are not copied. Null for
/// other attributes than dense ones and resources.
ElementsAttr reshapeConstant(ElementsAttr elements, RankedTensorType type);

/// A constant of `type` with these bytes: a dense attribute when small, otherwise a resource called
/// `name` (made unique). `bytes` has the size of the type.
ElementsAttr makeConstant(RankedTensorType type, ArrayRef<char> bytes, StringRef name);
template <typename T>
ElementsAttr makeConstant(RankedTensorType type, ArrayRef<T> elements, StringRef name) {
  return makeConstant(
      type,
      ArrayRef<char>(reinterpret_cast<const char *>(elements.data()), elements.size() * sizeof(T)),
      name);
}

/// Gives back the memory that reading `elements` took, if they lie in a mapped file: whoever reads
/// them again reads the file again. Other elements stay as they are.
void releasePages(ElementsAttr elements);

/// Frees the bytes of all resources that no op in `root` refers to. For the end of a phase, when no
/// other module of the context refers to them either.
void releaseUnusedResources(Operation *root);

} // namespace mlir::halftone

#endif // HALFTONE_DIALECT_CONSTANTDATA_H
