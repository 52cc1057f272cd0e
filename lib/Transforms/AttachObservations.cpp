// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModelObservations.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/RangeEstimator.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_ATTACHOBSERVATIONS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::ActivationScheme;
using ::halftone::Observations;

using ::halftone::RangeOptions;

static std::optional<ActivationScheme> findConsumerScheme(ObserveOp observer) {
  for (Operation *user : observer.getOutput().getUsers())
    if (std::optional<::halftone::Scheme> scheme = getScheme(user); scheme && scheme->isStatic())
      return scheme->activations;
  return std::nullopt;
}

/// Whether a static layer reads the observed value; if none does, QuantizeActivations drops the
/// observer.
static bool isNeeded(ObserveOp observer) { return findConsumerScheme(observer).has_value(); }

/// One error for all tensors that the file does not have, with the layers that read them.
static LogicalResult checkObserved(ArrayRef<ObserveOp> observers,
                                   const Observations &observations) {
  SmallVector<ObserveOp> missing;
  llvm::SetVector<StringRef> layers;
  for (ObserveOp observer : observers) {
    if (observations.find(observer.getTensor()))
      continue;
    missing.push_back(observer);
    for (Operation *user : observer.getOutput().getUsers())
      if (std::optional<::halftone::Scheme> scheme = getScheme(user);
          scheme && scheme->isStatic() && !getNodeName(user->getLoc()).empty())
        layers.insert(getNodeName(user->getLoc()));
  }
  if (missing.empty())
    return success();
  InFlightDiagnostic diag = missing.front().emitError("no observations of tensor '")
                            << missing.front().getTensor() << "'";
  if (missing.size() > 1)
    diag << " and " << missing.size() - 1 << " more";
  if (!layers.empty())
    diag.attachNote() << "needed by the layers " << llvm::join(layers, ", ");
  diag.attachNote()
      << "the file has " << observations.getTensors().size()
      << " tensors; calibrate this model again, with samples that reach all of it, or "
         "leave these layers out by 'skip'";
  return diag;
}

static LogicalResult attach(ObserveOp observer, const Observations &observations) {
  ActivationScheme scheme = *findConsumerScheme(observer);
  const ::halftone::TensorStatistics &statistics = *observations.find(observer.getTensor());
  if (failed(checkFinite(observer.getLoc(), observer.getTensor(), statistics)))
    return failure();
  llvm::Expected<RangeOptions> options = ::halftone::parseRangeEstimator(scheme.range);
  if (!options)
    return observer.emitError(llvm::toString(options.takeError()));
  llvm::Expected<::halftone::Range> range = ::halftone::estimateRange(
      statistics, *options, *::halftone::findFormat(scheme.format), scheme.symmetric);
  if (!range)
    return observer.emitError("no range for tensor '")
           << observer.getTensor() << "': " << llvm::toString(range.takeError());
  observer.setRange(ArrayRef<float>{range->min, range->max});
  return success();
}

namespace {
struct AttachObservations
    : public mlir::halftone::impl::AttachObservationsBase<AttachObservations> {
  using Base::Base;

  void runOnOperation() override {
    FailureOr<Observations> observations = loadObservations(getOperation(), file);
    if (failed(observations))
      return signalPassFailure();
    SmallVector<ObserveOp> observers;
    getOperation().walk([&](ObserveOp observer) {
      if (isNeeded(observer))
        observers.push_back(observer);
    });
    if (failed(checkObserved(observers, *observations)))
      return signalPassFailure();
    for (ObserveOp observer : observers)
      if (failed(attach(observer, *observations)))
        return signalPassFailure();
  }
};
} // namespace
