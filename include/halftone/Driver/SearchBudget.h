// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which scheme each layer of a model gets, so that a budget is kept.
#ifndef HALFTONE_DRIVER_SEARCHBUDGET_H
#define HALFTONE_DRIVER_SEARCHBUDGET_H

#include "halftone/Driver/ModelOptions.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>

namespace halftone {

struct SearchBudgetOptions : ModelOptions {
  /// `size=1.2MB`: at most so many bytes of weights, and the least error; `accuracy=30dB`: at least
  /// that signal to quantization noise at the outputs, and the fewest bytes; `latency=1.5ms`: at
  /// most that for a run on this machine, and the least error. Several: the fewest bytes where one
  /// is `accuracy=`, else the least error.
  std::vector<std::string> budgets;
  /// Presets and YAML files that each layer can have; empty: `defaultCandidates`.
  std::vector<std::string> candidates;
  /// Samples (SampleSource) on which the outputs are compared with those of the float model, and
  /// how many of them; 0: all.
  std::string samples;
  int64_t numSamples = 0;
  /// As of `compile`, for candidates with static activations.
  std::string calibration;
  std::string observations;
  /// Where to write the recipe; empty: nowhere.
  std::string writeRecipe;
};

struct FoundRecipe {
  /// YAML with a rule for each layer.
  std::string text;
  /// The layers, the assignments that are worth considering, and which one was taken.
  std::string table;
};

llvm::ArrayRef<llvm::StringRef> defaultCandidates();

/// Measures what each candidate costs each layer, finds the best assignment as if errors added up,
/// compiles it, and measures what really comes out. Where that misses the accuracy, or is better
/// than it has to be, the search goes on with what was learned. Diagnostics go to stderr as
/// `compile` prints them; nullopt if there was an error, or the budget cannot be kept, and then
/// nothing was written.
std::optional<FoundRecipe> searchBudget(const SearchBudgetOptions &options);

} // namespace halftone

#endif // HALFTONE_DRIVER_SEARCHBUDGET_H
