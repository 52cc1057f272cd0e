// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_COMPARISON_H
#define HALFTONE_LIB_DRIVER_COMPARISON_H

#include "halftone/Calibration/MeasureOutputs.h"
#include "mlir/Support/LLVM.h"
#include <string>
#include <vector>

namespace mlir::halftone {

/// A quantized layer, the errors at its own output, and those at the outputs of the model when it
/// alone is quantized and when all others are.
struct ComparedLayer {
  std::string node;
  std::string weights;     ///< Format.
  std::string activations; ///< Format and `static` or `dynamic`; empty: floats.
  int64_t floatBytes = 0;
  int64_t bytes = 0;
  /// Of what the layer puts out: quantized with inputs of the float model, and float with those
  /// of the quantized one. Of nothing where it cannot be seen, in a branch or loop.
  ::halftone::ErrorMetrics own;
  ::halftone::ErrorMetrics inherited;
  ::halftone::ErrorMetrics alone;
  ::halftone::ErrorMetrics leftOut;
};

struct Comparison {
  std::string model;
  std::string recipe;
  /// Of the model as the recipe quantizes it.
  ::halftone::OutputError quantized;
  std::vector<ComparedLayer> layers;

  /// What the outputs gain in dB when the layer is float again; infinite if nothing else has an
  /// error.
  double getGain(const ComparedLayer &layer) const;

  /// Puts first what leaves the least error behind when it is float again; equal ones stay as they
  /// are.
  void rank();

  std::string makeTable() const;
  std::string makeJSON() const;
  /// A page without anything from elsewhere; its table sorts by a click.
  std::string makeHTML() const;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_COMPARISON_H
