// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_TENSORSTATISTICS_H
#define HALFTONE_NUMERICS_TENSORSTATISTICS_H

#include "halftone/Numerics/AffineGrid.h"
#include "halftone/Numerics/Histogram.h"

#include "llvm/Support/Error.h"

#include <map>
#include <optional>
#include <vector>

namespace halftone {

/// Largest magnitudes of the channels, the slices along one axis of a tensor.
struct ChannelStatistics {
  /// Counted from the end if negative, so that -1 is the last axis of tensors of any rank.
  int64_t axis = -1;
  /// Empty until a tensor was seen.
  std::vector<float> absmax;
};

/// What is remembered about the values that one tensor of a model took over many samples. Takes
/// the same memory for any number of them.
///
/// Everything depends only on which values each sample had: neither the order of samples nor
/// their distribution over several objects that are then merged changes a bit. Values that are
/// not finite are counted and otherwise left out.
class TensorStatistics {
public:
  /// How many of the latest samples keep their own range. A moving average of momentum m is short
  /// of the samples before them by a weight of m^256, which is 2^-38 at .9.
  static constexpr size_t maxRecentSamples = 256;

  TensorStatistics() = default;
  /// Also keeps the largest magnitude per channel of `axis`.
  static TensorStatistics withChannels(int64_t axis);

  /// Adds `values`, a row-major tensor of `shape`, seen in sample number `sample`. A sample may
  /// come in several parts. `shape` is only read if channels are kept; an error, and nothing
  /// added, if their axis is not in it or if their number differs from before.
  llvm::Error observe(uint64_t sample, llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape);

  /// Adds what `other` has seen. An error if only one has channels or they are not the same.
  llvm::Error merge(const TensorStatistics &other);

  /// Numbers of finite values, of zeros among them, and of values that are not finite.
  uint64_t getCount() const { return histogram.getCount(); }
  uint64_t getNumZeros() const { return numZeros; }
  uint64_t getNumNaNs() const { return numNaNs; }
  uint64_t getNumInfinities() const { return numInfinities; }
  /// The smallest range that holds every finite value; nullopt before the first one.
  std::optional<Range> getRange() const { return range; }
  const Histogram &getHistogram() const { return histogram; }
  /// The ranges of the latest samples that had finite values, by sample number.
  const std::map<uint64_t, Range> &getRecentSamples() const { return recentSamples; }
  const std::optional<ChannelStatistics> &getChannels() const { return channels; }

private:
  friend struct TensorStatisticsJSON;

  llvm::Error checkShape(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape);
  std::optional<Range> observeValues(llvm::ArrayRef<float> values);
  Range observeFinite(llvm::ArrayRef<float> values);
  void observeChannels(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape);
  void addSample(uint64_t sample, Range sampleRange);

  uint64_t numZeros = 0;
  uint64_t numNaNs = 0;
  uint64_t numInfinities = 0;
  std::optional<Range> range;
  Histogram histogram;
  std::map<uint64_t, Range> recentSamples;
  std::optional<ChannelStatistics> channels;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_TENSORSTATISTICS_H
