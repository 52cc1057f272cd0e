// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of products: what matrix products and convolutions have in common.
#ifndef HALFTONE_LIB_CONVERSION_CONTRACTION_H
#define HALFTONE_LIB_CONVERSION_CONTRACTION_H

#include "Rows.h"

namespace mlir::halftone {

/// How an operand's elements become factors: widened, and less their zero point if there is one.
struct Factor {
  /// Original element type.
  Type type;
  Type accumulator;
  Value zeroPoint;
  AffineMap zeroPointMap;

  static Factor ofFloats(Type type);
  /// A zero point that is the constant 0 is left out.
  static Factor ofCodes(Lowering &b, Type type, Value originalZeroPoint, Value zeroPoint,
                        AffineMap map);
};

/// output[outputMap] = sum lhs[lhsMap] * rhs[rhsMap], in the accumulator's type.
struct Contraction {
  Value lhs, rhs;
  Factor lhsFactor, rhsFactor;
  AffineMap lhsMap, rhsMap, outputMap;
  Sizes sizes;
  Iterators iterators;
};

Value buildContraction(Lowering &b, const Contraction &contraction);

/// A float tensor in another float type.
Value castElements(Lowering &b, Value tensor, Type type);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_CONTRACTION_H
