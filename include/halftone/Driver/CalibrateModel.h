// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From an ONNX file and samples to an observations file.
#ifndef HALFTONE_DRIVER_CALIBRATEMODEL_H
#define HALFTONE_DRIVER_CALIBRATEMODEL_H

#include "halftone/Calibration/Calibrate.h"
#include "halftone/Driver/ModelOptions.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>

namespace halftone {

struct CalibrateModelOptions : ModelOptions {
  /// Which samples.
  SampleSelection samples;
  /// Observations file.
  std::string output;
  /// Add to what `output` has, if it exists; samples that it has are not run again.
  bool resume = false;
};

struct ObservationsSummary {
  uint64_t numAdded = 0;
  uint64_t numSamples = 0;
  uint64_t numTensors = 0;
};

/// Runs the float model on the samples and writes what the inputs of all its contractions with
/// constant weights were, whatever a recipe may quantize. The file is written every half minute and
/// at the end, so that a run that was ended can be resumed. Diagnostics go to stderr as `compile`
/// prints them; nullopt if there was an error.
std::optional<ObservationsSummary> calibrateModel(const CalibrateModelOptions &options);

/// Writes the observations of all `files`, which are of one model and of different samples, as one
/// file: the bytes that one run on all the samples writes. Errors go to stderr.
std::optional<ObservationsSummary> mergeObservations(llvm::ArrayRef<std::string> files,
                                                     llvm::StringRef output);

} // namespace halftone

#endif // HALFTONE_DRIVER_CALIBRATEMODEL_H
