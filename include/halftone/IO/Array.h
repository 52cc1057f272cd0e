// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_IO_ARRAY_H
#define HALFTONE_IO_ARRAY_H

#include "halftone/runtime.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace halftone {

/// Bytes of a tensor, or an error for a negative size, too many dimensions or an overflow.
llvm::Expected<int64_t> arrayBytes(halftone_dtype dtype, llvm::ArrayRef<int64_t> dims);

/// "f32[1,3,224,224]".
std::string arrayType(halftone_dtype dtype, llvm::ArrayRef<int64_t> dims);

/// A tensor in memory: contiguous, row-major, aligned to HALFTONE_ALIGNMENT. Elements narrower than
/// a byte are packed as in halftone/runtime.h.
class Array {
public:
  /// An empty array of invalid type.
  Array() = default;

  /// Content undefined. An error if the size overflows or there is no memory.
  static llvm::Expected<Array> create(halftone_dtype dtype, llvm::ArrayRef<int64_t> dims);

  /// A copy of `bytes`, whose number must fit.
  static llvm::Expected<Array> copyOf(halftone_dtype dtype, llvm::ArrayRef<int64_t> dims,
                                      const void *bytes);

  halftone_dtype dtype() const { return elementType; }
  llvm::ArrayRef<int64_t> dims() const { return sizes; }
  int64_t byteSize() const { return bytes; }
  int64_t numElements() const;
  std::string type() const { return arrayType(elementType, sizes); }

  uint8_t *data() { return memory.get(); }
  const uint8_t *data() const { return memory.get(); }

  /// The elements as `T`, which must have the width of the element type.
  template <typename T> llvm::ArrayRef<T> values() const {
    return {reinterpret_cast<const T *>(data()), static_cast<size_t>(bytes) / sizeof(T)};
  }
  template <typename T> llvm::MutableArrayRef<T> values() {
    return {reinterpret_cast<T *>(data()), static_cast<size_t>(bytes) / sizeof(T)};
  }

  /// As the runtime takes it; valid while this array lives. The rank is at most HALFTONE_MAX_RANK.
  halftone_tensor tensor() const;

  /// The same bytes under another type and shape of the same size in bytes.
  llvm::Expected<Array> reinterpret(halftone_dtype dtype, llvm::ArrayRef<int64_t> dims) &&;

private:
  struct Free {
    void operator()(uint8_t *pointer) const { std::free(pointer); }
  };

  halftone_dtype elementType = HALFTONE_DTYPE_INVALID;
  llvm::SmallVector<int64_t, 6> sizes;
  int64_t bytes = 0;
  std::unique_ptr<uint8_t, Free> memory;
};

/// Arrays by name, for example the inputs of one run.
using NamedArrays = std::map<std::string, Array, std::less<>>;

/// Elements narrower than a byte, one per byte: i4 and i2 become i8, u4 and u2 become u8, f4
/// becomes u8 holding its codes. Other types are copied as they are.
llvm::Expected<Array> unpackElements(const Array &array);

/// The opposite: packs an array of 8-bit integers as `dtype`, which is narrower than a byte. A
/// value that does not fit is an error.
llvm::Expected<Array> packElements(const Array &array, halftone_dtype dtype);

} // namespace halftone

#endif
