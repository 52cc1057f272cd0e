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
