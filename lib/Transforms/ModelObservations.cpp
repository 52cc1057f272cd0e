// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModelObservations.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using ::halftone::Observations;

FailureOr<Observations> mlir::halftone::loadObservations(func::FuncOp func, StringRef file) {
  std::optional<StringRef> expectedHash;
  if (auto hash =
          func->getParentOfType<ModuleOp>()->getAttrOfType<StringAttr>("halftone.source_hash"))
    expectedHash = hash.getValue();
  llvm::Expected<Observations> observations = Observations::load(file, expectedHash);
  if (observations)
    return std::move(*observations);
  return LogicalResult(func.emitError(llvm::toString(observations.takeError())));
}

LogicalResult mlir::halftone::checkFinite(Location loc, StringRef tensor,
                                          const ::halftone::TensorStatistics &statistics) {
  uint64_t bad = statistics.getNumNaNs() + statistics.getNumInfinities();
  if (bad == 0)
    return success();
  return emitError(loc, "tensor '")
         << tensor << "' had " << bad
         << " values that are not finite when it was observed; check the samples, or skip the "
            "nodes that read it";
}

FailureOr<ArrayRef<float>> mlir::halftone::findChannelMaxima(Location loc,
                                                             const Observations &observations,
                                                             StringRef tensor, int64_t axis,
                                                             int64_t numChannels) {
  const ::halftone::TensorStatistics *statistics = observations.find(tensor);
  if (!statistics || !statistics->getChannels() || statistics->getChannels()->axis != axis) {
    InFlightDiagnostic diag = emitError(loc, "no observations of the channels of tensor '")
                              << tensor << "'";
    diag.attachNote() << "the largest magnitude of each is needed; calibrate this model again";
    return diag;
  }
  if (failed(checkFinite(loc, tensor, *statistics)))
    return failure();
  ArrayRef<float> maxima = statistics->getChannels()->absmax;
  if (int64_t(maxima.size()) == numChannels)
    return maxima;
  InFlightDiagnostic diag = emitError(loc, "the observations of tensor '")
                            << tensor << "' do not have its channels";
  diag.attachNote() << numChannels << " channels, " << maxima.size() << " observed";
  return diag;
}
