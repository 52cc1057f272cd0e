// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Pipelines/GraphPipeline.h"

#include "halftone/Transforms/AssignSchemes.h"
#include "halftone/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::halftone;

void mlir::halftone::populateSimplifyPipeline(OpPassManager &pm, const SimplifyOptions &options) {
  InferShapesOptions inferOptions;
  inferOptions.dims.assign(options.dims.begin(), options.dims.end());
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(createInferShapes(inferOptions));
  // After InferShapes: most shape arithmetic has become constant then.
  functions.addPass(createFoldConstants());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  // After FoldConstants: the factors of a BatchNormalization are one constant then.
  functions.addPass(createFoldScaleIntoFilter());
  functions.addPass(createFoldConstants());
  functions.addPass(createCanonicalizerPass());
}

void mlir::halftone::populateObservePipeline(OpPassManager &pm, const ObserveOptions &options) {
  OpPassManager &functions = pm.nest<func::FuncOp>();
  if (!options.all)
    functions.addPass(createAssignSchemes(options.recipe));
  functions.addPass(createInsertObservers({options.all}));
}

void mlir::halftone::populateQuantizePipeline(OpPassManager &pm, const QuantizeOptions &options) {
  OpPassManager &functions = pm.nest<func::FuncOp>();
  if (!options.isAssigned)
    functions.addPass(createAssignSchemes(options.recipe));
  if (!options.observations.empty()) {
    functions.addPass(createInsertObservers());
    functions.addPass(createAttachObservations({options.observations}));
  }
  // Before the weights: those of outliers have no part in the scales of the others.
  functions.addPass(createSplitOutliers({options.observations}));
  functions.addPass(createChooseFormats());
  functions.addPass(createQuantizeWeights({options.describeGrids}, options.progress));
  // After the weights: their codes are all there is of them.
  functions.addPass(createSelectOutliers());
  functions.addPass(createGatherCodes());
  // After AttachObservations: it reads the ranges and drops the observers.
  functions.addPass(createQuantizeActivations());
  if (StringRef format = options.recipe->getCacheFormat(); !format.empty())
    functions.addPass(createQuantizeCache({format.str()}));
  // The export to ONNX is made of what there is here.
  if (options.fuse) {
    functions.addPass(createFuseQDQ());
    // After FuseQDQ: what becomes codes by different scales is no pair of quantization any more.
    functions.addPass(createHoistQuantize());
  }
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
}

namespace {
struct SimplifyArguments : public PassPipelineOptions<SimplifyArguments> {
  ListOption<std::string> dims{*this, "dims", llvm::cl::desc("Fixed dimensions, name=value")};
};
struct ObserveArguments : public PassPipelineOptions<ObserveArguments> {
  Option<std::string> recipe{*this, "recipe", llvm::cl::desc("Preset or YAML file"),
                             llvm::cl::init("w8a8-static")};
  Option<bool> all{*this, "all", llvm::cl::desc("Observe the inputs of all contractions")};
};
struct QuantizeArguments : public PassPipelineOptions<QuantizeArguments> {
  Option<std::string> recipe{*this, "recipe", llvm::cl::desc("Preset or YAML file"),
                             llvm::cl::init("w8a8-dynamic")};
  Option<std::string> observations{*this, "observations", llvm::cl::desc("Observations file")};
  Option<bool> fuse{*this, "fuse", llvm::cl::desc("Fuse QDQ into integer ops"),
                    llvm::cl::init(true)};
};
} // namespace

static std::shared_ptr<const ::halftone::Recipe> loadRecipe(StringRef nameOrPath) {
  llvm::Expected<::halftone::Recipe> recipe = ::halftone::Recipe::load(nameOrPath);
  if (!recipe)
    llvm::report_fatal_error(recipe.takeError(), /*gen_crash_diag=*/false);
  return std::make_shared<const ::halftone::Recipe>(std::move(*recipe));
}

void mlir::halftone::registerGraphPipelines() {
  PassPipelineRegistration<SimplifyArguments>(
      "halftone-simplify", "Infer shapes and fold what is known at compile time",
      [](OpPassManager &pm, const SimplifyArguments &arguments) {
        populateSimplifyPipeline(pm, {{arguments.dims.begin(), arguments.dims.end()}});
      });
  PassPipelineRegistration<ObserveArguments>(
      "halftone-observe", "Make an observing program",
      [](OpPassManager &pm, const ObserveArguments &arguments) {
        populateObservePipeline(pm, {loadRecipe(arguments.recipe), arguments.all});
      });
  PassPipelineRegistration<QuantizeArguments>(
      "halftone-quantize-graph", "Quantize a simplified program",
      [](OpPassManager &pm, const QuantizeArguments &arguments) {
        populateQuantizePipeline(
            pm, {loadRecipe(arguments.recipe), arguments.observations, arguments.fuse});
      });
}
