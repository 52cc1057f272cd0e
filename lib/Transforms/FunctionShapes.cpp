// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "FunctionShapes.h"

#include "halftone/Dialect/HalftoneDialect.h"

using namespace mlir;
using namespace mlir::halftone;

SmallVector<StringRef> mlir::halftone::dimensionNames(func::FuncOp func, unsigned argument) {
  auto type = dyn_cast<RankedTensorType>(func.getArgument(argument).getType());
  SmallVector<StringRef> names(type ? type.getRank() : 0);
  auto attribute = func.getArgAttrOfType<ArrayAttr>(argument, HalftoneDialect::kDimNamesAttrName);
  if (!attribute)
    return names;
  // The dialect has verified the length and the elements.
  for (auto [name, element] : llvm::zip(names, attribute))
    name = cast<StringAttr>(element).getValue();
  return names;
}

void mlir::halftone::nameArguments(func::FuncOp func, ShapeContext &shapes) {
  for (BlockArgument argument : func.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    SmallVector<Dim> dims;
    SmallVector<StringRef> names = dimensionNames(func, argument.getArgNumber());
    for (auto [size, name] : llvm::zip_equal(type.getShape(), names)) {
      if (!ShapedType::isDynamic(size))
        dims.push_back(shapes.constant(size));
      else
        dims.push_back(name.empty() ? shapes.freshSymbol() : shapes.namedSymbol(name));
    }
    shapes.setArgument(argument, dims);
  }
}

LogicalResult mlir::halftone::inferOp(Operation *op, ShapeContext &shapes) {
  if (auto interface = dyn_cast<SymbolicShapeOpInterface>(op))
    return interface.inferShapes(shapes);
  return success();
}

void mlir::halftone::refineFunctionType(func::FuncOp func) {
  if (func.isExternal())
    return;
  Operation *terminator = func.getBody().back().getTerminator();
  func.setType(FunctionType::get(func.getContext(), func.getBody().getArgumentTypes(),
                                 terminator->getOperandTypes()));
}
