// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/AssignSchemes.h"

#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/IntegerMatmul.h"
#include "halftone/Transforms/GramInputs.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include <set>

namespace mlir::halftone {
#define GEN_PASS_DEF_ASSIGNSCHEMES
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::IntegerRange;
using ::halftone::Recipe;
using ::halftone::Scheme;

/// The codes of an 8-bit integer format, which integer contractions take; nullopt for others.
static std::optional<IntegerRange> getByteRange(StringRef format) {
  const ::halftone::Format *description = ::halftone::findFormat(format);
  if (!description || !description->isInteger() || !description->hasFreeScales() ||
      description->codec.bits != 8)
    return std::nullopt;
  return IntegerRange{description->qmin(), description->qmax()};
}

/// Whether the products of one output element can be summed in i32 under `scheme`, or are floats.
static bool fitsAccumulator(const WeightContraction &contraction, const Scheme &scheme) {
  std::optional<IntegerRange> activations = getByteRange(scheme.activations.format);
  std::optional<IntegerRange> weights = getByteRange(scheme.weights.format);
  if (!activations || !weights || scheme.weights.granularity == "group" ||
      scheme.weights.granularity == "block")
    return true;
  return contraction.reduction <= ::halftone::maxReduction(*activations, *weights);
}

/// Rounds to nearest, and chooses formats by the weights.
static void ignoreInputs(::halftone::WeightScheme &weights) {
  const ::halftone::WeightScheme defaults;
  weights.rounding = defaults.rounding;
  weights.choice = defaults.choice;
  for (::halftone::WeightScheme &alternative : weights.alternatives)
    alternative.rounding = defaults.rounding;
}

namespace {
struct AssignSchemes : public mlir::halftone::impl::AssignSchemesBase<AssignSchemes> {
  using Base::Base;
  explicit AssignSchemes(std::shared_ptr<const Recipe> given) : given(std::move(given)) {}

  void runOnOperation() override {
    if (given)
      return assignAll(*given);
    llvm::Expected<Recipe> loaded = Recipe::load(recipe);
    if (!loaded) {
      getOperation().emitError(llvm::toString(loaded.takeError()));
      return signalPassFailure();
    }
    assignAll(*loaded);
  }

private:
  void assignAll(const Recipe &loaded) {
    if (failed(checkPatterns(loaded)))
      return signalPassFailure();
    getOperation().walk([&](Operation *op) {
      assign(op, loaded);
      assignEmbedding(op, loaded);
    });
  }

  void assignEmbedding(Operation *op, const Recipe &loaded) {
    if (!matchEmbedding(op))
      return;
    std::optional<::halftone::WeightScheme> weights =
        loaded.embeddingSchemeFor(getNodeName(op->getLoc()));
    if (!weights)
      return;
    ignoreInputs(*weights);
    setScheme(op, {*weights, {}});
    ++numAssigned;
  }

  void assign(Operation *op, const Recipe &loaded) {
    std::optional<WeightContraction> contraction = matchWeightContraction(op);
    auto transposed = llvm::dyn_cast<ConvTransposeOp>(op);
    if (!contraction && !transposed)
      return;
    std::optional<Scheme> scheme = loaded.schemeFor(getNodeName(op->getLoc()));
    if (!scheme)
      return;
    if (transposed) {
      if (!scheme->isFloat() && getConstant(transposed.getFilter()))
        op->emitRemark("stays float: transposed convolutions have no quantized weights");
      return;
    }
    if (!fitsAccumulator(*contraction, *scheme)) {
      op->emitRemark("stays float: the sum of ")
          << contraction->reduction << " products of " << scheme->activations.format << " and "
          << scheme->weights.format << " codes does not fit in i32";
      return;
    }
    if (scheme->activations.outliers && !llvm::isa<MatMulOp>(op)) {
      op->emitRemark("all of its inputs become codes: a convolution has no columns that could stay "
                     "float");
      scheme->activations.outliers.reset();
    }
    if (scheme->activations.outliers && scheme->activations.outliers->threshold == 0)
      return; // All columns are outliers.
    int64_t matrices = countGramMatrices(*contraction);
    if (scheme->weights.needsInputs() &&
        (matrices == 0 || (matrices > 1 && scheme->weights.granularity == "tensor"))) {
      auto remark = op->emitRemark();
      if (scheme->weights.roundsByInputs())
        remark << "its weights are rounded to nearest, not by '" << scheme->weights.rounding << "'";
      else
        remark << "its format is chosen by 'tensor-mse', not by '" << scheme->weights.choice << "'";
      remark << (matrices == 0 ? ": its channels do not come first"
                               : ": its groups of channels are rounded each for itself, but share "
                                 "one scale or codebook");
      ignoreInputs(scheme->weights);
    }
    setScheme(op, *scheme);
    ++numAssigned;
  }

  /// A pattern that matches nothing is a typing error that would otherwise quantize the wrong
  /// layers silently.
  LogicalResult checkPatterns(const Recipe &loaded) {
    std::set<StringRef> names;
    getOperation().walk([&](Operation *op) { names.insert(getNodeName(op->getLoc())); });
    for (const ::halftone::NodePattern *pattern : loaded.patterns()) {
      auto matches = [&](StringRef name) { return pattern->matches(name); };
      if (llvm::any_of(names, matches))
        continue;
      InFlightDiagnostic diag = getOperation().emitError("recipe '")
                                << loaded.getName() << "': '" << pattern->getText()
                                << "' matches no node of the model";
      diag.attachNote() << "a name must match exactly; a regular expression stands between slashes";
      return diag;
    }
    return success();
  }

  std::shared_ptr<const Recipe> given;
};
} // namespace

std::unique_ptr<Pass>
mlir::halftone::createAssignSchemes(std::shared_ptr<const ::halftone::Recipe> recipe) {
  return std::make_unique<AssignSchemes>(std::move(recipe));
}
