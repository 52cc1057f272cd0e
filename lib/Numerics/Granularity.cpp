// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Granularity.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cassert>
#include <numeric>

using namespace halftone;

Granularity::Granularity(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> blocks)
    : shape(shape), blocks(blocks) {
  assert(shape.size() == blocks.size() && "one block size per dimension");
  for (auto [size, block] : llvm::zip_equal(this->shape, this->blocks)) {
    assert(size >= 0 && block > 0 && "sizes are static and blocks are not empty");
    block = std::min(block, std::max<int64_t>(size, 1));
  }
}

Granularity Granularity::perTensor(llvm::ArrayRef<int64_t> shape) {
  llvm::SmallVector<int64_t> blocks(shape);
  for (int64_t &block : blocks)
    block = std::max<int64_t>(block, 1);
  return {shape, blocks};
}

Granularity Granularity::perChannel(llvm::ArrayRef<int64_t> shape, unsigned axis) {
  assert(axis < shape.size() && "the axis is one of the dimensions");
  Granularity result = perTensor(shape);
  result.blocks[axis] = 1;
  return result;
}

Granularity Granularity::perGroup(llvm::ArrayRef<int64_t> shape, unsigned axis, int64_t groupSize) {
  assert(axis < shape.size() && "the axis is one of the dimensions");
  llvm::SmallVector<int64_t> blocks(shape.size(), 1);
  blocks[axis] = groupSize;
  return {shape, blocks};
}

Granularity Granularity::perBlock(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> blocks) {
  return {shape, blocks};
}

Granularity Granularity::perReductionGroup(llvm::ArrayRef<int64_t> shape, unsigned channelAxis,
                                           int64_t groupSize, int64_t channels) {
  assert(channelAxis < shape.size() && groupSize > 0 && channels > 0 && "a group of a channel");
  llvm::SmallVector<int64_t> blocks(shape.size(), 1);
  blocks[channelAxis] = channels;
  int64_t left = groupSize;
  for (size_t d = shape.size(); d-- > 0 && left > 1;) {
    if (d == channelAxis)
      continue;
    blocks[d] = std::clamp<int64_t>(shape[d], 1, left);
    left = blocks[d] < shape[d] ? 1 : left / blocks[d];
  }
  return {shape, blocks};
}

llvm::SmallVector<int64_t> Granularity::getScaleShape() const {
  llvm::SmallVector<int64_t> scaleShape;
  for (auto [size, block] : llvm::zip_equal(shape, blocks))
    scaleShape.push_back(llvm::divideCeil(size, block));
  return scaleShape;
}

static int64_t product(llvm::ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
}

int64_t Granularity::getNumElements() const { return product(shape); }
int64_t Granularity::getNumScales() const { return product(getScaleShape()); }

Granularity::Members Granularity::getMembers() const {
  Members members;
  members.starts.assign(getNumScales() + 1, 0);
  forEachRun([&](const Run &run) {
    for (int64_t i = 0; i != run.numElements; ++i)
      ++members.starts[run.firstScale + (run.sharesScale ? 0 : i) + 1];
  });
  std::partial_sum(members.starts.begin(), members.starts.end(), members.starts.begin());
  std::vector<int64_t> next(members.starts);
  members.positions.resize(getNumElements());
  forEachRun([&](const Run &run) {
    for (int64_t i = 0; i != run.numElements; ++i)
      members.positions[next[run.firstScale + (run.sharesScale ? 0 : i)]++] = run.firstElement + i;
  });
  return members;
}

llvm::SmallVector<int64_t> Granularity::getBlocksIn(const Granularity &coarser) const {
  llvm::SmallVector<int64_t> counts;
  for (auto [size, fine, coarse] : llvm::zip_equal(shape, blocks, coarser.blocks)) {
    assert((coarse >= size || coarse % fine == 0) && "a coarse block is a number of fine ones");
    counts.push_back(llvm::divideCeil(coarse, fine));
  }
  return counts;
}

// Joins dimensions that one dimension can stand for, so that runs get as long as they can: a
// dimension within one block joins the one before it, and so do two dimensions of blocks of 1.
static void joinDimensions(llvm::SmallVectorImpl<int64_t> &shape,
                           llvm::SmallVectorImpl<int64_t> &blocks) {
  for (size_t d = shape.size(); d-- > 1;) {
    bool isWhole = blocks[d] == shape[d];
    bool bothSingle = blocks[d - 1] == 1 && blocks[d] == 1;
    if (!isWhole && !bothSingle)
      continue;
    blocks[d - 1] *= blocks[d];
    shape[d - 1] *= shape[d];
    shape.erase(shape.begin() + d);
    blocks.erase(blocks.begin() + d);
  }
}

// The runs of one row, a stretch along the last dimension.
static void visitRow(int64_t firstElement, int64_t firstScale, int64_t size, int64_t block,
                     llvm::function_ref<void(const Granularity::Run &)> visit) {
  if (block == 1) {
    visit({firstElement, size, firstScale, /*sharesScale=*/size == 1});
    return;
  }
  for (int64_t begin = 0; begin < size; begin += block)
    visit({firstElement + begin, std::min(block, size - begin), firstScale + begin / block,
           /*sharesScale=*/true});
}

// Counts up, the last digit fastest.
static void advance(llvm::MutableArrayRef<int64_t> index, llvm::ArrayRef<int64_t> sizes) {
  for (size_t d = index.size(); d-- > 0;) {
    index[d] += 1;
    if (index[d] != sizes[d])
      return;
    index[d] = 0;
  }
}

void Granularity::forEachRun(llvm::function_ref<void(const Run &)> visit) const {
  if (getNumElements() == 0)
    return;
  llvm::SmallVector<int64_t> sizes(shape), steps(blocks);
  if (sizes.empty()) {
    sizes.push_back(1);
    steps.push_back(1);
  }
  joinDimensions(sizes, steps);
  size_t last = sizes.size() - 1;
  llvm::SmallVector<int64_t> index(last, 0);
  int64_t scalesPerRow = llvm::divideCeil(sizes[last], steps[last]);
  int64_t numRows = product(llvm::ArrayRef<int64_t>(sizes).drop_back());
  for (int64_t row = 0; row != numRows; ++row) {
    int64_t scaleRow = 0;
    for (size_t d = 0; d != last; ++d)
      scaleRow = scaleRow * llvm::divideCeil(sizes[d], steps[d]) + index[d] / steps[d];
    visitRow(row * sizes[last], scaleRow * scalesPerRow, sizes[last], steps[last], visit);
    advance(index, sizes);
  }
}
