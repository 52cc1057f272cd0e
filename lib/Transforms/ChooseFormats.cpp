// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WeightCodes.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/FormatChoice.h"
#include "halftone/Transforms/GramInputs.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

namespace mlir::halftone {
#define GEN_PASS_DEF_CHOOSEFORMATS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::FormatCandidate;
using ::halftone::FormatChoice;
using ::halftone::WeightScheme;

/// The scheme's own format first.
static std::vector<WeightScheme> listSchemes(WeightScheme scheme) {
  std::vector<WeightScheme> schemes = std::move(scheme.alternatives);
  scheme.alternatives.clear();
  schemes.insert(schemes.begin(), std::move(scheme));
  // Of no interest any more: schemes that say the same have the same attribute.
  for (WeightScheme &each : schemes)
    each.choice = WeightScheme().choice;
  return schemes;
}

/// What the inputs of the layer are, if its scheme asks for them; failure after an error.
static FailureOr<std::vector<float>> readInputs(const WeightContraction &layer,
                                                const WeightScheme &scheme) {
  if (!scheme.isChosenByInputs())
    return std::vector<float>();
  if (getGramMatrix(layer.op))
    return readGramMatrix(layer);
  InFlightDiagnostic diag =
      layer.op->emitError("its format is chosen by 'output-mse', but no calibration data says what "
                          "its inputs are");
  diag.attachNote() << "give calibration data, or 'by: tensor-mse'";
  return LogicalResult(diag);
}

static void explain(Operation *op, ArrayRef<WeightScheme> schemes, const FormatChoice &choice,
                    StringRef metric) {
  InFlightDiagnostic remark = op->emitRemark("its weights become ")
                              << schemes[choice.best].format << " by " << metric << ":";
  for (auto [i, scheme] : llvm::enumerate(schemes)) {
    double sqnr = choice.sqnr(i);
    remark << (i == 0 ? " " : ", ") << scheme.format << " "
           << (choice.errors[i] == 0 ? "is exact" : llvm::formatv("{0:F2} dB", sqnr).str());
  }
}

namespace {
struct ChooseFormats : public mlir::halftone::impl::ChooseFormatsBase<ChooseFormats> {
  using Base::Base;

  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](Operation *op) {
      std::optional<::halftone::Scheme> scheme = getScheme(op);
      if (!scheme || scheme->weights.alternatives.empty())
        return WalkResult::advance();
      std::optional<WeightContraction> layer = matchWeightContraction(op);
      if (!layer)
        layer = matchEmbedding(op);
      if (!layer || (observedOnly && !isObserved(op)))
        return WalkResult::advance();
      return WalkResult(choose(*layer, *scheme));
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  LogicalResult choose(const WeightContraction &layer, ::halftone::Scheme scheme) {
    std::string metric = scheme.weights.choice;
    FailureOr<std::vector<float>> grams = readInputs(layer, scheme.weights);
    if (failed(grams))
      return failure();
    std::optional<std::vector<float>> values = readFloats(layer.getWeights());
    if (!values)
      return layer.op->emitError("the weights have no data in memory");
    std::vector<WeightScheme> schemes = listSchemes(std::move(scheme.weights));
    std::vector<FormatCandidate> candidates;
    candidates.reserve(schemes.size());
    for (const WeightScheme &each : schemes)
      candidates.push_back({*each.describeFormat(), getEncodeOptions(each, layer.channelAxis)});
    llvm::Expected<FormatChoice> choice =
        ::halftone::chooseFormat(*values, layer.getWeightsType().getShape(), candidates, *grams);
    if (!choice)
      return layer.op->emitError("cannot quantize the weights: ")
             << llvm::toString(choice.takeError()) << "; skip this node in the recipe";
    releasePages(layer.getWeights());
    explain(layer.op, schemes, *choice, metric);
    scheme.weights = schemes[choice->best];
    setScheme(layer.op, scheme);
    ++numChosen;
    return success();
  }
};
} // namespace
