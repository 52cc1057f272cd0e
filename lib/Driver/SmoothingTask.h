// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_SMOOTHINGTASK_H
#define HALFTONE_LIB_DRIVER_SMOOTHINGTASK_H

#include "RoundingTask.h"

namespace mlir::halftone {

/// Moves factors between activations and weights of the float model, before it is quantized.
class SmoothingTask : public RoundingTask {
protected:
  using RoundingTask::RoundingTask;

  /// SmoothQuant by an observations file of the simplified model. Requires assigned schemes.
  bool smoothActivations(const ::halftone::SmoothingScheme &smoothing, StringRef observations);

  /// AWQ by the Gram matrices of the layers' inputs, for which the model runs on samples.
  bool scaleSalientWeights(std::shared_ptr<const ::halftone::Recipe> recipe, const Data &data);
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_SMOOTHINGTASK_H
