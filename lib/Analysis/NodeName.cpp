// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/NodeName.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

StringRef mlir::halftone::getNodeName(Location loc) {
  if (auto name = llvm::dyn_cast<NameLoc>(loc))
    return name.getName().getValue();
  if (auto call = llvm::dyn_cast<CallSiteLoc>(loc))
    return getNodeName(call.getCallee());
  if (auto fused = llvm::dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef name = getNodeName(part); !name.empty())
        return name;
  return "";
}

std::string mlir::halftone::getTensorName(Value value) {
  if (auto result = llvm::dyn_cast<OpResult>(value)) {
    std::string name = getNodeName(value.getLoc()).str();
    if (result.getResultNumber() > 0)
      name += ":" + std::to_string(result.getResultNumber());
    return name;
  }
  auto argument = llvm::cast<BlockArgument>(value);
  auto function = llvm::dyn_cast_or_null<FunctionOpInterface>(argument.getOwner()->getParentOp());
  if (function)
    if (auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "halftone.name"))
      return name.getValue().str();
  // Of the body of a loop, which is called like its node.
  std::string owner = function ? "" : getNodeName(argument.getLoc()).str();
  return (owner.empty() ? "" : owner + ":") + "arg" + std::to_string(argument.getArgNumber());
}
