// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CudaDriver.h"

#include <dlfcn.h>

using namespace halftone;

static constexpr char libraryName[] = "libcuda.so.1";

/// Stores a symbol of the library in `function`; false if there is none.
template <typename Function> static bool find(void *library, const char *name, Function &function) {
  void *symbol = dlsym(library, name);
  function = reinterpret_cast<Function>(symbol); // POSIX: dlsym's pointers can be functions.
  return symbol != nullptr;
}

halftone_status CudaDriver::report(const char *what, CudaResult result,
                                   halftone_error *error) const {
  const char *text = nullptr;
  if (!getErrorString || getErrorString(result, &text) != 0 || !text)
    text = "unknown error";
  halftone_status status = HALFTONE_STATUS_DEVICE_FAILED;
  if (result == cudaOutOfMemory)
    status = HALFTONE_STATUS_OUT_OF_MEMORY;
  else if (result == cudaNoDevice || result == cudaInvalidDevice)
    status = HALFTONE_STATUS_NO_DEVICE;
  return setError(error, status, "%s: %s (error %d of the NVIDIA driver)", what, text, result);
}

halftone_status CudaDriver::open(halftone_error *error) {
  void *library = dlopen(libraryName, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return setError(error, HALFTONE_STATUS_NO_DEVICE,
                    "the module needs an NVIDIA GPU, whose driver was not found: %s", dlerror());
#define HALFTONE_CUDA_FIND(field, name, parameters)                                                \
  if (!find(library, name, field))                                                                 \
    return setError(error, HALFTONE_STATUS_NO_DEVICE,                                              \
                    "the NVIDIA driver is too old: %s has no function %s", libraryName, name);
  HALFTONE_FOR_EACH_CUDA_FUNCTION(HALFTONE_CUDA_FIND)
#undef HALFTONE_CUDA_FIND
  if (CudaResult result = init(0))
    return report("cannot initialize the NVIDIA driver", result, error);
  return HALFTONE_STATUS_OK;
}
