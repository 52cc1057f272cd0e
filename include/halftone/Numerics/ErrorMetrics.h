// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_ERRORMETRICS_H
#define HALFTONE_NUMERICS_ERRORMETRICS_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>

namespace halftone {

/// How far `actual` is from `expected`, as sums that can be added up over parts of a tensor.
/// Everything is summed in f64 in one fixed order, so equal inputs give equal bits on every
/// machine and any number of threads. A NaN in either makes every metric but `count` NaN.
struct ErrorMetrics {
  uint64_t count = 0;
  /// Sums of expected^2, actual^2, expected * actual and (expected - actual)^2.
  double expectedPower = 0;
  double actualPower = 0;
  double product = 0;
  double errorPower = 0;
  /// The largest |expected - actual|.
  double maxError = 0;

  void add(const ErrorMetrics &part);

  /// Mean squared error; 0 of nothing.
  double meanSquaredError() const;
  /// Signal to quantization noise ratio in dB, 10 log10(sum x^2 / sum (x - y)^2); infinite without
  /// noise, also when there is no signal either.
  double sqnr() const;
  /// Cosine of the angle between both, in [-1, 1]; 1 if both are zero, 0 if one is.
  double cosine() const;
};

/// Both have the same length.
ErrorMetrics measureError(llvm::ArrayRef<float> expected, llvm::ArrayRef<float> actual);

} // namespace halftone

#endif // HALFTONE_NUMERICS_ERRORMETRICS_H
