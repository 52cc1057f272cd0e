// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A module's part on a device, and a session's.
#ifndef HALFTONE_RUNTIME_DEVICE_H
#define HALFTONE_RUNTIME_DEVICE_H

#include "CudaDriver.h"

namespace halftone {

/// What all sessions of a module share: kernels and weights on one device.
class ModuleDevice {
public:
  ModuleDevice() = default;
  ~ModuleDevice();
  ModuleDevice(const ModuleDevice &) = delete;
  ModuleDevice &operator=(const ModuleDevice &) = delete;

  /// Loads the module's kernels on device `ordinal` and copies its weights there.
  halftone_status load(const char *path, const halftone_module_descriptor &descriptor, int ordinal,
                       halftone_error *error);

  bool isLoaded() const { return context != nullptr; }
  const CudaDriver &getDriver() const { return driver; }
  CudaContext getContext() const { return context; }
  CudaAddress getWeights() const { return weights; }
  CudaFunction getKernel(int64_t number) const { return kernels[number]; }
  int64_t getNumKernels() const { return numKernels; }

private:
  halftone_status loadOnDevice(const char *path, const halftone_module_descriptor &descriptor,
                               int ordinal, halftone_error *error);
  halftone_status loadImage(const char *path, const halftone_device_table &table, int ordinal,
                            halftone_error *error);
  halftone_status findKernels(const halftone_device_table &table, halftone_error *error);
  halftone_status uploadWeights(const halftone_module_descriptor &descriptor,
                                halftone_error *error);

  CudaDriver driver;
  CudaDevice device = 0;
  CudaContext context = nullptr;
  CudaModule image = nullptr;
  CudaFunction *kernels = nullptr;
  int64_t numKernels = 0;
  CudaAddress weights = 0;
};

/// What a session has on its module's device. For one thread at a time.
class SessionDevice {
public:
  SessionDevice() = default;
  ~SessionDevice() { destroy(); }
  SessionDevice(const SessionDevice &) = delete;
  SessionDevice &operator=(const SessionDevice &) = delete;

  /// `stream` is the user's, or null.
  halftone_status create(const ModuleDevice &module, int64_t arenaBytes, void *stream,
                         halftone_error *error);

  /// Gives everything back; before the module goes.
  void destroy();

  void *getArena() const { return toPointer(arena); }
  int64_t getReservedBytes() const { return reserved; }
  int64_t getNumAllocations() const { return allocations; }

  /// Makes the device's context the calling thread's, until `leave`.
  halftone_status enter(halftone_error *error);
  void leave();
  /// Takes back every block in use.
  void recycle();
  /// Waits for everything that was begun.
  halftone_status finish(halftone_error *error);

  /// What compiled code calls.
  halftone_status allocate(int64_t bytes, void **block, halftone_error *error);
  bool release(void *block);
  halftone_status copy(void *target, const void *source, int64_t bytes, int64_t direction,
                       halftone_error *error);
  halftone_status launch(int64_t kernel, const halftone_launch_shape &shape, void **arguments,
                         halftone_error *error);

private:
  struct Block;

  Block *takeFree(int64_t bytes);
  bool freeUnused();

  const ModuleDevice *module = nullptr;
  CudaStream stream = nullptr;
  bool ownsStream = false;
  CudaAddress arena = 0;
  Block *blocks = nullptr; // in use or not
  int64_t reserved = 0;
  int64_t allocations = 0;
};

} // namespace halftone

#endif
