// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recipes that have a name.
#ifndef HALFTONE_LIB_TRANSFORMS_PRESETS_H
#define HALFTONE_LIB_TRANSFORMS_PRESETS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace halftone {

struct Preset {
  llvm::StringLiteral name;
  llvm::StringLiteral yaml;
};

/// In the order in which they are listed.
llvm::ArrayRef<Preset> allPresets();

} // namespace halftone

#endif // HALFTONE_LIB_TRANSFORMS_PRESETS_H
