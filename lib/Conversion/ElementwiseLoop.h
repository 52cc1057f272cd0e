// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loop of an op that buildElementwiseScalar computes.
#ifndef HALFTONE_LIB_CONVERSION_ELEMENTWISELOOP_H
#define HALFTONE_LIB_CONVERSION_ELEMENTWISELOOP_H

#include "Lowering.h"

namespace mlir::halftone {

/// Whether one element of `type` can be an attribute of `arith`.
bool hasElementAttribute(Type type);

/// The element of a constant of which all are equal, in the converted type.
std::optional<TypedAttr> getUniformElement(Value original);

/// Collects the operands of an op, then builds its loop. Operands that are one constant become part
/// of the body.
class ElementwiseLoop {
public:
  explicit ElementwiseLoop(Lowering &b) : b(b) {}

  /// Adds the next operand in order: `original` of the op, and what it was converted to, read
  /// through `map`.
  void addOperand(Value original, Value converted, AffineMap map);
  Value build(ArrayRef<OpFoldResult> sizes, Type elementType);

private:
  Lowering &b;
  /// The scalar of each operand, or nothing where it is the next input of the loop.
  SmallVector<std::optional<Value>> arguments;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_ELEMENTWISELOOP_H
