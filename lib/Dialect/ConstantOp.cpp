// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/HalftoneDialect.h"

using namespace mlir;
using namespace mlir::halftone;

void ConstantOp::build(OpBuilder &builder, OperationState &state, ElementsAttr value) {
  build(builder, state, value.getType(), value);
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

ParseResult ConstantOp::parse(OpAsmParser &parser, OperationState &result) {
  SMLoc valueLocation;
  Attribute value;
  if (parser.parseOptionalAttrDict(result.attributes) ||
      parser.getCurrentLocation(&valueLocation) || parser.parseAttribute(value))
    return failure();
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements)
    return parser.emitError(valueLocation, "expected an elements attribute such as dense<...>");
  result.addAttribute(getValueAttrName(result.name), elements);
  Type type = elements.getType();
  if (succeeded(parser.parseOptionalKeyword("to")) && parser.parseType(type))
    return failure();
  result.addTypes(type);
  return success();
}

void ConstantOp::print(OpAsmPrinter &printer) {
  printer.printOptionalAttrDict((*this)->getAttrs(), getValueAttrName().getValue());
  printer << ' ' << getValueAttr();
  if (getOutput().getType() != getValue().getType())
    printer << " to " << getOutput().getType();
}

LogicalResult ConstantOp::verify() {
  auto type = cast<ShapedType>(getOutput().getType());
  ShapedType value = getValue().getShapedType();
  // A memref holds the codes of any signedness in signless elements.
  bool isTensor = isa<TensorType>(type);
  bool sameElement = type.getElementType() == value.getElementType();
  if (!isTensor && value.getElementType().isIntOrFloat() && type.getElementType().isIntOrFloat())
    sameElement = type.getElementTypeBitWidth() == value.getElementTypeBitWidth();
  if (sameElement && type.hasRank() && type.getShape() == value.getShape())
    return success();
  InFlightDiagnostic diag =
      emitOpError("expects a result of the shape and element type of `value`");
  diag.attachNote() << "`value` is " << value;
  diag.attachNote() << "the result is " << type;
  return diag;
}
