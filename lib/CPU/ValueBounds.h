// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_CPU_VALUEBOUNDS_H
#define HALFTONE_LIB_CPU_VALUEBOUNDS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>

namespace mlir::halftone {

/// Bounds of the magnitudes of f32 scalars in the bodies of `linalg.generic` and kernel ops.
class ValueBounds {
public:
  /// An upper bound of |value| that is far from overflow, so the value is neither NaN nor infinite;
  /// nullopt if there may be none. Known are integers turned into floats, constants (also elements
  /// of constant tensors), and sums, products, and choices of known values.
  std::optional<double> getBound(Value value);

private:
  std::optional<double> computeBound(Value value);
  std::optional<double> computeBound(Operation *op);
  std::optional<double> getTensorBound(Value tensor);

  llvm::DenseMap<Value, std::optional<double>> bounds;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CPU_VALUEBOUNDS_H
