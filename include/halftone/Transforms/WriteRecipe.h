// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From schemes to the YAML of a recipe.
#ifndef HALFTONE_TRANSFORMS_WRITERECIPE_H
#define HALFTONE_TRANSFORMS_WRITERECIPE_H

#include "halftone/Transforms/Recipe.h"

namespace halftone {

/// A node and what happens to it; no scheme: it stays float.
struct LayerScheme {
  std::string node;
  std::optional<Scheme> scheme;
};

/// The YAML of a recipe with one rule for each of `layers` that has a scheme, in their order, that
/// leaves everything else float. A rule names its node exactly, whatever characters the name has,
/// and says what differs from the defaults. Lines of `comment` stand at the top behind `#`.
///
/// What Recipe::parse makes of it has the same schemes for all layers; a node of which that cannot
/// be said (its name is no UTF-8, or that of a node with another scheme) is an error.
llvm::Expected<std::string> writeRecipe(llvm::ArrayRef<LayerScheme> layers,
                                        llvm::StringRef comment);

/// What stands behind `weights:` and `activations:` for a scheme: `{ format: int8 }`.
std::string writeWeights(const WeightScheme &scheme);
std::string writeActivations(const ActivationScheme &scheme);

} // namespace halftone

#endif // HALFTONE_TRANSFORMS_WRITERECIPE_H
