// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_SAMPLESET_H
#define HALFTONE_NUMERICS_SAMPLESET_H

#include <cstdint>
#include <map>
#include <optional>

namespace halftone {

/// A set of sample numbers, kept as intervals: a run over consecutive samples takes one.
class SampleSet {
public:
  void insert(uint64_t sample) { insert(sample, sample); }
  /// Inserts every number of [first, last].
  void insert(uint64_t first, uint64_t last);
  void merge(const SampleSet &other);

  bool contains(uint64_t sample) const;
  uint64_t size() const;
  /// The smallest number in both.
  std::optional<uint64_t> findCommon(const SampleSet &other) const;

  /// From first to last number of each interval, ascending; no two of them touch.
  const std::map<uint64_t, uint64_t> &getIntervals() const { return intervals; }

  bool operator==(const SampleSet &other) const { return intervals == other.intervals; }

private:
  std::map<uint64_t, uint64_t> intervals;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_SAMPLESET_H
