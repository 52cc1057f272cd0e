// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ScaleLayout.h"

#include <cassert>

using namespace halftone;

// Counts through all dimensions but one, the last one fastest; false when it is at zeros again.
static bool advance(llvm::MutableArrayRef<int64_t> position, llvm::ArrayRef<int64_t> shape,
                    unsigned fixedAxis) {
  for (size_t d = shape.size(); d-- > 0;) {
    if (d == fixedAxis)
      continue;
    if (++position[d] != shape[d])
      return true;
    position[d] = 0;
  }
  return false;
}

ScaleLayout::ScaleLayout(const Granularity &granularity, unsigned channelAxis) {
  llvm::ArrayRef<int64_t> shape = granularity.getShape(), blocks = granularity.getBlocks();
  assert((blocks[channelAxis] == 1 || blocks[channelAxis] == shape[channelAxis]) &&
         "blocks hold one channel or all");
  llvm::SmallVector<int64_t> counts = granularity.getScaleShape(), strides(shape.size(), 1);
  for (size_t d = shape.size(); d-- > 1;)
    strides[d - 1] = strides[d] * counts[d];
  channelStride = blocks[channelAxis] == 1 ? strides[channelAxis] : 0;
  llvm::SmallVector<int64_t> position(shape.size(), 0);
  do {
    int64_t scale = 0;
    for (size_t d = 0; d != shape.size(); ++d)
      scale += position[d] / blocks[d] * strides[d];
    first.push_back(scale);
  } while (advance(position, shape, channelAxis));
}
