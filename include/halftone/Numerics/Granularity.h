// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_GRANULARITY_H
#define HALFTONE_NUMERICS_GRANULARITY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <vector>

namespace halftone {

/// Which elements of a row-major tensor share a scale: the tensor is cut into blocks of
/// `blocks[d]` elements along each dimension d, the last one possibly shorter, and each block has
/// one scale. Scales are a row-major tensor with one element per block:
///
///   per tensor     blocks = shape
///   per channel    blocks = shape, but 1 along the axis  (per token: axis 0 of [tokens, K])
///   per group      blocks = 1, but the group size along the axis
///   2-D blocks     blocks = {rows, columns}
class Granularity {
public:
  static Granularity perTensor(llvm::ArrayRef<int64_t> shape);
  static Granularity perChannel(llvm::ArrayRef<int64_t> shape, unsigned axis);
  static Granularity perGroup(llvm::ArrayRef<int64_t> shape, unsigned axis, int64_t groupSize);
  /// `blocks` has one positive entry per dimension.
  static Granularity perBlock(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> blocks);

  /// Groups of at most `groupSize` elements of one channel, next to each other in memory: of the
  /// dimensions other than `channelAxis` the innermost are whole as long as they fit, the next one
  /// is cut, the others are single. Of so many channels together: 2-D blocks.
  static Granularity perReductionGroup(llvm::ArrayRef<int64_t> shape, unsigned channelAxis,
                                       int64_t groupSize, int64_t channels = 1);

  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  llvm::ArrayRef<int64_t> getBlocks() const { return blocks; }
  /// Number of blocks along each dimension.
  llvm::SmallVector<int64_t> getScaleShape() const;
  int64_t getNumElements() const;
  int64_t getNumScales() const;

  /// A run of elements next to each other in memory and the scales they use.
  struct Run {
    int64_t firstElement;
    int64_t numElements;
    int64_t firstScale;
    /// True: all elements use `firstScale`. False: element i uses `firstScale + i`.
    bool sharesScale;
  };

  /// The elements of each block.
  class Members {
  public:
    size_t size() const { return starts.size() - 1; }
    /// The positions of the elements of block `index`, ascending.
    llvm::ArrayRef<int64_t> operator[](size_t index) const {
      return llvm::ArrayRef<int64_t>(positions).slice(starts[index],
                                                      starts[index + 1] - starts[index]);
    }

  private:
    friend class Granularity;
    std::vector<int64_t> positions, starts;
  };
  Members getMembers() const;

  /// How many blocks of this one along each dimension lie in a block of `coarser`, of the same
  /// shape; each of its blocks is a number of these.
  llvm::SmallVector<int64_t> getBlocksIn(const Granularity &coarser) const;

  /// Calls `visit` for runs that cover the tensor once, in memory order.
  void forEachRun(llvm::function_ref<void(const Run &)> visit) const;

private:
  Granularity(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> blocks);

  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<int64_t> blocks;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_GRANULARITY_H
