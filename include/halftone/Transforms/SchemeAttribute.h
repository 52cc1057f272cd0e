// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The decision of a recipe as it stands on an op, between the pass that assigns it and those that
// carry it out.
#ifndef HALFTONE_TRANSFORMS_SCHEMEATTRIBUTE_H
#define HALFTONE_TRANSFORMS_SCHEMEATTRIBUTE_H

#include "halftone/Numerics/ElementCodec.h"
#include "halftone/Transforms/Recipe.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace mlir::halftone {

/// The attribute of a function that describes its quantized weights by node: a dictionary, or of a
/// node that became several ops a list of them in the order of the ops.
inline constexpr llvm::StringLiteral kQuantizedWeightsName = "halftone.quantized_weights";

/// The attribute of a product that says how many rows of its weights stand beside it as floats.
inline constexpr llvm::StringLiteral kNumOutliersName = "halftone.num_outliers";

void setScheme(Operation *op, const ::halftone::Scheme &scheme);

/// The scheme on `op`, if there is one. Fields that are missing or of the wrong kind have their
/// default.
std::optional<::halftone::Scheme> getScheme(Operation *op);

/// What the scheme on `op` says of its weights, one attribute for all ops of which it says the
/// same; null if it says nothing.
DictionaryAttr getWeightSchemeAttr(Operation *op);

void removeScheme(Operation *op);

/// The tensor element type that holds codes of `codec`: i8 for int8, ui4 for uint4 and the indices
/// of a table of 16, f8E4M3FN, …
Type getCodeType(MLIRContext *context, const ::halftone::ElementCodec &codec);

} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_SCHEMEATTRIBUTE_H
