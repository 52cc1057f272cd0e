// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Offsets of buffers that share memory when they are never live at the same time.
#ifndef HALFTONE_CPU_ARENALAYOUT_H
#define HALFTONE_CPU_ARENALAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace mlir::halftone {

/// Both ends included; empty when `last < first`.
struct LiveRange {
  int64_t first;
  int64_t last;

  bool overlaps(const LiveRange &other) const { return first <= other.last && other.first <= last; }
};

struct ArenaBuffer {
  int64_t bytes;
  LiveRange range;
  int64_t offset;
};

/// Sets the offset of every buffer, a multiple of `alignment`, and returns the size of the arena.
/// The result depends on the order of equal buffers only.
int64_t layOutArena(llvm::MutableArrayRef<ArenaBuffer> buffers, int64_t alignment);

/// The most bytes that are live at once: no layout is smaller.
int64_t getArenaLowerBound(llvm::ArrayRef<ArenaBuffer> buffers, int64_t alignment);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_ARENALAYOUT_H
