// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_BUDGETTABLE_H
#define HALFTONE_LIB_DRIVER_BUDGETTABLE_H

#include "SensitivityTask.h"
#include "halftone/Numerics/AssignmentFront.h"

namespace mlir::halftone {

/// An assignment as a row of the table.
struct BudgetRow {
  std::string name;
  int64_t bytes = 0;
  /// As if the errors of the layers added up.
  double predictedError = 0;
  std::optional<double> measuredError;
  /// Of a run in seconds, as if those of the layers added up, and measured; where times matter.
  double predictedSeconds = 0;
  std::optional<double> measuredSeconds;
  bool isChosen = false;
};

struct BudgetTable {
  ArrayRef<Candidate> candidates;
  ArrayRef<LayerChoices> layers;
  SensitivityTask::Assignment chosen;
  std::vector<BudgetRow> rows;
  /// Of the outputs of the float model.
  double signalPower = 0;
  int64_t numSamples = 0;
  /// Whether layers and rows have times.
  bool hasTimes = false;

  /// Signal to noise in dB.
  double getDecibels(double error) const;
  std::string make() const;
};

/// Seconds as "1.2345" milliseconds.
std::string formatMilliseconds(double seconds);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_BUDGETTABLE_H
