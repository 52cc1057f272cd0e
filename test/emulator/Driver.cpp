// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A libcuda.so.1 whose device is the CPU: memory is the host's, and what is loaded are the kernels
// of quant-compile --target=nvptx-emulated. Everything is done when it is asked for.
//
// Environment: HALFTONE_EMULATOR_DEVICES (1), HALFTONE_EMULATOR_CAPABILITY (0.0),
// HALFTONE_EMULATOR_MEMORY (bytes; no limit), HALFTONE_EMULATOR_SEED (0),
// HALFTONE_EMULATOR_REFUSE (the name of a function here that then fails).
#include "Library.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <map>
#include <mutex>

using namespace emulator;

#define DRIVER(name) extern "C" __attribute__((visibility("default"))) int name

namespace {

enum Result {
  Success = 0,
  InvalidValue = 1,
  OutOfMemory = 2,
  NoDevice = 100,
  InvalidDevice = 101,
  InvalidImage = 200,
  InvalidContext = 201,
  NotFound = 500,
  IllegalAddress = 700,
  Refused = 999
};

struct Function {
  Library *library;
  Kernel kernel;
  std::string name;
};

struct Device {
  std::mutex mutex;
  std::map<uintptr_t, size_t> allocations;
  size_t allocated = 0;
  std::map<std::string, Function> functions;
  int result = Success; // of a launch that failed; nothing works after it
};

Device &getDevice() {
  static Device device;
  return device;
}

thread_local int pushedContexts = 0;

const char *getSetting(const char *name, const char *usual) {
  const char *value = getenv(name);
  return value ? value : usual;
}

/// What a function has to say before it does anything.
int check(const char *name) {
  if (strcmp(getSetting("HALFTONE_EMULATOR_REFUSE", ""), name) == 0)
    return Refused;
  return getDevice().result;
}

int checkInContext(const char *name) { return pushedContexts > 0 ? check(name) : InvalidContext; }

/// The bytes of an ELF image: up to the end of its table of sections, which comes last.
size_t imageBytes(const void *image) {
  auto *header = static_cast<const ElfW(Ehdr) *>(image);
  return header->e_shoff + size_t(header->e_shentsize) * header->e_shnum;
}

} // namespace

DRIVER(cuInit)(unsigned) { return check("cuInit"); }

DRIVER(cuDeviceGetCount)(int *count) {
  *count = atoi(getSetting("HALFTONE_EMULATOR_DEVICES", "1"));
  return check("cuDeviceGetCount");
}

DRIVER(cuDeviceGet)(int *device, int ordinal) {
  *device = ordinal;
  return check("cuDeviceGet");
}

DRIVER(cuDeviceGetAttribute)(int *value, int attribute, int) {
  int major = 0, minor = 0;
  sscanf(getSetting("HALFTONE_EMULATOR_CAPABILITY", "0.0"), "%d.%d", &major, &minor);
  *value = attribute == 75 ? major : minor;
  return check("cuDeviceGetAttribute");
}

DRIVER(cuDevicePrimaryCtxRetain)(void **context, int) {
  *context = &getDevice();
  return check("cuDevicePrimaryCtxRetain");
}

DRIVER(cuDevicePrimaryCtxRelease_v2)(int) { return Success; }

DRIVER(cuCtxPushCurrent_v2)(void *) {
  ++pushedContexts;
  return Success;
}

DRIVER(cuCtxPopCurrent_v2)(void **context) {
  *context = &getDevice();
  return pushedContexts-- > 0 ? Success : InvalidContext;
}

DRIVER(cuModuleLoadDataEx)
(Library **module, const void *image, unsigned numOptions, int *, void **values) {
  if (int result = checkInContext("cuModuleLoadDataEx"))
    return result;
  auto refuse = [&](const char *why) {
    if (numOptions > 1)
      snprintf(static_cast<char *>(values[0]), reinterpret_cast<size_t>(values[1]), "%s", why);
    return InvalidImage;
  };
  if (memcmp(image, "\177ELF", 4) != 0)
    return refuse("the emulator runs no PTX");
  const char *why = nullptr;
  *module = Library::load(image, imageBytes(image), why);
  if (!*module)
    return refuse(why);
  return Success;
}

DRIVER(cuModuleUnload)(Library *module) {
  dlclose(module->handle);
  delete module;
  return Success;
}

DRIVER(cuModuleGetFunction)(Function **function, Library *module, const char *name) {
  if (int result = checkInContext("cuModuleGetFunction"))
    return result;
  void *symbol = dlsym(module->handle, name);
  if (!symbol)
    return NotFound;
  std::lock_guard<std::mutex> lock(getDevice().mutex);
  std::string key = std::to_string(reinterpret_cast<uintptr_t>(symbol));
  *function = &getDevice().functions[key];
  **function = {module, reinterpret_cast<Kernel>(symbol), name};
  return Success;
}

// Between allocations, so that what is beyond one is not another.
static constexpr size_t gapBytes = 1024;

DRIVER(cuMemAlloc_v2)(uintptr_t *address, size_t bytes) {
  if (int result = checkInContext("cuMemAlloc_v2"))
    return result;
  Device &device = getDevice();
  std::lock_guard<std::mutex> lock(device.mutex);
  const char *limit = getenv("HALFTONE_EMULATOR_MEMORY");
  if (bytes == 0)
    return InvalidValue;
  void *memory = nullptr;
  if ((limit && device.allocated + bytes > strtoull(limit, nullptr, 10)) ||
      posix_memalign(&memory, 256, bytes + gapBytes) != 0)
    return OutOfMemory;
  // What nobody has written is NaN in every format.
  memset(memory, 0xff, bytes);
  *address = reinterpret_cast<uintptr_t>(memory);
  device.allocations[*address] = bytes;
  device.allocated += bytes;
  return Success;
}

DRIVER(cuMemFree_v2)(uintptr_t address) {
  Device &device = getDevice();
  std::lock_guard<std::mutex> lock(device.mutex);
  auto known = device.allocations.find(address);
  if (known == device.allocations.end())
    return InvalidValue;
  device.allocated -= known->second;
  device.allocations.erase(known);
  free(reinterpret_cast<void *>(address));
  return Success;
}

/// Whether a piece of the device's memory is a part of one allocation.
static bool isAllocated(uintptr_t address, size_t bytes) {
  auto &allocations = getDevice().allocations;
  auto next = allocations.upper_bound(address);
  if (next == allocations.begin())
    return false;
  --next;
  return address + bytes <= next->first + next->second;
}

static int copy(const char *name, uintptr_t to, uintptr_t from, size_t bytes, bool toDevice,
                bool fromDevice) {
  if (int result = checkInContext(name))
    return result;
  std::lock_guard<std::mutex> lock(getDevice().mutex);
  if (isAllocated(to, bytes) != toDevice || isAllocated(from, bytes) != fromDevice)
    return InvalidValue;
  memmove(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from), bytes);
  return Success;
}

DRIVER(cuMemcpyHtoDAsync_v2)(uintptr_t to, uintptr_t from, size_t bytes, void *) {
  return copy("cuMemcpyHtoDAsync_v2", to, from, bytes, true, false);
}

DRIVER(cuMemcpyDtoHAsync_v2)(uintptr_t to, uintptr_t from, size_t bytes, void *) {
  return copy("cuMemcpyDtoHAsync_v2", to, from, bytes, false, true);
}

DRIVER(cuMemcpyDtoDAsync_v2)(uintptr_t to, uintptr_t from, size_t bytes, void *) {
  return copy("cuMemcpyDtoDAsync_v2", to, from, bytes, true, true);
}

DRIVER(cuStreamCreate)(void **stream, unsigned) {
  *stream = &getDevice();
  return checkInContext("cuStreamCreate");
}

DRIVER(cuStreamDestroy_v2)(void *) { return Success; }

DRIVER(cuStreamSynchronize)(void *) { return checkInContext("cuStreamSynchronize"); }

DRIVER(cuLaunchKernel)
(Function *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
 unsigned blockY, unsigned blockZ, unsigned, void *, void **arguments, void **) {
  if (int result = checkInContext("cuLaunchKernel"))
    return result;
  Shape shape = {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}};
  if (size_t(blockX) * blockY * blockZ > 1024)
    return InvalidValue;
  Device &device = getDevice();
  std::lock_guard<std::mutex> lock(device.mutex);
  std::vector<Range> memory = function->library->segments;
  for (auto [address, bytes] : device.allocations)
    memory.push_back({address, address + bytes});
  Launch launch(function->kernel, arguments, shape, std::move(memory),
                unsigned(atoi(getSetting("HALFTONE_EMULATOR_SEED", "0"))));
  std::string failure = launch.run();
  if (failure.empty())
    return Success;
  fprintf(stderr, "emulator: %s: %s\n", function->name.c_str(), failure.c_str());
  // As on a device, the fault is told by the next call that waits for it.
  device.result = IllegalAddress;
  return Success;
}

DRIVER(cuGetErrorString)(int result, const char **text) {
  switch (result) {
  case OutOfMemory:
    *text = "out of memory";
    break;
  case NoDevice:
    *text = "no device";
    break;
  case IllegalAddress:
    *text = "a kernel failed";
    break;
  case Refused:
    *text = "refused";
    break;
  default:
    *text = "invalid use";
  }
  return Success;
}
