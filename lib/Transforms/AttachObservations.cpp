// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/Observations.h"
#include "halftone/Numerics/RangeEstimator.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"

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

static LogicalResult attach(ObserveOp observer, const Observations &observations) {
  std::optional<ActivationScheme> scheme = findConsumerScheme(observer);
  if (!scheme)
    return success(); // Nobody needs the range; QuantizeActivations drops the observer.
  const ::halftone::TensorStatistics *statistics = observations.find(observer.getTensor());
  if (!statistics) {
    InFlightDiagnostic diag = observer.emitError("no observations of tensor '")
                              << observer.getTensor() << "'";
    diag.attachNote() << "the file has " << observations.getTensors().size()
                      << " tensors; calibrate this model again with this recipe";
    return diag;
  }
  llvm::Expected<RangeOptions> options = ::halftone::parseRangeEstimator(scheme->range);
  if (!options)
    return observer.emitError(llvm::toString(options.takeError()));
  llvm::Expected<::halftone::Range> range = ::halftone::estimateRange(
      *statistics, *options, *::halftone::findFormat(scheme->format), scheme->symmetric);
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
    std::optional<StringRef> expectedHash;
    if (auto hash = getOperation()->getParentOfType<ModuleOp>()->getAttrOfType<StringAttr>(
            "halftone.source_hash"))
      expectedHash = hash.getValue();
    llvm::Expected<Observations> observations = Observations::load(file, expectedHash);
    if (!observations) {
      getOperation().emitError(llvm::toString(observations.takeError()));
      return signalPassFailure();
    }
    WalkResult result = getOperation().walk([&](ObserveOp observer) {
      return succeeded(attach(observer, *observations)) ? WalkResult::advance()
                                                        : WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
