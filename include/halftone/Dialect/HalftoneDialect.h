// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_DIALECT_HALFTONEDIALECT_H
#define HALFTONE_DIALECT_HALFTONEDIALECT_H

#include "halftone/Dialect/ShapeContext.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::halftone {
/// The result element at an index depends only on the operand elements at that (broadcast) index.
template <typename ConcreteOp>
class Elementwise : public OpTrait::TraitBase<ConcreteOp, Elementwise> {};

/// The op's own inferShapes is its verifier.
template <typename ConcreteOp>
class VerifyShapes : public OpTrait::TraitBase<ConcreteOp, VerifyShapes> {
public:
  static LogicalResult verifyTrait(Operation *op) { return verifyShapes(op); }
};
} // namespace mlir::halftone

#include "halftone/Dialect/HalftoneInterfaces.h.inc"

#include "halftone/Dialect/HalftoneDialect.h.inc"
#include "halftone/Dialect/HalftoneEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "halftone/Dialect/HalftoneAttributes.h.inc"

#define GET_OP_CLASSES
#include "halftone/Dialect/HalftoneOps.h.inc"

#endif // HALFTONE_DIALECT_HALFTONEDIALECT_H
