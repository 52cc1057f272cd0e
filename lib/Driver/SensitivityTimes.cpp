// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SensitivityTask.h"

#include "halftone/Profile/MeasureLatency.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::Latency;
using ::halftone::LatencyOptions;

bool SensitivityTask::compileProgram(const Assignment &assignment, StringRef path,
                                     bool withProfile) {
  showProgress();
  OwningOpRef<ModuleOp> quantized = quantizeCopy(assignment);
  return quantized && compileCopy(std::move(quantized), path, withProfile);
}

/// Of each candidate, then in float.
bool SensitivityTask::compileUniformPrograms(std::vector<std::string> &paths) {
  for (size_t candidate = 0; candidate <= candidates.size(); ++candidate) {
    Assignment assignment(layers.size(), kFloatChoice);
    if (candidate != candidates.size())
      assignment = assignUniformly(candidate);
    if (!createTemporary("budget", "so", paths.emplace_back()) ||
        !compileProgram(assignment, paths.back(), /*withProfile=*/true))
      return false;
  }
  return true;
}

bool SensitivityTask::timeLayers() {
  numPrograms = numDone + int64_t(candidates.size()) + 2;
  std::vector<std::string> paths, nodes;
  if (!createTemporary("budget", "so", plainPath) ||
      !compileProgram(Assignment(layers.size(), kFloatChoice), plainPath, /*withProfile=*/false) ||
      !compileUniformPrograms(paths))
    return false;
  for (const LayerChoices &layer : layers)
    nodes.push_back(layer.node);
  LatencyOptions options{data.samples, modelOptions.threads};
  llvm::Expected<std::vector<Latency>> times = ::halftone::measureLatencies(paths, nodes, options);
  if (!times)
    return fail(times.takeError());
  otherSeconds = ::halftone::findMedian(times->back().seconds);
  for (LayerChoices &layer : layers) {
    for (LayerChoice &choice : layer.choices) {
      size_t program = choice.scheme ? choice.candidates.front() : candidates.size();
      choice.seconds = (*times)[program].nodes.lookup(layer.node);
    }
    otherSeconds -= layer.choices[kFloatChoice].seconds;
  }
  // Medians need not add up.
  otherSeconds = std::max(otherSeconds, 0.0);
  for (size_t candidate = 0; candidate != candidates.size(); ++candidate)
    addUnassigned(candidate, ::halftone::findMedian((*times)[candidate].seconds));
  return true;
}

/// Not all that a scheme costs is done in the layer's name, to decode weights for instance: what
/// the program takes in addition, or less, its quantized layers share by their times.
void SensitivityTask::addUnassigned(size_t candidate, double total) {
  double others = otherSeconds, quantized = 0;
  for (const LayerChoices &layer : layers) {
    const LayerChoice &choice = layer.get(candidate);
    (isFirst(choice, candidate) ? quantized : others) += choice.seconds;
  }
  double factor = quantized > 0 ? std::max(total - others, 0.0) / quantized : 1;
  for (LayerChoices &layer : layers)
    for (LayerChoice &choice : layer.choices)
      if (isFirst(choice, candidate))
        choice.seconds *= factor;
}

bool SensitivityTask::timeAssignment(const Assignment &assignment, AssignmentTime &time) {
  if (!compileProgram(assignment, variantPath, /*withProfile=*/false))
    return false;
  llvm::Expected<std::vector<Latency>> times = ::halftone::measureLatencies(
      {plainPath, variantPath}, {}, LatencyOptions{data.samples, modelOptions.threads});
  if (!times)
    return fail(times.takeError());
  time.floatMedian = ::halftone::findMedian(times->front().seconds);
  time.median = ::halftone::findMedian(times->back().seconds);
  time.bound = ::halftone::boundMedian(times->back().seconds);
  return true;
}
