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

  /// SmoothQuant+ (arXiv 2312.03788): the one exponent for all inputs, of 0, .05, .1 … 1, with
  /// which the outputs of the quantized model are least off on the samples, of equal ones the
  /// least; none if they are least off without smoothing. Weights are rounded to nearest meanwhile.
  /// A remark says what was found. Requires assigned schemes without static activations.
  bool searchAlpha(std::shared_ptr<const ::halftone::Recipe> recipe, StringRef observations,
                   StringRef samples, std::optional<double> &alpha);

  /// AWQ by the Gram matrices of the layers' inputs, for which the model runs on samples.
  bool scaleSalientWeights(std::shared_ptr<const ::halftone::Recipe> recipe, const Data &data);

private:
  /// A library at `path` of the model, smoothed by `alpha` or as it is, and quantized or not.
  bool compileSmoothed(std::shared_ptr<const ::halftone::Recipe> recipe, StringRef observations,
                       std::optional<double> alpha, bool isQuantized, StringRef path);
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_SMOOTHINGTASK_H
