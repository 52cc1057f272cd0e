// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_ROUNDINGTASK_H
#define HALFTONE_LIB_DRIVER_ROUNDINGTASK_H

#include "ModelTask.h"
#include "halftone/Calibration/GatherGramMatrices.h"
#include "halftone/Transforms/GramInputs.h"
#include "halftone/Transforms/Recipe.h"

namespace mlir::halftone {

/// Gives layers whose weights are rounded by their inputs the Gram matrices of these, which come
/// from runs of the model on calibration data.
///
/// A sequential recipe quantizes the layers of one input after the other, and each run computes
/// with the weights that are quantized already: memory holds the matrix of one input, and there are
/// as many runs over the data as inputs. Otherwise the runs are of the float model, each for as
/// many inputs as have room in memory; the matrices of all of them wait in files.
class RoundingTask : public ModelTask {
protected:
  using ModelTask::ModelTask;

  struct Data {
    /// Samples (SampleSource).
    std::string samples;
    /// What the matrices of one run may take; the largest one always has room.
    uint64_t maxBytes = 0;
  };

  /// Assigns schemes and observes what they need. Afterwards `findGramInputs` finds what needs
  /// data.
  bool prepareRounding(std::shared_ptr<const ::halftone::Recipe> recipe);
  /// After `prepareRounding`. What is left to be quantized is so by the quantize pipeline.
  bool roundByInputs(const ::halftone::Recipe &recipe, const Data &data);
  /// Gives all layers that `findGramInputs` finds their matrices.
  bool gatherAll(const Data &data);

private:
  bool roundInTurn(const Data &data);
  bool gather(ArrayRef<GramInput> inputs, const Data &data);
  /// Gives the layers what the request has gathered.
  bool attachMatrices(const GramInput &input, ::halftone::GramRequest &request);
  bool quantizeObserved();

  /// Of runs over the data.
  int64_t numDone = 0, numRuns = 0;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_ROUNDINGTASK_H
