// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TRANSFORMS_QUANTIZEWEIGHTS_H
#define HALFTONE_TRANSFORMS_QUANTIZEWEIGHTS_H

#include "mlir/Pass/Pass.h"
#include <functional>
#include <memory>

namespace mlir::halftone {

struct QuantizeWeightsOptions;

/// Told by halftone-quantize-weights how many of the layers of a function have their codes. The
/// functions of a module may be quantized by several threads.
using WeightProgress = std::function<void(int64_t done, int64_t total)>;

/// The pass that says how far it is, if `progress` is not empty.
std::unique_ptr<Pass> createQuantizeWeights(const QuantizeWeightsOptions &options,
                                            WeightProgress progress);

} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_QUANTIZEWEIGHTS_H
