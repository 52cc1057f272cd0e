// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which layers of a quantized model its error comes from.
#ifndef HALFTONE_DRIVER_COMPAREMODEL_H
#define HALFTONE_DRIVER_COMPAREMODEL_H

#include "halftone/Driver/ModelOptions.h"
#include <optional>

namespace halftone {

struct CompareModelOptions : ModelOptions {
  /// Preset name or YAML file.
  std::string recipe;
  /// As of `compile`.
  std::string calibration;
  std::string observations;
  uint64_t maxRoundingBytes = uint64_t(1) << 30;
  /// Samples (SampleSource) on which the programs are compared.
  std::string inputs;
  /// Only the first ones; 0: all.
  int64_t numSamples = 0;
  /// A node, or a regular expression between slashes: the layers to look at; empty: all.
  std::string layers;
  /// Where to write all numbers as JSON; empty: nowhere.
  std::string json;
  /// Where to write a page with the table; empty: nowhere.
  std::string html;
};

/// Runs the float and the quantized program on the samples, and for each layer that the recipe
/// quantizes two more: one where it alone is quantized, one where all others are. Returns a table
/// of the layers, those first whose return to float helps the outputs most. Diagnostics go to
/// stderr as `compile` prints them; nullopt if there was an error, and then nothing was written.
std::optional<std::string> compareModel(const CompareModelOptions &options);

} // namespace halftone

#endif // HALFTONE_DRIVER_COMPAREMODEL_H
