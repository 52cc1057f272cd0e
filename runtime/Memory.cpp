// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Memory.h"

#include <cstdint>
#include <sys/mman.h>

using namespace halftone;

static constexpr size_t hugePage = size_t(2) << 20;
static constexpr size_t page = 4096;

static void *mapPages(size_t bytes) {
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

static size_t roundToPage(size_t bytes) { return (bytes + page - 1) / page * page; }

void *halftone::mapMemory(size_t bytes) {
  if (bytes > SIZE_MAX / 2)
    return nullptr;
  bytes = roundToPage(bytes);
  if (bytes < hugePage)
    return mapPages(bytes);
  // Map one huge page more and cut the ends off.
  char *memory = static_cast<char *>(mapPages(bytes + hugePage));
  if (!memory)
    return nullptr;
  size_t head = (hugePage - reinterpret_cast<uintptr_t>(memory) % hugePage) % hugePage;
  if (head)
    munmap(memory, head);
  munmap(memory + head + bytes, hugePage - head);
  // Only advice: without huge pages the memory works as well.
  madvise(memory + head, bytes, MADV_HUGEPAGE);
  return memory + head;
}

void halftone::unmapMemory(void *memory, size_t bytes) {
  if (memory)
    munmap(memory, roundToPage(bytes));
}
