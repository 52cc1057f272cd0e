// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Device.h"

using namespace halftone;

/// Memory of the device. All work is done in the order of one stream, so a block that was released
/// may be used again at once.
struct SessionDevice::Block {
  Block *next;
  CudaAddress address;
  int64_t bytes;
  bool isInUse;
};

void SessionDevice::destroy() {
  if (!module)
    return;
  const CudaDriver &driver = module->getDriver();
  bool isCurrent = driver.contextPush(module->getContext()) == 0;
  if (isCurrent && stream)
    driver.streamSynchronize(stream);
  for (Block *block = blocks, *next; block; block = next) {
    next = block->next;
    if (isCurrent)
      driver.free(block->address);
    destroyObject(block);
  }
  if (isCurrent) {
    if (arena)
      driver.free(arena);
    if (ownsStream)
      driver.streamDestroy(stream);
    leave();
  }
  blocks = nullptr;
  module = nullptr;
}

halftone_status SessionDevice::enter(halftone_error *error) {
  if (CudaResult result = module->getDriver().contextPush(module->getContext()))
    return module->getDriver().report("cannot use the GPU", result, error);
  return HALFTONE_STATUS_OK;
}

void SessionDevice::leave() {
  CudaContext popped;
  module->getDriver().contextPop(&popped);
}

halftone_status SessionDevice::create(const ModuleDevice &moduleDevice, int64_t arenaBytes,
                                      void *userStream, halftone_error *error) {
  module = &moduleDevice;
  const CudaDriver &driver = module->getDriver();
  halftone_status status = enter(error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  stream = static_cast<CudaStream>(userStream);
  CudaResult result = 0;
  if (!stream) {
    result = driver.streamCreate(&stream, cudaNonBlocking);
    ownsStream = result == 0;
  }
  if (result == 0 && arenaBytes > 0) {
    result = driver.allocate(&arena, static_cast<size_t>(arenaBytes));
    arena = result == 0 ? arena : 0;
    reserved += arenaBytes;
    ++allocations;
  }
  if (result != 0)
    status = driver.report("no place for a session on the GPU", result, error);
  leave();
  return status;
}

void SessionDevice::recycle() {
  for (Block *block = blocks; block; block = block->next)
    block->isInUse = false;
}

halftone_status SessionDevice::finish(halftone_error *error) {
  if (CudaResult result = module->getDriver().streamSynchronize(stream))
    return module->getDriver().report("the GPU failed", result, error);
  return HALFTONE_STATUS_OK;
}

/// The smallest free block that fits and is not more than twice as large.
SessionDevice::Block *SessionDevice::takeFree(int64_t bytes) {
  Block *best = nullptr;
  for (Block *block = blocks; block; block = block->next)
    if (!block->isInUse && block->bytes >= bytes && block->bytes / 2 <= bytes &&
        (!best || block->bytes < best->bytes))
      best = block;
  return best;
}

/// Gives the driver what no tensor is in, for what fits in none of it. Returns whether there was
/// any.
bool SessionDevice::freeUnused() {
  const CudaDriver &driver = module->getDriver();
  // Kernels that use them may still run.
  if (driver.streamSynchronize(stream) != 0)
    return false;
  bool any = false;
  for (Block **link = &blocks; *link;) {
    Block *block = *link;
    if (block->isInUse) {
      link = &block->next;
      continue;
    }
    *link = block->next;
    driver.free(block->address);
    reserved -= block->bytes;
    destroyObject(block);
    any = true;
  }
  return any;
}

halftone_status SessionDevice::allocate(int64_t bytes, void **result, halftone_error *error) {
  if (bytes < 0)
    return setError(error, HALFTONE_STATUS_RUN_FAILED, "a tensor has a negative size: %lld bytes",
                    static_cast<long long>(bytes));
  if (bytes > INT64_MAX - 255)
    return setError(error, HALFTONE_STATUS_OUT_OF_MEMORY, "no memory for %lld bytes on the GPU",
                    static_cast<long long>(bytes));
  int64_t rounded = bytes < 256 ? 256 : (bytes + 255) / 256 * 256;
  Block *block = takeFree(rounded);
  if (!block) {
    block = createObject<Block>();
    if (!block)
      return setError(error, HALFTONE_STATUS_OUT_OF_MEMORY, "no memory for a block's description");
    const CudaDriver &driver = module->getDriver();
    CudaResult code = driver.allocate(&block->address, static_cast<size_t>(rounded));
    if (code != 0 && freeUnused())
      code = driver.allocate(&block->address, static_cast<size_t>(rounded));
    if (code != 0) {
      destroyObject(block);
      Text what;
      what.append("no memory for %lld bytes on the GPU", static_cast<long long>(bytes));
      return driver.report(what.get(), code, error);
    }
    block->bytes = rounded;
    block->next = blocks;
    blocks = block;
    reserved += rounded;
    ++allocations;
  }
  block->isInUse = true;
  *result = toPointer(block->address);
  return HALFTONE_STATUS_OK;
}

bool SessionDevice::release(void *memory) {
  for (Block *block = blocks; block; block = block->next)
    if (block->address == reinterpret_cast<CudaAddress>(memory) && block->isInUse) {
      block->isInUse = false;
      return true;
    }
  return false;
}

halftone_status SessionDevice::copy(void *target, const void *source, int64_t bytes,
                                    int64_t direction, halftone_error *error) {
  if (bytes <= 0)
    return HALFTONE_STATUS_OK;
  const CudaDriver &driver = module->getDriver();
  auto to = reinterpret_cast<CudaAddress>(target), from = reinterpret_cast<CudaAddress>(source);
  auto size = static_cast<size_t>(bytes);
  CudaResult result = 0;
  if (direction == HALFTONE_COPY_TO_DEVICE)
    result = driver.copyToDevice(to, source, size, stream);
  else if (direction == HALFTONE_COPY_ON_DEVICE)
    result = driver.copyOnDevice(to, from, size, stream);
  else
    result = driver.copyFromDevice(target, from, size, stream);
  // What goes to the device has been read, except for page-locked memory: that is the caller's, who
  // leaves it as it is until the run ends, which waits for everything.
  if (result == 0 && direction == HALFTONE_COPY_FROM_DEVICE)
    result = driver.streamSynchronize(stream);
  return result ? driver.report("a copy of the GPU failed", result, error) : HALFTONE_STATUS_OK;
}

halftone_status SessionDevice::launch(int64_t number, const halftone_launch_shape &shape,
                                      void **arguments, halftone_error *error) {
  if (number < 0 || number >= module->getNumKernels())
    return setError(error, HALFTONE_STATUS_RUN_FAILED, "the compiled code launched kernel %lld",
                    static_cast<long long>(number));
  unsigned sizes[6];
  for (int i = 0; i < 6; ++i) {
    int64_t size = i < 3 ? shape.grid[i] : shape.block[i - 3];
    if (size <= 0)
      return HALFTONE_STATUS_OK;
    // The driver knows the limits of each dimension; this is the one of its parameters.
    if (size > INT32_MAX)
      return setError(error, HALFTONE_STATUS_RUN_FAILED, "a tensor is too large for the GPU");
    sizes[i] = static_cast<unsigned>(size);
  }
  const CudaDriver &driver = module->getDriver();
  CudaResult result = driver.launchKernel(
      module->getKernel(number), sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5],
      static_cast<unsigned>(shape.shared_bytes), stream, arguments, /*extra=*/nullptr);
  return result ? driver.report("a kernel cannot be launched", result, error) : HALFTONE_STATUS_OK;
}
