// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_BUDGET_H
#define HALFTONE_LIB_DRIVER_BUDGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>

namespace mlir::halftone {

/// What a quantized model may take, and how good it has to be.
struct Budget {
  /// Of all layers' weights; codes, scales and whatever else decodes them.
  std::optional<int64_t> bytes;
  /// Signal to quantization noise at the outputs, at least; in dB.
  std::optional<double> decibels;
  /// Of a run on this machine, at most.
  std::optional<double> seconds;

  /// `size=1.2MB` (B, kB, MB, GB of 1000, KiB, MiB, GiB of 1024), `accuracy=30dB` and
  /// `latency=1.5ms` (s, ms, us, ns), each at most once. Numbers are above 0, and have a unit.
  /// Anything else is an error that quotes it.
  static llvm::Expected<Budget> parse(llvm::ArrayRef<std::string> texts);
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_BUDGET_H
