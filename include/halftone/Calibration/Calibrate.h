// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CALIBRATION_CALIBRATE_H
#define HALFTONE_CALIBRATION_CALIBRATE_H

#include "halftone/Numerics/Observations.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <string>

namespace halftone {

/// Samples for one process: all of a data set, or a part of it.
struct SampleSelection {
  /// An .npz with a leading sample axis or a folder of .npz files (SampleSource).
  std::string data;
  /// Of `numShards` parts of equal length, give or take one sample, the one at `shard`.
  int64_t shard = 0;
  int64_t numShards = 1;
  /// What the first sample of the data is called. Samples are told apart by their numbers, so data
  /// sets in several files continue each other's.
  uint64_t firstNumber = 0;
};

struct CalibrationOptions {
  SampleSelection samples;
  /// By tensor, the dimension whose channels get their largest magnitudes, counted from the end if
  /// negative. Tensors that are not listed get none.
  llvm::StringMap<int64_t> channelAxes;
  /// Threads of a run; 0: one per CPU.
  int threads = 0;
  /// Called after each sample with the number done and the number of all; may be empty.
  std::function<void(int64_t done, int64_t total)> progress;
  /// Called after each sample that was added; an error ends the calibration. May be empty.
  std::function<llvm::Error()> checkpoint;
};

/// Runs the observing module at `modulePath` on the samples and adds what its tensors were to
/// `observations`; samples that it already has are skipped. Memory holds one sample, whatever their
/// number.
///
/// Errors: a module or sample file that cannot be read, an input that is missing or of another
/// shape or type than the model's (named with the sample's number), no samples at all, or a run
/// that fails.
llvm::Error calibrate(llvm::StringRef modulePath, const CalibrationOptions &options,
                      Observations &observations);

} // namespace halftone

#endif // HALFTONE_CALIBRATION_CALIBRATE_H
