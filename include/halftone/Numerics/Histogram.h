// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_HISTOGRAM_H
#define HALFTONE_NUMERICS_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace halftone {

/// Counts of finite values in bins of equal width 2^exponent: positive bin i counts the values of
/// [i, i + 1) * 2^exponent, negative bin i those whose magnitude is there. Zeros of either sign
/// are in positive bin 0.
///
/// The exponent is the smallest for which the largest magnitude seen lies below
/// numBins * 2^exponent. A larger value merges bins in pairs until it fits; as widths are powers
/// of two a wide bin is exactly a number of narrow ones, so the counts depend on the values alone
/// and not on their order or on how they were split over histograms that were merged. At least
/// half of the bins lie below the largest magnitude.
class Histogram {
public:
  static constexpr unsigned numBins = 4096;
  /// Below 2^-114 bins no longer shrink: the inverse of their width is still a float.
  static constexpr int minExponent = -126;

  Histogram();

  /// The smallest exponent for values up to `absmax`, which is finite.
  static int exponentFor(float absmax);

  /// Adds finite values whose magnitudes are at most `absmax`.
  void add(llvm::ArrayRef<float> values, float absmax);
  void merge(const Histogram &other);

  int getExponent() const { return exponent; }
  /// The width of a bin.
  double getBinWidth() const;
  /// The counts of one side, numBins each.
  llvm::ArrayRef<uint64_t> getPositive() const;
  llvm::ArrayRef<uint64_t> getNegative() const;
  /// Counts of magnitudes: both sides added.
  std::vector<uint64_t> getMagnitudes() const;
  uint64_t getCount() const;

  /// Restores a histogram from what the getters gave. nullopt unless each side has numBins counts
  /// and the exponent is a valid one.
  static std::optional<Histogram> fromCounts(int exponent, llvm::ArrayRef<uint64_t> positive,
                                             llvm::ArrayRef<uint64_t> negative);

private:
  /// Merges bins until the exponent is at least `wanted`.
  void widen(int wanted);

  int exponent = minExponent;
  /// The positive bins, then the negative ones.
  std::vector<uint64_t> counts;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_HISTOGRAM_H
