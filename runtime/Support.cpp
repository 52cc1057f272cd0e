// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Support.h"

#include <cstring>

using namespace halftone;

halftone_status halftone::setError(halftone_error *error, halftone_status status,
                                   const char *format, ...) {
  if (!error)
    return status;
  error->status = status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof(error->message), format, arguments);
  va_end(arguments);
  return status;
}

void Text::append(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int written = vsnprintf(characters + length, sizeof(characters) - length, format, arguments);
  va_end(arguments);
  if (written > 0)
    length += static_cast<size_t>(written);
  if (length >= sizeof(characters))
    length = sizeof(characters) - 1;
}

void halftone::appendType(Text &text, uint32_t dtype, uint32_t rank, const int64_t *dims) {
  const char *name = halftone_dtype_name(dtype);
  text.append("%s[", name ? name : "?");
  for (uint32_t i = 0; i < rank; ++i) {
    const char *separator = i == 0 ? "" : ",";
    if (dims[i] < 0)
      text.append("%s?", separator);
    else
      text.append("%s%lld", separator, static_cast<long long>(dims[i]));
  }
  text.append("]");
}

int64_t halftone::byteSize(uint32_t dtype, uint32_t rank, const int64_t *dims) {
  int64_t elementBits = halftone_dtype_bits(dtype);
  if (elementBits == 0 || rank > HALFTONE_MAX_RANK)
    return -1;
  // A dimension of size 0 makes the tensor empty whatever the others are, so it must not hide an
  // overflow or a negative size.
  int64_t elements = 1;
  bool isEmpty = false;
  for (uint32_t i = 0; i < rank; ++i) {
    if (dims[i] < 0)
      return -1;
    if (dims[i] == 0)
      isEmpty = true;
    else if (__builtin_mul_overflow(elements, dims[i], &elements))
      return -1;
  }
  int64_t bits;
  if (__builtin_mul_overflow(elements, elementBits, &bits) || bits > INT64_MAX - 7)
    return -1;
  return isEmpty ? 0 : (bits + 7) / 8;
}

const char *halftone_dtype_name(uint32_t dtype) {
  switch (dtype) {
#define HALFTONE_CASE(value, name, bits, text)                                                     \
  case value:                                                                                      \
    return text;
    HALFTONE_FOR_EACH_DTYPE(HALFTONE_CASE)
#undef HALFTONE_CASE
  default:
    return nullptr;
  }
}

uint32_t halftone_dtype_bits(uint32_t dtype) {
  switch (dtype) {
#define HALFTONE_CASE(value, name, bits, text)                                                     \
  case value:                                                                                      \
    return bits;
    HALFTONE_FOR_EACH_DTYPE(HALFTONE_CASE)
#undef HALFTONE_CASE
  default:
    return 0;
  }
}

int64_t halftone_tensor_bytes(const halftone_tensor *tensor) {
  return byteSize(tensor->dtype, tensor->rank, tensor->dims);
}

uint32_t halftone_runtime_abi_version(void) { return HALFTONE_ABI_VERSION; }
