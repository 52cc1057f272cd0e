// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SharedInputs.h"
#include "WeightCodes.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/SalientScales.h"
#include "halftone/Transforms/GramInputs.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SalientWeights.h"
#include "halftone/Transforms/SchemeAttribute.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_SCALESALIENTWEIGHTS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::SalientChoice;
using ::halftone::SalientLayer;

bool mlir::halftone::canScaleSalientWeights(Operation *op) {
  std::optional<::halftone::Scheme> scheme = getScheme(op);
  if (!scheme || !llvm::isa<MatMulOp>(op) || !matchWeightContraction(op) ||
      !scheme->activations.format.empty())
    return false;
  std::optional<::halftone::Format> format = scheme->weights.describeFormat();
  return format && format->coding == ::halftone::Format::Coding::Scaled && format->hasFreeScales();
}

/// The best factors for the layers; failure after an error.
static FailureOr<SalientChoice> choose(ArrayRef<WeightContraction> layers, bool powerOfTwo) {
  FailureOr<std::vector<float>> gram = readGramMatrix(layers.front());
  if (failed(gram))
    return failure();
  std::vector<std::vector<float>> values;
  for (const WeightContraction &layer : layers) {
    std::optional<std::vector<float>> weights = readFloats(layer.getWeights());
    if (!weights)
      return LogicalResult(layer.op->emitError("the weights have no data in memory"));
    values.push_back(std::move(*weights));
    releasePages(layer.getWeights());
  }
  std::vector<SalientLayer> salient;
  // What the layers point to, and what that reads.
  std::vector<::halftone::WeightScheme> schemes;
  std::vector<::halftone::Format> formats;
  formats.reserve(layers.size());
  for (const WeightContraction &layer : layers)
    schemes.push_back(getScheme(layer.op)->weights);
  for (const ::halftone::WeightScheme &scheme : schemes)
    formats.push_back(*scheme.describeFormat());
  for (auto [layer, weights, scheme, format] : llvm::zip_equal(layers, values, schemes, formats))
    salient.push_back({weights, layer.getWeightsType().getShape(), &format,
                       getEncodeOptions(scheme, layer.channelAxis)});
  llvm::Expected<SalientChoice> choice =
      ::halftone::chooseSalientFactors(salient, *gram, powerOfTwo);
  if (choice)
    return std::move(*choice);
  return LogicalResult(layers.front().op->emitError("cannot quantize the weights: ")
                       << llvm::toString(choice.takeError()) << "; skip this node in the recipe");
}

namespace {
struct ScaleSalientWeights
    : public mlir::halftone::impl::ScaleSalientWeightsBase<ScaleSalientWeights> {
  using Base::Base;

  void runOnOperation() override {
    getOperation().walk([](ObserveOp observer) {
      observer.replaceAllUsesWith(observer.getInput());
      observer.erase();
    });
    std::vector<SharedInput> inputs = findSharedInputs(getOperation());
    for (const SharedInput &input : llvm::reverse(inputs))
      if (failed(scale(input)))
        return signalPassFailure();
    getOperation().walk([](Operation *op) { removeGramMatrix(op); });
  }

private:
  LogicalResult scale(const SharedInput &input) {
    SmallVector<WeightContraction> layers =
        llvm::filter_to_vector(input.layers, [](const WeightContraction &layer) {
          return canScaleSalientWeights(layer.op) && getGramMatrix(layer.op);
        });
    if (layers.empty())
      return success();
    FailureOr<SalientChoice> choice = choose(layers, powerOfTwo);
    if (failed(choice))
      return failure();
    if (choice->alpha == 0)
      return success();
    FailureOr<Division> division = divideInput(input, choice->factors);
    if (failed(division))
      return failure();
    ++(*division == Division::Folded ? numFolded : numMultiplied);
    return success();
  }
};
} // namespace
