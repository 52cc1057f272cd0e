// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Working memory whose size is known only at run time.
#ifndef HALFTONE_RUNTIME_ALLOCATOR_H
#define HALFTONE_RUNTIME_ALLOCATOR_H

#include <cstddef>
#include <cstdint>
#include <pthread.h>

namespace halftone {

/// Free lists by size class, four classes per power of two. A run that repeats asks the system for
/// nothing: blocks come back through `release` or, all that are left, through `recycle`.
/// Thread-safe but for construction, `recycle` and destruction.
class Allocator {
public:
  Allocator();
  ~Allocator();
  Allocator(const Allocator &) = delete;
  Allocator &operator=(const Allocator &) = delete;

  /// A block aligned to HALFTONE_ALIGNMENT, or null without memory. `bytes` is not negative.
  void *allocate(int64_t bytes);

  /// Takes a block back; false if it is not in use (released twice, or not one of ours).
  bool release(void *block);

  /// Takes back every block in use, and gives large blocks to the system when the last runs needed
  /// much less than is reserved.
  void recycle();

  int64_t reservedBytes() const { return reserved; }
  int64_t peakBytes() const { return peak; }
  int64_t systemAllocations() const { return mappings; }

private:
  struct Block;
  struct Slab;
  static constexpr int numClasses = 168;

  Block *takeFree(int sizeClass);
  Block *makeBlock(int sizeClass);
  Block *carve(size_t bytes, int sizeClass);
  void use(Block *block);
  void unuse(Block *block);
  void trim();

  pthread_mutex_t mutex;
  Block *freeLists[numClasses] = {};
  Block *inUse = nullptr;
  Slab *slabs = nullptr;
  char *slabPosition = nullptr;
  char *slabEnd = nullptr;
  int64_t used = 0;
  int64_t peak = 0;
  int64_t reserved = 0;
  int64_t mappings = 0;
};

} // namespace halftone

#endif
