// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CALIBRATION_CALIBRATE_H
#define HALFTONE_CALIBRATION_CALIBRATE_H

#include "halftone/Numerics/Observations.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <functional>

namespace halftone {

struct CalibrationOptions {
  /// An .npz with a leading sample axis or a folder of .npz files (SampleSource).
  std::string samples;
  /// Threads of a run; 0: one per CPU.
  int threads = 0;
  /// Called after each sample with the number done and the number of all; may be empty.
  std::function<void(int64_t done, int64_t total)> progress;
};

/// Runs the observing module at `modulePath` on every sample and adds what its tensors were to
/// `observations`; samples that it already has are skipped. Memory holds one sample, whatever their
/// number.
///
/// Errors: a module or sample file that cannot be read, an input that is missing or of another
/// shape or type than the model's (named with the sample's number), no samples at all, a run that
/// fails, or values that are not finite.
llvm::Error calibrate(llvm::StringRef modulePath, const CalibrationOptions &options,
                      Observations &observations);

} // namespace halftone

#endif // HALFTONE_CALIBRATION_CALIBRATE_H
