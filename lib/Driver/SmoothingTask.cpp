// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SmoothingTask.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SalientWeights.h"
#include "halftone/Transforms/SchemeAttribute.h"

using namespace mlir;
using namespace mlir::halftone;

bool SmoothingTask::smoothActivations(const ::halftone::SmoothingScheme &smoothing,
                                      StringRef observations) {
  SmoothActivationsOptions options;
  options.file = observations.str();
  options.alpha = smoothing.alpha;
  options.powerOfTwo = smoothing.powerOfTwo;
  if (!runPasses(*module, [&](PassManager &passes) {
        passes.addNestedPass<func::FuncOp>(createSmoothActivations(options));
      }))
    return false;
  releaseUnusedResources(*module);
  return true;
}

/// As if the layers were rounded by their inputs, and no others: so that these are observed.
static void askForInputs(ModuleOp module) {
  module.walk([](Operation *op) {
    std::optional<::halftone::Scheme> scheme = getScheme(op);
    if (!scheme)
      return;
    if (!canScaleSalientWeights(op))
      return removeScheme(op);
    scheme->weights.rounding = "gptq";
    setScheme(op, *scheme);
  });
}

bool SmoothingTask::scaleSalientWeights(std::shared_ptr<const ::halftone::Recipe> recipe,
                                        const Data &data) {
  if (!assignSchemes(recipe))
    return false;
  askForInputs(*module);
  auto observe = [](PassManager &passes) {
    passes.addNestedPass<func::FuncOp>(createInsertObservers());
  };
  if (!runPasses(*module, observe) || !gatherAll(data) || !assignSchemes(recipe))
    return false;
  ScaleSalientWeightsOptions options;
  options.powerOfTwo = recipe->getSmoothing()->powerOfTwo;
  if (!runPasses(*module, [&](PassManager &passes) {
        passes.addNestedPass<func::FuncOp>(createScaleSalientWeights(options));
      }))
    return false;
  releaseUnusedResources(*module);
  return true;
}
