// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the whole runtime uses: errors, object creation on malloc, short texts. The runtime needs
// nothing but libc, so that a C program can link it; hence no std containers and no operator new.
#ifndef HALFTONE_RUNTIME_SUPPORT_H
#define HALFTONE_RUNTIME_SUPPORT_H

#include "halftone/runtime.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

namespace halftone {

/// Fills `error` unless it is null, and returns `status`.
halftone_status setError(halftone_error *error, halftone_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// A new object, or null without memory. Ends with `destroyObject`.
template <typename T, typename... Args> T *createObject(Args &&...args) {
  void *memory = nullptr;
  constexpr size_t alignment = alignof(T) < sizeof(void *) ? sizeof(void *) : alignof(T);
  if (posix_memalign(&memory, alignment, sizeof(T)) != 0)
    return nullptr;
  return ::new (memory) T(std::forward<Args>(args)...);
}

template <typename T> void destroyObject(T *object) {
  if (!object)
    return;
  object->~T();
  free(object);
}

/// A text of bounded length; what does not fit is cut.
class Text {
public:
  void append(const char *format, ...) __attribute__((format(printf, 2, 3)));
  const char *get() const { return characters; }

private:
  char characters[512] = "";
  size_t length = 0;
};

/// Appends "f32[1,3,?]"; a negative size is a "?".
void appendType(Text &text, uint32_t dtype, uint32_t rank, const int64_t *dims);

/// Bytes of `rank` dimensions of `dtype`, or -1 when a size is negative, the type is unknown or the
/// product overflows.
int64_t byteSize(uint32_t dtype, uint32_t rank, const int64_t *dims);

} // namespace halftone

#endif
