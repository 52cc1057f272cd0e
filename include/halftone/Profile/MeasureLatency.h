// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How long compiled models take, side by side.
#ifndef HALFTONE_PROFILE_MEASURELATENCY_H
#define HALFTONE_PROFILE_MEASURELATENCY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace halftone {

/// Of at least one number, in ascending order; between the two in the middle of an even number.
double findMedian(llvm::ArrayRef<double> sorted);

/// A number that the median of what is measured exceeds with a probability of 1 % at most, if runs
/// are independent: the smallest of the `sorted` ones that so many of them do not exceed as a fair
/// coin would show heads in 99 % of all tries (the binomial interval for a quantile: Conover,
/// Practical Nonparametric Statistics, section 3.2). The largest where there are fewer than 7.
double boundMedian(llvm::ArrayRef<double> sorted);

struct LatencyOptions {
  /// As SampleSource has them; the first one is what the programs run on.
  std::string samples;
  /// Of a run; 0: one per CPU.
  int threads = 0;
  /// At least 1. There are three more of each program that do not count.
  int64_t runs = 25;
};

struct Latency {
  /// Of each run, in ascending order.
  std::vector<double> seconds;
  /// Of programs compiled for profiling: seconds of each ONNX node, medians over the runs. A region
  /// of several nodes divides its time evenly among those of `nodes`, or else all of its nodes.
  llvm::StringMap<double> nodes;
};

/// Runs the programs (libraries of one model) by turns, so that a machine that gets slower or
/// faster meanwhile does that to all of them. All are loaded at the same time. `nodes`: whose time
/// matters.
///
/// Errors: libraries or samples that cannot be read, no samples, inputs that do not fit, a run that
/// fails.
llvm::Expected<std::vector<Latency>> measureLatencies(llvm::ArrayRef<std::string> programs,
                                                      llvm::ArrayRef<std::string> nodes,
                                                      const LatencyOptions &options);

} // namespace halftone

#endif // HALFTONE_PROFILE_MEASURELATENCY_H
