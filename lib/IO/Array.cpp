// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/Array.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

#include <cstring>

using namespace halftone;
using namespace llvm;

static StringRef dtypeName(halftone_dtype dtype) {
  switch (dtype) {
  case HALFTONE_DTYPE_INVALID:
    return "invalid";
#define HALFTONE_CASE(value, name, bits, text)                                                     \
  case HALFTONE_DTYPE_##name:                                                                      \
    return text;
    HALFTONE_FOR_EACH_DTYPE(HALFTONE_CASE)
#undef HALFTONE_CASE
  }
  return "invalid";
}

static int64_t dtypeBits(halftone_dtype dtype) {
  switch (dtype) {
  case HALFTONE_DTYPE_INVALID:
    return 0;
#define HALFTONE_CASE(value, name, bits, text)                                                     \
  case HALFTONE_DTYPE_##name:                                                                      \
    return bits;
    HALFTONE_FOR_EACH_DTYPE(HALFTONE_CASE)
#undef HALFTONE_CASE
  }
  return 0;
}

static Expected<int64_t> elementCount(ArrayRef<int64_t> dims) {
  int64_t elements = 1;
  bool isEmpty = false;
  for (int64_t size : dims) {
    if (size < 0)
      return createStringError("a dimension is negative: " + Twine(size));
    // An empty dimension must not hide an overflow of the others.
    if (size == 0)
      isEmpty = true;
    else if (__builtin_mul_overflow(elements, size, &elements))
      return createStringError("the shape has more elements than 64 bits can count");
  }
  return isEmpty ? 0 : elements;
}

Expected<int64_t> halftone::arrayBytes(halftone_dtype dtype, ArrayRef<int64_t> dims) {
  Expected<int64_t> elements = elementCount(dims);
  if (!elements)
    return elements.takeError();
  int64_t bits;
  if (__builtin_mul_overflow(*elements, dtypeBits(dtype), &bits) || bits > INT64_MAX - 7)
    return createStringError("the shape has more bytes than 64 bits can count");
  return (bits + 7) / 8;
}

std::string halftone::arrayType(halftone_dtype dtype, ArrayRef<int64_t> dims) {
  std::string text = dtypeName(dtype).str() + "[";
  for (auto [index, size] : enumerate(dims)) {
    text += index == 0 ? "" : ",";
    text += size < 0 ? "?" : std::to_string(size);
  }
  return text + "]";
}

Expected<Array> Array::create(halftone_dtype dtype, ArrayRef<int64_t> dims) {
  Expected<int64_t> bytes = arrayBytes(dtype, dims);
  if (!bytes)
    return bytes.takeError();
  // aligned_alloc wants a multiple of the alignment, and an empty array still has an address.
  uint64_t rounded = (static_cast<uint64_t>(*bytes) / HALFTONE_ALIGNMENT + 1) * HALFTONE_ALIGNMENT;
  Array array;
  array.memory.reset(static_cast<uint8_t *>(std::aligned_alloc(HALFTONE_ALIGNMENT, rounded)));
  if (!array.memory)
    return createStringError("no memory for " + arrayType(dtype, dims));
  array.elementType = dtype;
  array.sizes.assign(dims.begin(), dims.end());
  array.bytes = *bytes;
  return array;
}

Expected<Array> Array::copyOf(halftone_dtype dtype, ArrayRef<int64_t> dims, const void *source) {
  Expected<Array> array = create(dtype, dims);
  if (array && array->bytes > 0)
    std::memcpy(array->data(), source, static_cast<size_t>(array->bytes));
  return array;
}

int64_t Array::numElements() const {
  int64_t elements = 1;
  for (int64_t size : sizes)
    elements *= size;
  return elementType == HALFTONE_DTYPE_INVALID ? 0 : elements;
}

halftone_tensor Array::tensor() const {
  assert(sizes.size() <= HALFTONE_MAX_RANK && "the runtime has no tensors of this rank");
  halftone_tensor result = {};
  result.data = const_cast<uint8_t *>(data());
  result.dtype = elementType;
  result.rank = static_cast<uint32_t>(sizes.size());
  llvm::copy(sizes, result.dims);
  return result;
}

Expected<Array> Array::reinterpret(halftone_dtype dtype, ArrayRef<int64_t> dims) && {
  Expected<int64_t> newBytes = arrayBytes(dtype, dims);
  if (!newBytes)
    return newBytes.takeError();
  if (*newBytes != bytes)
    return createStringError(type() + " cannot be seen as " + arrayType(dtype, dims));
  Array result = std::move(*this);
  result.elementType = dtype;
  result.sizes.assign(dims.begin(), dims.end());
  return result;
}

static bool isSigned(halftone_dtype dtype) {
  return dtype == HALFTONE_DTYPE_I4 || dtype == HALFTONE_DTYPE_I2;
}

Expected<Array> halftone::unpackElements(const Array &array) {
  const int bits = static_cast<int>(dtypeBits(array.dtype()));
  if (bits >= 8 || bits == 0)
    return Array::copyOf(array.dtype(), array.dims(), array.data());
  Expected<Array> result =
      Array::create(isSigned(array.dtype()) ? HALFTONE_DTYPE_I8 : HALFTONE_DTYPE_U8, array.dims());
  if (!result)
    return result;
  const int perByte = 8 / bits;
  for (auto [index, value] : enumerate(result->values<uint8_t>())) {
    int shift = static_cast<int>(index % perByte) * bits;
    unsigned code = array.data()[index / perByte] >> shift & ((1u << bits) - 1);
    bool isNegative = isSigned(array.dtype()) && code >> (bits - 1);
    value = static_cast<uint8_t>(isNegative ? code - (1u << bits) : code);
  }
  return result;
}

Expected<Array> halftone::packElements(const Array &array, halftone_dtype dtype) {
  const int bits = static_cast<int>(dtypeBits(dtype));
  if (bits >= 8 || bits == 0)
    return createStringError(Twine(dtypeName(dtype)) + " is not narrower than a byte");
  if (array.dtype() != HALFTONE_DTYPE_I8 && array.dtype() != HALFTONE_DTYPE_U8)
    return createStringError("expected 8-bit integers to pack as " + dtypeName(dtype) + ", got " +
                             array.type());
  Expected<Array> result = Array::create(dtype, array.dims());
  if (!result)
    return result;
  std::memset(result->data(), 0, static_cast<size_t>(result->byteSize()));
  const int low = isSigned(dtype) ? -(1 << (bits - 1)) : 0;
  const int high = low + (1 << bits) - 1;
  const int perByte = 8 / bits;
  for (auto [index, byte] : enumerate(array.values<uint8_t>())) {
    int value = array.dtype() == HALFTONE_DTYPE_I8 ? static_cast<int8_t>(byte) : byte;
    if (value < low || value > high)
      return createStringError(Twine(value) + " does not fit " + dtypeName(dtype));
    unsigned code = static_cast<unsigned>(value) & ((1u << bits) - 1);
    result->data()[index / perByte] |=
        static_cast<uint8_t>(code << (static_cast<int>(index % perByte) * bits));
  }
  return result;
}
