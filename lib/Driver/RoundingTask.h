// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_ROUNDINGTASK_H
#define HALFTONE_LIB_DRIVER_ROUNDINGTASK_H

#include "ModelTask.h"
#include "RoundingCheckpoint.h"
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
///
/// With a checkpoint, layers are rounded as soon as they have their matrices, each into a file of
/// its own, and what is there needs no run. The module is made of the files afterwards, as it is
/// made of the matrices without them: its bytes are the same whoever wrote them, and when.
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
  /// Where rounded weights are kept.
  struct Keeping {
    /// Of a RoundingCheckpoint; empty: nowhere.
    std::string folder;
    /// The file of observations that the task was given; empty: none.
    std::string observations;
    /// Rounds only these inputs' layers, into the folder and nowhere else.
    std::optional<Share> share;
  };

  /// After `prepareRounding`. What is left to be quantized is so by the quantize pipeline.
  bool roundByInputs(const ::halftone::Recipe &recipe, const Data &data, const Keeping &keeping);
  /// Gives all layers that `findGramInputs` finds their matrices.
  bool gatherAll(const Data &data);

private:
  /// `checkpoint`: null if there is none.
  bool roundInTurn(const Data &data, RoundingCheckpoint *checkpoint);
  std::optional<RoundingCheckpoint> openCheckpoint(const ::halftone::Recipe &recipe,
                                                   const Data &data, const Keeping &keeping);
  /// Rounds the layers of `inputs` whose files are missing, into these.
  bool roundIntoFiles(ArrayRef<GramInput> inputs, const Data &data);
  bool gatherInRuns(ArrayRef<GramInput> inputs, const Data &data,
                    llvm::function_ref<bool(ArrayRef<GramInput>)> afterRun);
  bool gather(ArrayRef<GramInput> inputs, const Data &data);
  /// Gives the layers what the request has gathered.
  bool attachMatrices(const GramInput &input, ::halftone::GramRequest &request);
  bool quantizeObserved(ModuleOp program);
  void sayWhatWasKept(StringRef folder);

  /// Of runs over the data.
  int64_t numDone = 0, numRuns = 0;
  /// Inputs whose layers were in the checkpoint.
  int64_t numKept = 0, numInputs = 0;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_ROUNDINGTASK_H
