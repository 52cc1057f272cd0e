// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/DecodeOps.h"

#include "MappedRanges.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::halftone;

#include "halftone/Dialect/HalftoneDialect.cpp.inc"

#include "halftone/Dialect/HalftoneEnums.cpp.inc"
#include "halftone/Dialect/HalftoneInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "halftone/Dialect/HalftoneAttributes.cpp.inc"

void HalftoneDialect::initialize() {
  registerHalftoneDialectOperations(this);
  addOperations<DecodePanelsOp, DecodeRowsOp>();
  addInterfaces<MappedRangesInterface>();
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

// One name, possibly empty, for each dimension of the argument or result that carries the
// attribute.
static LogicalResult verifyDimNames(Operation *op, Type type, NamedAttribute attribute) {
  if (attribute.getName() != HalftoneDialect::kDimNamesAttrName)
    return success();
  auto names = dyn_cast<ArrayAttr>(attribute.getValue());
  bool areStrings = names && llvm::all_of(names, llvm::IsaPred<StringAttr>);
  auto shaped = dyn_cast<ShapedType>(type);
  if (areStrings && shaped && shaped.hasRank() && int64_t(names.size()) == shaped.getRank())
    return success();
  InFlightDiagnostic diag = op->emitOpError("expects `")
                            << attribute.getName() << "` to hold one string per dimension";
  diag.attachNote() << "it is " << attribute.getValue() << " on " << type;
  return diag;
}

LogicalResult HalftoneDialect::verifyRegionArgAttribute(Operation *op, unsigned region,
                                                        unsigned argument,
                                                        NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return success();
  return verifyDimNames(op, function.getArgumentTypes()[argument], attribute);
}

LogicalResult HalftoneDialect::verifyRegionResultAttribute(Operation *op, unsigned region,
                                                           unsigned result,
                                                           NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return success();
  return verifyDimNames(op, function.getResultTypes()[result], attribute);
}
