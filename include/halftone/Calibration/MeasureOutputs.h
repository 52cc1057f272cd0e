// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CALIBRATION_MEASUREOUTPUTS_H
#define HALFTONE_CALIBRATION_MEASUREOUTPUTS_H

#include "halftone/Numerics/ErrorMetrics.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace halftone {

struct MeasureOptions {
  /// As SampleSource has them.
  std::string samples;
  /// Only the first ones; 0: all.
  int64_t maxSamples = 0;
  /// Of a run; 0: one per CPU.
  int threads = 0;
  /// Outputs that are measured apart from the others and from each other, for example what layers
  /// put out.
  std::vector<std::string> apart = {};
};

struct OutputError {
  ErrorMetrics metrics;
  /// Of the outputs that are measured apart, in their order; of nothing where neither program, or
  /// but one, has the output.
  std::vector<ErrorMetrics> apart;
  int64_t numSamples = 0;
};

/// How far the f32 outputs of `program` are from those of `reference` with the same names, both
/// libraries of one model, summed over all of them. Both run on one sample after the other, and
/// memory holds one.
///
/// Errors: libraries or samples that cannot be read, inputs that do not fit (named with the
/// sample's number), a run that fails, outputs of different shapes, or no f32 output at all.
llvm::Expected<OutputError> measureOutputs(llvm::StringRef reference, llvm::StringRef program,
                                           const MeasureOptions &options);

} // namespace halftone

#endif // HALFTONE_CALIBRATION_MEASUREOUTPUTS_H
