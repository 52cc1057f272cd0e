// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Floats of 8 bits and less, which have no arithmetic: in memory and as scalars they are their
// codes, one i8 each.
#ifndef HALFTONE_LIB_CONVERSION_NARROWFLOAT_H
#define HALFTONE_LIB_CONVERSION_NARROWFLOAT_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::halftone {

/// f8E4M3FN, f8E5M2, f4E2M1FN, f8E8M0FNU and their like.
bool isNarrowFloat(Type type);

/// The f32 that a code of `type` stands for; exact.
Value decodeNarrowFloat(ImplicitLocOpBuilder &b, Value code, FloatType type);

/// The code of an f32, rounded half to even (f8E8M0FNU: up). Beyond the largest finite value that
/// value with `saturate` or where the type has nothing else, otherwise infinity, or NaN.
Value encodeNarrowFloat(ImplicitLocOpBuilder &b, Value value, FloatType type, bool saturate);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_NARROWFLOAT_H
