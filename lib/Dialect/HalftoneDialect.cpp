// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/HalftoneDialect.h"

#include "ShapeInference.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

#include "halftone/Dialect/HalftoneDialect.cpp.inc"

#include "halftone/Dialect/HalftoneEnums.cpp.inc"
#include "halftone/Dialect/HalftoneInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "halftone/Dialect/HalftoneAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "halftone/Dialect/HalftoneOps.cpp.inc"

void HalftoneDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "halftone/Dialect/HalftoneOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "halftone/Dialect/HalftoneAttributes.cpp.inc"
      >();
}

Operation *HalftoneDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                                Location loc) {
  auto elements = llvm::dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}
