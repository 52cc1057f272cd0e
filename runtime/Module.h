// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_RUNTIME_MODULE_H
#define HALFTONE_RUNTIME_MODULE_H

#include "Device.h"
#include "Support.h"

#include <atomic>

/// A mapped module. Its user holds one reference, and every session another.
struct halftone_module {
  std::atomic<int64_t> references{1};
  int file = -1;
  uint64_t fileSize = 0;
  void *library = nullptr;
  const halftone_module_descriptor *descriptor = nullptr;
  /// Loaded if the descriptor has kernels.
  halftone::ModuleDevice device;

  halftone_module() = default;
  halftone_module(const halftone_module &) = delete;
  halftone_module &operator=(const halftone_module &) = delete;
  ~halftone_module();
};

namespace halftone {

/// Checks what can be known without executing the file: that it is a whole, unaltered module of
/// this ABI version. Fills `trailer`. `path` names the file in errors.
halftone_status checkModuleFile(const char *path, int file, uint64_t size,
                                halftone_verify_weights verify, halftone_trailer &trailer,
                                halftone_error *error);

/// Checks that the tables of a mapped module can be trusted by the rest of the runtime.
halftone_status checkDescriptor(const char *path, const halftone_module_descriptor &descriptor,
                                halftone_error *error);

void releaseModule(halftone_module *module);

} // namespace halftone

#endif
