// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The decision of a recipe as it stands on an op, between the pass that assigns it and those that
// carry it out.
#ifndef HALFTONE_TRANSFORMS_SCHEMEATTRIBUTE_H
#define HALFTONE_TRANSFORMS_SCHEMEATTRIBUTE_H

#include "halftone/Transforms/Recipe.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace mlir::halftone {

void setScheme(Operation *op, const ::halftone::Scheme &scheme);

/// The scheme on `op`, if there is one. Fields that are missing or of the wrong kind have their
/// default.
std::optional<::halftone::Scheme> getScheme(Operation *op);

void removeScheme(Operation *op);

/// The tensor element type that holds codes of the integer format `name`: i8 for int8, ui8 for
/// uint8.
Type getCodeType(MLIRContext *context, StringRef format);

} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_SCHEMEATTRIBUTE_H
