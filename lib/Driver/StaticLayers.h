// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_STATICLAYERS_H
#define HALFTONE_LIB_DRIVER_STATICLAYERS_H

#include "halftone/Transforms/Recipe.h"
#include "mlir/IR/BuiltinOps.h"
#include <memory>
#include <optional>

namespace mlir::halftone {

/// The nodes of contractions that have a scheme, or of all if none has, in the order of the
/// program.
std::vector<std::string> findSmoothedLayers(ModuleOp assigned);

/// The nodes whose inputs get static scales by the recipe, in the order of the program; nullopt
/// after an error, which is one of the recipe. Changes nothing.
std::optional<std::vector<std::string>>
findStaticLayers(ModuleOp simplified, std::shared_ptr<const ::halftone::Recipe> recipe);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_STATICLAYERS_H
