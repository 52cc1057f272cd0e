// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The phases before lowering, each an options struct and a populate function.
#ifndef HALFTONE_PIPELINES_GRAPHPIPELINE_H
#define HALFTONE_PIPELINES_GRAPHPIPELINE_H

#include "halftone/Transforms/QuantizeWeights.h"
#include "halftone/Transforms/Recipe.h"
#include "mlir/Pass/PassManager.h"
#include <memory>
#include <string>
#include <vector>

namespace mlir::halftone {

/// Infers shapes and folds what is known at compile time; what every other phase expects.
struct SimplifyOptions {
  /// Fixed dimensions, `name=value`.
  std::vector<std::string> dims;
};
void populateSimplifyPipeline(OpPassManager &pm, const SimplifyOptions &options = {});

/// Makes an observing program out of a simplified one.
struct ObserveOptions {
  /// What it quantizes statically is observed.
  std::shared_ptr<const ::halftone::Recipe> recipe;
  /// Observe the inputs of all contractions instead, for use with any recipe.
  bool all = false;
};
void populateObservePipeline(OpPassManager &pm, const ObserveOptions &options);

/// Quantizes a simplified program.
struct QuantizeOptions {
  std::shared_ptr<const ::halftone::Recipe> recipe;
  /// Observations file; empty when the recipe needs none.
  std::string observations;
  /// Fuse QDQ into integer ops. Without it the result is what an ONNX model can say: float ops
  /// between quantize and dequantize.
  bool fuse = true;
  /// Describe the weights in as much detail as a report wants.
  bool describeGrids = false;
  /// The layers have their schemes already; the recipe says the rest.
  bool isAssigned = false;
  /// Told how far the weights are.
  WeightProgress progress = {};
};
void populateQuantizePipeline(OpPassManager &pm, const QuantizeOptions &options);

/// Makes the pipelines available to quant-opt.
void registerGraphPipelines();

} // namespace mlir::halftone

#endif // HALFTONE_PIPELINES_GRAPHPIPELINE_H
