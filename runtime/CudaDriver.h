// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The part of NVIDIA's driver API that the runtime uses, found in libcuda.so.1 when a module needs
// it. Declared here, since machines that build the runtime need not have NVIDIA's headers.
#ifndef HALFTONE_RUNTIME_CUDADRIVER_H
#define HALFTONE_RUNTIME_CUDADRIVER_H

#include "Support.h"

namespace halftone {

using CudaResult = int; // 0 is success
using CudaDevice = int;
using CudaAddress = uint64_t;

/// A number of the driver's where a pointer is wanted: an address of the device, or an option.
inline void *toPointer(uint64_t number) {
  return reinterpret_cast<void *>(number); // NOLINT(performance-no-int-to-ptr)
}
using CudaContext = struct CudaContextObject *;
using CudaModule = struct CudaModuleObject *;
using CudaFunction = struct CudaFunctionObject *;
using CudaStream = struct CudaStreamObject *;

constexpr CudaResult cudaOutOfMemory = 2;
constexpr CudaResult cudaNoDevice = 100;
constexpr CudaResult cudaInvalidDevice = 101;
constexpr int cudaMajor = 75; // attributes of a device
constexpr int cudaMinor = 76;
constexpr unsigned cudaNonBlocking = 1;
constexpr int cudaErrorLog = 5; // options of loading a module
constexpr int cudaErrorLogBytes = 6;

/// X(field, name in the library, parameters).
#define HALFTONE_FOR_EACH_CUDA_FUNCTION(X)                                                         \
  X(init, "cuInit", (unsigned))                                                                    \
  X(deviceGetCount, "cuDeviceGetCount", (int *))                                                   \
  X(deviceGet, "cuDeviceGet", (CudaDevice *, int))                                                 \
  X(deviceGetAttribute, "cuDeviceGetAttribute", (int *, int, CudaDevice))                          \
  X(primaryContextRetain, "cuDevicePrimaryCtxRetain", (CudaContext *, CudaDevice))                 \
  X(primaryContextRelease, "cuDevicePrimaryCtxRelease_v2", (CudaDevice))                           \
  X(contextPush, "cuCtxPushCurrent_v2", (CudaContext))                                             \
  X(contextPop, "cuCtxPopCurrent_v2", (CudaContext *))                                             \
  X(moduleLoad, "cuModuleLoadDataEx", (CudaModule *, const void *, unsigned, int *, void **))      \
  X(moduleUnload, "cuModuleUnload", (CudaModule))                                                  \
  X(moduleGetFunction, "cuModuleGetFunction", (CudaFunction *, CudaModule, const char *))          \
  X(allocate, "cuMemAlloc_v2", (CudaAddress *, size_t))                                            \
  X(free, "cuMemFree_v2", (CudaAddress))                                                           \
  X(copyToDevice, "cuMemcpyHtoDAsync_v2", (CudaAddress, const void *, size_t, CudaStream))         \
  X(copyFromDevice, "cuMemcpyDtoHAsync_v2", (void *, CudaAddress, size_t, CudaStream))             \
  X(copyOnDevice, "cuMemcpyDtoDAsync_v2", (CudaAddress, CudaAddress, size_t, CudaStream))          \
  X(streamCreate, "cuStreamCreate", (CudaStream *, unsigned))                                      \
  X(streamDestroy, "cuStreamDestroy_v2", (CudaStream))                                             \
  X(streamSynchronize, "cuStreamSynchronize", (CudaStream))                                        \
  X(launchKernel, "cuLaunchKernel",                                                                \
    (CudaFunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,           \
     CudaStream, void **, void **))                                                                \
  X(getErrorString, "cuGetErrorString", (CudaResult, const char **))

/// The library's functions. It stays loaded, since no driver survives being unloaded.
struct CudaDriver {
#define HALFTONE_CUDA_FIELD(field, name, parameters) CudaResult(*field) parameters = nullptr;
  HALFTONE_FOR_EACH_CUDA_FUNCTION(HALFTONE_CUDA_FIELD)
#undef HALFTONE_CUDA_FIELD

  /// Finds the library and its functions, and initializes it.
  halftone_status open(halftone_error *error);

  /// "what: <the driver's message>", out of memory as a status of its own.
  halftone_status report(const char *what, CudaResult result, halftone_error *error) const;
};

} // namespace halftone

#endif
