// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModelObservations.h"
#include "SharedInputs.h"
#include "halftone/Analysis/ObservedTensors.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/ChannelScales.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_SMOOTHACTIVATIONS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::Observations;

/// The largest magnitude that the layers have in each input channel of their weights.
static FailureOr<std::vector<float>> findWeightMaxima(ArrayRef<WeightContraction> layers,
                                                      int64_t numChannels) {
  std::vector<float> maxima(numChannels, 0);
  for (const WeightContraction &layer : layers) {
    std::optional<std::vector<float>> weights = readFloats(layer.getWeights());
    if (!weights)
      return LogicalResult(layer.op->emitError("the weights have no data in memory"));
    ArrayRef<int64_t> shape = layer.getWeightsType().getShape();
    ::halftone::raiseChannelMaxima(maxima, *weights, shape,
                                   size_t(int64_t(shape.size()) + getWeightsInputAxis(layer)));
    releasePages(layer.getWeights());
  }
  return maxima;
}

namespace {
struct SmoothActivations : public mlir::halftone::impl::SmoothActivationsBase<SmoothActivations> {
  using Base::Base;

  void runOnOperation() override {
    bool isPart = alpha >= 0 && alpha <= 1; // A NaN is not.
    if (!isPart) {
      getOperation().emitError("alpha is ") << alpha << "; expected a number from 0 to 1";
      return signalPassFailure();
    }
    FailureOr<Observations> observations = loadObservations(getOperation(), file);
    if (failed(observations))
      return signalPassFailure();
    // Before any multiplication is inserted: the observed program had none.
    ObservedTensors names = nameObservedTensors(getOperation());
    std::vector<SharedInput> inputs = findSharedInputs(getOperation());
    bool isFloat =
        llvm::all_of(inputs, [](const SharedInput &input) { return input.getQuantized().empty(); });
    for (const SharedInput &input : llvm::reverse(inputs)) {
      // Weights that stay float need no room.
      SmallVector<WeightContraction> layers = isFloat ? input.layers : input.getQuantized();
      if (!layers.empty() && failed(smooth(input, layers, names[input.value], *observations)))
        return signalPassFailure();
    }
  }

private:
  LogicalResult smooth(const SharedInput &input, ArrayRef<WeightContraction> layers,
                       StringRef tensor, const Observations &observations) {
    FailureOr<ArrayRef<float>> activations = findChannelMaxima(
        layers.front().op->getLoc(), observations, tensor, input.axis, input.getNumChannels());
    if (failed(activations))
      return failure();
    FailureOr<std::vector<float>> weights = findWeightMaxima(layers, input.getNumChannels());
    if (failed(weights))
      return failure();
    std::vector<float> factors =
        ::halftone::findSmoothingFactors(*activations, *weights, {alpha, powerOfTwo});
    if (llvm::all_of(factors, [](float factor) { return factor == 1; }))
      return success();
    FailureOr<Division> division = divideInput(input, factors);
    if (failed(division))
      return failure();
    ++(*division == Division::Folded ? numFolded : numMultiplied);
    return success();
  }
};
} // namespace
