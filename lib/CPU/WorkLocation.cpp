// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WorkLocation.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace mlir::halftone;

static constexpr StringLiteral controlMark = "control";

Location mlir::halftone::addWork(ArrayRef<Location> parts, const Work &work) {
  MLIRContext *context = parts.front().getContext();
  auto metadata = DenseI64ArrayAttr::get(context, {work.number, work.macs, work.bytes, work.dtype});
  return FusedLoc::get(context, parts, metadata);
}

std::optional<Work> mlir::halftone::getWork(Location loc) {
  auto fused = llvm::dyn_cast<FusedLoc>(loc);
  if (!fused)
    return std::nullopt;
  auto numbers = llvm::dyn_cast_or_null<DenseI64ArrayAttr>(fused.getMetadata());
  if (!numbers || numbers.size() != 4)
    return std::nullopt;
  return Work{numbers[0], numbers[1], numbers[2], numbers[3]};
}

Location mlir::halftone::markControl(Location loc) {
  MLIRContext *context = loc.getContext();
  return FusedLoc::get(context, {loc}, StringAttr::get(context, controlMark));
}

bool mlir::halftone::isControl(Location loc) {
  auto fused = llvm::dyn_cast<FusedLoc>(loc);
  auto mark = fused ? llvm::dyn_cast_or_null<StringAttr>(fused.getMetadata()) : StringAttr();
  return mark && mark.getValue() == controlMark;
}
