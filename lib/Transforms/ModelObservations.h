// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What observations say of a program's tensors; whatever is wrong with them is an error at an op.
#ifndef HALFTONE_LIB_TRANSFORMS_MODELOBSERVATIONS_H
#define HALFTONE_LIB_TRANSFORMS_MODELOBSERVATIONS_H

#include "halftone/Numerics/Observations.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::halftone {

/// Those of the model that `func` comes from.
FailureOr<::halftone::Observations> loadObservations(func::FuncOp func, StringRef file);

/// Failure after an error at `loc` if the tensor had values that are not finite.
LogicalResult checkFinite(Location loc, StringRef tensor,
                          const ::halftone::TensorStatistics &statistics);

/// The largest magnitude of each of the channels that `tensor` has along `axis`, counted from the
/// end; an error at `loc` if they were not observed, are not `numChannels`, or were not finite.
FailureOr<ArrayRef<float>> findChannelMaxima(Location loc,
                                             const ::halftone::Observations &observations,
                                             StringRef tensor, int64_t axis, int64_t numChannels);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_MODELOBSERVATIONS_H
