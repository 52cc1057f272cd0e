// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TRANSFORMS_SALIENTWEIGHTS_H
#define HALFTONE_TRANSFORMS_SALIENTWEIGHTS_H

#include "mlir/IR/Operation.h"

namespace mlir::halftone {

/// Whether the op is a matrix product whose weights alone will be quantized, to a format with one
/// level of scales: what halftone-scale-salient-weights looks at.
bool canScaleSalientWeights(Operation *op);

} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_SALIENTWEIGHTS_H
