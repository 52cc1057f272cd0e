// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SmoothingTask.h"

#include "halftone/Calibration/MeasureOutputs.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SalientWeights.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::halftone;

static void addSmoothing(PassManager &passes, double alpha, bool powerOfTwo,
                         StringRef observations) {
  SmoothActivationsOptions options;
  options.file = observations.str();
  options.alpha = alpha;
  options.powerOfTwo = powerOfTwo;
  passes.addNestedPass<func::FuncOp>(createSmoothActivations(options));
}

bool SmoothingTask::smoothActivations(const ::halftone::SmoothingScheme &smoothing,
                                      StringRef observations) {
  if (!runPasses(*module, [&](PassManager &passes) {
        addSmoothing(passes, smoothing.alpha, smoothing.powerOfTwo, observations);
      }))
    return false;
  releaseUnusedResources(*module);
  return true;
}

/// To nearest, and to the first of several formats that only the inputs could choose from.
static void roundPlainly(ModuleOp module) {
  module.walk([](Operation *op) {
    std::optional<::halftone::Scheme> scheme = getScheme(op);
    if (!scheme || !scheme->weights.needsInputs())
      return;
    scheme->weights.rounding = ::halftone::WeightScheme().rounding;
    scheme->weights.owqBits = 0;
    if (scheme->weights.isChosenByInputs())
      scheme->weights.alternatives.clear();
    setScheme(op, *scheme);
  });
}

bool SmoothingTask::compileSmoothed(std::shared_ptr<const ::halftone::Recipe> recipe,
                                    StringRef observations, std::optional<double> alpha,
                                    bool isQuantized, StringRef path) {
  OwningOpRef<ModuleOp> variant = module->clone();
  if (!isQuantized)
    variant->walk([](Operation *op) { removeScheme(op); });
  roundPlainly(*variant);
  if (alpha && !runPasses(*variant, [&](PassManager &passes) {
        addSmoothing(passes, *alpha, recipe->getSmoothing()->powerOfTwo, observations);
      }))
    return false;
  return quantizeAssigned(*variant, recipe, /*observations=*/"") &&
         compileCopy(std::move(variant), path);
}

bool SmoothingTask::searchAlpha(std::shared_ptr<const ::halftone::Recipe> recipe,
                                StringRef observations, StringRef samples,
                                std::optional<double> &alpha) {
  constexpr int numSteps = 20;
  llvm::Expected<TemporaryFile> floats = TemporaryFile::create("smoothing", "so");
  if (!floats)
    return fail(floats.takeError());
  llvm::Expected<TemporaryFile> quantized = TemporaryFile::create("smoothing", "so");
  if (!quantized)
    return fail(quantized.takeError());
  const std::string &floatPath = floats->getPath(), &path = quantized->getPath();
  std::vector<std::optional<double>> candidates = {std::nullopt};
  for (int step = 0; step <= numSteps; ++step)
    candidates.emplace_back(double(step) / numSteps);
  std::optional<double> least;
  std::string tried;
  {
    // What the passes have to say they say of the model that is kept.
    ScopedDiagnosticHandler onlyErrors(&context, [](Diagnostic &diagnostic) {
      return success(diagnostic.getSeverity() != DiagnosticSeverity::Error);
    });
    if (!compileSmoothed(recipe, observations, std::nullopt, /*isQuantized=*/false, floatPath))
      return false;
    for (auto [index, candidate] : llvm::enumerate(candidates)) {
      if (modelOptions.progress)
        modelOptions.progress({"search alpha", int64_t(index), int64_t(candidates.size())});
      if (!compileSmoothed(recipe, observations, candidate, /*isQuantized=*/true, path))
        return false;
      llvm::Expected<::halftone::OutputError> measured = ::halftone::measureOutputs(
          floatPath, path, {samples.str(), /*maxSamples=*/0, modelOptions.threads});
      if (!measured)
        return fail(measured.takeError());
      double power = measured->metrics.errorPower, decibels = measured->metrics.sqnr();
      tried += candidate ? llvm::formatv(", {0:F2}: {1:F2}", *candidate, decibels).str()
                         : llvm::formatv("as it was: {0:F2}", decibels).str();
      if (!std::isnan(power) && (!least || power < *least)) {
        least = power;
        alpha = candidate;
      }
    }
  }
  if (!least)
    return fail("the outputs of the quantized model are no numbers, whatever 'alpha' is; give "
                "'alpha' a number");
  std::string found =
      alpha ? llvm::formatv("smoothed by alpha {0:F2}", *alpha).str() : "not smoothed";
  module->emitRemark(found + "; the outputs in dB: " + tried);
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
