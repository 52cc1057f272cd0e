// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_TIMING_H
#define HALFTONE_LIB_DRIVER_TIMING_H

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>
#include <string>
#include <vector>

namespace mlir::halftone {

/// Wall time of a compilation: its phases, and the steps of each.
class Timing {
public:
  /// Adds to a step of the phase that is running; may be called from several threads. Steps of one
  /// name are added up, so the steps of a phase whose passes run in parallel may exceed it.
  void addStep(StringRef name, double seconds);

  /// Makes what was added since the last phase the steps of this one.
  void endPhase(StringRef name, double seconds);

  /// Every pass becomes a step.
  void observe(PassManager &passes);

  struct Step {
    std::string name;
    double seconds = 0;
  };
  struct Phase {
    std::string name;
    double seconds = 0;
    std::vector<Step> steps; ///< In the order of their first end.
  };
  const std::vector<Phase> &getPhases() const { return phases; }

  void print(llvm::raw_ostream &stream) const;

private:
  std::mutex mutex;
  std::vector<Step> current;
  std::vector<Phase> phases;
};

llvm::json::Array toJSON(ArrayRef<Timing::Phase> phases);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_TIMING_H
