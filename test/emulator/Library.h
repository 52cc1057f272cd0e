// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that were compiled for the CPU, loaded.
#ifndef HALFTONE_TEST_EMULATOR_LIBRARY_H
#define HALFTONE_TEST_EMULATOR_LIBRARY_H

#include "Simt.h"

namespace emulator {

struct Library {
  void *handle = nullptr;
  std::vector<Range> segments; // shared memory and constants are there

  /// Loads an image of `bytes` bytes. Null if that is not possible; `why` then says so.
  static Library *load(const void *image, size_t bytes, const char *&why);
};

} // namespace emulator

#endif // HALFTONE_TEST_EMULATOR_LIBRARY_H
