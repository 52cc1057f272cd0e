// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_SENSITIVITYTASK_H
#define HALFTONE_LIB_DRIVER_SENSITIVITYTASK_H

#include "ModelTask.h"
#include "Report.h"
#include "halftone/Calibration/MeasureOutputs.h"
#include "halftone/Transforms/WriteRecipe.h"

namespace mlir::halftone {

/// What can become of all layers at once.
struct Candidate {
  std::string name;
  std::shared_ptr<const ::halftone::Recipe> recipe;
};

/// What can become of a layer, and what that costs.
struct LayerChoice {
  /// None: it stays float.
  std::optional<::halftone::Scheme> scheme;
  /// The candidates that say this of the layer.
  std::vector<size_t> candidates;
  int64_t bytes = 0;
  /// Power of the error of what the layer puts out, when its inputs are those of the float model.
  /// Of nothing where nobody sees that (in branches and loops, and of other types than f32), and
  /// of schemes with static activations.
  ::halftone::ErrorMetrics own;
  /// Power of the error at the model's outputs when nothing else is quantized: measured, or
  /// estimated by `own`. Not finite if the layer cannot be like that.
  double error = 0;
  bool isMeasured = false;
  /// Of a run in which all layers are like that; 0 unless `timeLayers` was called.
  double seconds = 0;
};

/// Every layer has this choice; it has no candidates unless one of them says it.
inline constexpr size_t kFloatChoice = 0;

/// Of candidates that say the same one is measured.
inline bool isFirst(const LayerChoice &choice, size_t candidate) {
  return choice.scheme && choice.candidates.front() == candidate;
}

struct LayerChoices {
  std::string node;
  int64_t floatBytes = 0;
  /// An embedding: there are no activations to quantize.
  bool isEmbedding = false;
  std::vector<LayerChoice> choices;

  /// The choice that `candidate` makes.
  const LayerChoice &get(size_t candidate) const;
};

/// Of one run, in seconds.
struct AssignmentTime {
  /// Medians of runs by turns.
  double median = 0, floatMedian = 0;
  /// What the median exceeds with a probability of 1 % at most (boundMedian).
  double bound = 0;
};

/// Finds out what each candidate costs each layer in bytes and in error at the model's outputs.
///
/// The error at the outputs takes one program for each layer and candidate. Most of it is saved: a
/// layer is measured with one candidate, alone in a float model, and the others cost as much more
/// or less as their error at the layer's own output does. The own errors of all layers come from
/// one program per candidate, which computes every layer twice: in float, for those behind it, and
/// quantized, to look at. So n layers and c candidates take n + 2 c programs instead of n c, and
/// one more for each layer whose error is so large that it is no longer in proportion. Where own
/// errors cannot be seen, or say nothing (the one that was measured has none), each candidate is
/// measured. So are static activations, whatever their number: all that reads the same tensor gets
/// the rounded values, so that more is wrong at the outputs than the layer itself.
class SensitivityTask : public ModelTask {
public:
  /// For each layer the choice that it gets.
  using Assignment = std::vector<size_t>;

protected:
  using ModelTask::ModelTask;

  struct Data {
    /// Samples (SampleSource) on which errors are measured, and how many of them; 0: all.
    std::string samples;
    int64_t numSamples = 0;
    /// For candidates with static activations: samples, or observations of quant-calibrate.
    std::string calibration, observations;
  };

  /// After `simplify`: fills `layers` and `uniform`. What the passes say beside errors is for the
  /// caller to leave out.
  bool measureSensitivity(std::vector<Candidate> candidates, const Data &data);
  Assignment assignUniformly(size_t candidate) const;
  /// What really comes out with an assignment.
  bool measureAssignment(const Assignment &assignment, ::halftone::OutputError &error);
  /// After `measureSensitivity`: how long each layer takes with each of its choices on the first
  /// sample. For each candidate there is a program in which all layers have it, and one in float,
  /// compiled for profiling; they run by turns.
  bool timeLayers();
  /// How long a run takes with an assignment, and how long one of the float model beside it.
  bool timeAssignment(const Assignment &assignment, AssignmentTime &time);
  std::vector<::halftone::LayerScheme> getSchemes(const Assignment &assignment) const;

  std::vector<Candidate> candidates;
  std::vector<LayerChoices> layers;
  /// What comes out when all layers have the same candidate.
  std::vector<::halftone::OutputError> uniform;
  /// Of `timeLayers`: what a run of the float model takes beside its layers.
  double otherSeconds = 0;

private:
  std::shared_ptr<const ::halftone::Recipe> makeRecipe(const Assignment &assignment);
  void findLayers();
  void addChoice(LayerChoices &layer, size_t candidate);
  bool calibrate();
  /// A quantized copy of the model; null after an error.
  OwningOpRef<ModuleOp> quantizeCopy(const Assignment &assignment);
  void addBytes(size_t candidate, ModuleOp quantized);
  bool measure(StringRef program, ArrayRef<std::string> apart, ::halftone::OutputError &error);
  bool compileFloat();
  std::vector<std::string> nameOutputs() const;
  bool measureUniform(size_t candidate);
  bool measureOwn(size_t candidate);
  bool measureAlone(size_t layer, size_t choice);
  bool measureReferences(size_t layer);
  bool measureLayer(size_t layer);
  void showProgress();
  bool compileProgram(const Assignment &assignment, StringRef path, bool withProfile);
  bool compileUniformPrograms(std::vector<std::string> &paths);
  void addUnassigned(size_t candidate, double total);

  Data data;
  /// Nodes of one op outside of branches and loops, whose output is f32.
  std::vector<size_t> visible;
  std::string observationsPath, floatPath, variantPath;
  /// The float model as it is, without outputs for its layers.
  std::string plainPath;
  int64_t numDone = 0, numPrograms = 0;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_SENSITIVITYTASK_H
