// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scaling the channels of a tensor by scaling the constants that it is computed with.
#ifndef HALFTONE_LIB_TRANSFORMS_CHANNELSCALING_H
#define HALFTONE_LIB_TRANSFORMS_CHANNELSCALING_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"

namespace mlir::halftone {

/// A constant f32 operand and the dimension of it, counted from the end, that holds channels. A
/// constant that is broadcast along them becomes one with a number for each.
struct ScaledOperand {
  OpOperand *operand;
  int64_t axis;
  /// Multiplied where what it produces is to be divided.
  bool isInverse = false;
};

/// The constants whose channels have to be divided so that those of `value` along `axis` (counted
/// from the end) are, and nothing else changes; nullopt if `value` is not made that way. Whoever
/// uses `value` itself is not looked at. Changes nothing.
std::optional<SmallVector<ScaledOperand>> findDivisors(Value value, int64_t axis);

/// Divides the channels of the constant (multiplies, if inverse) by `factors`. Its other users keep
/// the old one. An error at the owner if the constant is not in memory.
LogicalResult divideConstant(const ScaledOperand &scaled, ArrayRef<float> factors);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_TRANSFORMS_CHANNELSCALING_H
