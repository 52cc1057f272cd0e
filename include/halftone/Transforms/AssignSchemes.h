// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TRANSFORMS_ASSIGNSCHEMES_H
#define HALFTONE_TRANSFORMS_ASSIGNSCHEMES_H

#include "halftone/Transforms/Recipe.h"
#include "mlir/Pass/Pass.h"

namespace mlir::halftone {

/// The pass halftone-assign-schemes with a recipe that has been loaded.
std::unique_ptr<Pass> createAssignSchemes(std::shared_ptr<const ::halftone::Recipe> recipe);

} // namespace mlir::halftone

#endif // HALFTONE_TRANSFORMS_ASSIGNSCHEMES_H
