// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/ArenaLayout.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"
#include <map>

using namespace llvm;
using namespace mlir::halftone;

namespace {
/// The place of a buffer that conflicts with the one being placed.
struct Occupied {
  int64_t begin;
  int64_t end;
};
} // namespace

/// The start of the smallest gap that holds `bytes`, or the end of everything.
static int64_t findGap(SmallVectorImpl<Occupied> &occupied, int64_t bytes) {
  llvm::sort(occupied, [](const Occupied &a, const Occupied &b) { return a.begin < b.begin; });
  int64_t end = 0, best = -1, bestSize = 0;
  for (const Occupied &place : occupied) {
    int64_t gap = place.begin - end;
    if (gap >= bytes && (best < 0 || gap < bestSize)) {
      best = end;
      bestSize = gap;
    }
    end = std::max(end, place.end);
  }
  return best < 0 ? end : best;
}

/// Places the buffers in the given order.
static int64_t placeInOrder(MutableArrayRef<ArenaBuffer> buffers, ArrayRef<unsigned> order,
                            int64_t alignment) {
  int64_t size = 0;
  for (auto [i, index] : llvm::enumerate(order)) {
    ArenaBuffer &buffer = buffers[index];
    int64_t bytes = alignTo(buffer.bytes, alignment);
    SmallVector<Occupied> occupied;
    for (unsigned placed : order.take_front(i)) {
      const ArenaBuffer &other = buffers[placed];
      if (buffer.range.overlaps(other.range))
        occupied.push_back({other.offset, other.offset + (int64_t)alignTo(other.bytes, alignment)});
    }
    buffer.offset = findGap(occupied, bytes);
    size = std::max(size, buffer.offset + bytes);
  }
  return size;
}

int64_t mlir::halftone::layOutArena(MutableArrayRef<ArenaBuffer> buffers, int64_t alignment) {
  auto byIndex = llvm::to_vector(llvm::seq<unsigned>(0, buffers.size()));
  // Three greedy orders, none of which is best everywhere: by size, by bytes times time, by start.
  auto bySize = byIndex, byArea = byIndex;
  llvm::stable_sort(bySize,
                    [&](unsigned a, unsigned b) { return buffers[a].bytes > buffers[b].bytes; });
  auto area = [&](unsigned i) {
    const ArenaBuffer &buffer = buffers[i];
    return (double)buffer.bytes * (buffer.range.last - buffer.range.first + 1);
  };
  llvm::stable_sort(byArea, [&](unsigned a, unsigned b) { return area(a) > area(b); });

  SmallVector<ArenaBuffer> best;
  int64_t bestSize = 0;
  for (ArrayRef<unsigned> order : {ArrayRef(bySize), ArrayRef(byArea), ArrayRef(byIndex)}) {
    int64_t size = placeInOrder(buffers, order, alignment);
    if (!best.empty() && size >= bestSize)
      continue;
    best.assign(buffers.begin(), buffers.end());
    bestSize = size;
  }
  llvm::copy(best, buffers.begin());
  return bestSize;
}

int64_t mlir::halftone::getArenaLowerBound(ArrayRef<ArenaBuffer> buffers, int64_t alignment) {
  std::map<int64_t, int64_t> changes;
  for (const ArenaBuffer &buffer : buffers) {
    if (buffer.range.last < buffer.range.first)
      continue;
    int64_t bytes = alignTo(buffer.bytes, alignment);
    changes[buffer.range.first] += bytes;
    changes[buffer.range.last + 1] -= bytes;
  }
  int64_t live = 0, most = 0;
  for (auto [position, change] : changes) {
    live += change;
    most = std::max(most, live);
  }
  return most;
}
