// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_RANGEESTIMATOR_H
#define HALFTONE_NUMERICS_RANGEESTIMATOR_H

#include "halftone/Numerics/AffineGrid.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <optional>

namespace halftone {

class Histogram;
class TensorStatistics;

/// Ways to choose the range that a grid covers; what lies outside is clipped to it.
enum class RangeMethod {
  /// All values seen.
  MinMax,
  /// The moving average of the samples' ranges, in the order of their numbers.
  MovingAverage,
  /// Without the few largest values.
  Percentile,
  /// Least Kullback-Leibler divergence (TensorRT) of all values but zeros, which no range changes.
  Entropy,
  /// Least mean squared error of the quantized values.
  MeanSquaredError,
  /// Given by hand.
  Clip,
};

/// "min-max", "moving-average", "percentile", "entropy", "mse", "clip".
llvm::StringRef stringifyRangeMethod(RangeMethod method);
std::optional<RangeMethod> parseRangeMethod(llvm::StringRef name);

struct RangeOptions {
  RangeMethod method = RangeMethod::MinMax;
  /// MovingAverage: the weight of the past, in [0, 1). The first sample starts the average.
  double momentum = 0.9;
  /// Percentile: the part of the values to keep, in (0, 100]. A symmetric range keeps that part of
  /// the magnitudes; an asymmetric one leaves out half of the rest at each end.
  double percentile = 99.99;
  /// Entropy: magnitudes that the grid can tell apart; none: half of the format's codes, 128 of 8
  /// bits.
  std::optional<unsigned> entropyLevels;
  /// Clip: the range.
  Range clip;
};

/// The range for quantizing what `statistics` has seen to `format`, symmetrically or not. It lies
/// within the range seen, except for Clip. An error if nothing finite was seen, which Clip does not
/// need, or if an option is out of its range.
llvm::Expected<Range> estimateRange(const TensorStatistics &statistics, const RangeOptions &options,
                                    const Format &format, bool symmetric);

/// TensorRT's calibration (S. Migacz, "8-bit inference with TensorRT", GTC 2017): the number i of
/// bins to keep, out of `magnitudes`, for which the kept distribution and its image on `levels`
/// levels diverge least. For each i from `levels` up
///   P = the first i bins, the last one with the count of all bins after it;
///   Q = the first i bins in `levels` runs of equal length (bin b is in run b * levels / i), the
///       count of a run spread evenly over those of its bins that are not empty in P;
/// and KL(P || Q) is minimal, ties going to the smaller i. All bins if there are no more than
/// `levels`.
size_t findEntropyThreshold(llvm::ArrayRef<uint64_t> magnitudes, unsigned levels);

/// KL(P || Q) of one such candidate; infinite if Q is zero where P is not.
double entropyDivergence(llvm::ArrayRef<uint64_t> magnitudes, unsigned levels, size_t numKept);

/// The range with the least mean squared error among `range` shrunk to i/128 of itself, i from 1 to
/// 128; ties go to the smaller one. Values are taken to lie in the middle of their bins.
Range findLeastSquaresRange(const Histogram &histogram, Range range, const Format &format,
                            bool symmetric);

} // namespace halftone

#endif // HALFTONE_NUMERICS_RANGEESTIMATOR_H
