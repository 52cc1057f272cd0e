// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Allocator.h"

#include "Memory.h"
#include "halftone/runtime.h"

#include <new>

using namespace halftone;

// Blocks up to this size are cut from slabs, larger ones are mapped alone.
static constexpr size_t largestCarved = size_t(256) << 10;
static constexpr size_t slabSize = size_t(1) << 20;
// Reserved memory below this is never given back to the system between runs.
static constexpr int64_t keptBytes = int64_t(64) << 20;
// A request takes a free block at most this many classes, a factor of two, larger than needed.
static constexpr int searchedClasses = 4;
static constexpr uint32_t inUseMark = 0x55534544;
static constexpr uint32_t freeMark = 0x46524545;

/// Precedes the memory handed out, in one alignment unit of its own.
struct alignas(HALFTONE_ALIGNMENT) Allocator::Block {
  Block *next;
  Block *previous;
  int64_t size; // of the memory after this header
  uint32_t mark;
  int32_t sizeClass;
  bool isMappedAlone;

  void *memory() { return this + 1; }
};

struct alignas(HALFTONE_ALIGNMENT) Allocator::Slab {
  Slab *next;
};

/// Bytes of the blocks in class c: 64 * (4 + c % 4) / 4 * 2^(c / 4), at least one unit each.
static int64_t classSize(int sizeClass) {
  return (int64_t(4 + sizeClass % 4) << (sizeClass / 4)) * HALFTONE_ALIGNMENT;
}

/// The smallest class that holds `bytes`, or -1 when none does.
static int classOf(int64_t bytes, int numClasses) {
  int64_t smallest = classSize(0);
  if (bytes <= smallest)
    return 0;
  // 4 * 2^k units are class 4k; start at the power of two below and step up.
  int64_t units = (bytes - 1) / HALFTONE_ALIGNMENT + 1;
  int power = 63 - __builtin_clzll(static_cast<uint64_t>(units)) - 2;
  for (int c = 4 * power; c < numClasses; ++c)
    if (classSize(c) >= bytes)
      return c;
  return -1;
}

Allocator::Allocator() { pthread_mutex_init(&mutex, nullptr); }

Allocator::~Allocator() {
  recycle();
  for (Block *&list : freeLists) {
    for (Block *block = list, *next; block; block = next) {
      next = block->next;
      if (block->isMappedAlone)
        unmapMemory(block, static_cast<size_t>(block->size) + sizeof(Block));
    }
  }
  for (Slab *slab = slabs, *next; slab; slab = next) {
    next = slab->next;
    unmapMemory(slab, slabSize);
  }
  pthread_mutex_destroy(&mutex);
}

void *Allocator::allocate(int64_t bytes) {
  int sizeClass = classOf(bytes, numClasses);
  if (sizeClass < 0)
    return nullptr;
  pthread_mutex_lock(&mutex);
  Block *block = takeFree(sizeClass);
  if (!block)
    block = makeBlock(sizeClass);
  if (block)
    use(block);
  pthread_mutex_unlock(&mutex);
  return block ? block->memory() : nullptr;
}

bool Allocator::release(void *memory) {
  Block *block = static_cast<Block *>(memory) - 1;
  pthread_mutex_lock(&mutex);
  bool isOurs = block->mark == inUseMark;
  if (isOurs)
    unuse(block);
  pthread_mutex_unlock(&mutex);
  return isOurs;
}

void Allocator::recycle() {
  while (inUse)
    unuse(inUse);
  if (reserved > keptBytes && reserved / 2 > peak)
    trim();
  peak = 0;
}

Allocator::Block *Allocator::takeFree(int sizeClass) {
  for (int c = sizeClass; c < numClasses && c <= sizeClass + searchedClasses; ++c) {
    if (Block *block = freeLists[c]) {
      freeLists[c] = block->next;
      return block;
    }
  }
  return nullptr;
}

Allocator::Block *Allocator::makeBlock(int sizeClass) {
  size_t bytes = static_cast<size_t>(classSize(sizeClass)) + sizeof(Block);
  if (bytes <= largestCarved)
    return carve(bytes, sizeClass);
  void *memory = mapMemory(bytes);
  if (!memory)
    return nullptr;
  ++mappings;
  reserved += static_cast<int64_t>(bytes);
  return new (memory) Block{nullptr, nullptr, classSize(sizeClass), freeMark, sizeClass, true};
}

Allocator::Block *Allocator::carve(size_t bytes, int sizeClass) {
  if (static_cast<size_t>(slabEnd - slabPosition) < bytes) {
    void *memory = mapMemory(slabSize);
    if (!memory)
      return nullptr;
    ++mappings;
    reserved += static_cast<int64_t>(slabSize);
    slabs = new (memory) Slab{slabs};
    slabPosition = static_cast<char *>(memory) + sizeof(Slab);
    slabEnd = static_cast<char *>(memory) + slabSize;
  }
  Block *block =
      new (slabPosition) Block{nullptr, nullptr, classSize(sizeClass), freeMark, sizeClass, false};
  slabPosition += bytes;
  return block;
}

void Allocator::use(Block *block) {
  block->mark = inUseMark;
  block->previous = nullptr;
  block->next = inUse;
  if (inUse)
    inUse->previous = block;
  inUse = block;
  used += block->size;
  if (used > peak)
    peak = used;
}

void Allocator::unuse(Block *block) {
  (block->previous ? block->previous->next : inUse) = block->next;
  if (block->next)
    block->next->previous = block->previous;
  block->mark = freeMark;
  block->next = freeLists[block->sizeClass];
  freeLists[block->sizeClass] = block;
  used -= block->size;
}

void Allocator::trim() {
  for (Block *&list : freeLists) {
    for (Block **link = &list; *link;) {
      Block *block = *link;
      if (!block->isMappedAlone) {
        link = &block->next;
        continue;
      }
      *link = block->next;
      int64_t bytes = block->size + static_cast<int64_t>(sizeof(Block));
      unmapMemory(block, static_cast<size_t>(bytes));
      reserved -= bytes;
    }
  }
}
