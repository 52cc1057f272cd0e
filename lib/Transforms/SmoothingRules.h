// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What smoothing goes together with.
#ifndef HALFTONE_LIB_TRANSFORMS_SMOOTHINGRULES_H
#define HALFTONE_LIB_TRANSFORMS_SMOOTHINGRULES_H

#include "halftone/Transforms/Recipe.h"
#include <optional>

namespace halftone {

/// A number, or none: it is searched for.
struct AlphaText {
  std::optional<double> number;
};

/// What a recipe says of smoothing.
struct SmoothingText {
  std::string method;
  std::optional<AlphaText> alpha;
  std::optional<bool> powerOfTwo;
};

struct SmoothingEntry {
  SmoothingText text;
  SmoothingScheme scheme;
};

/// Makes a scheme of the text; the message of the first contradiction, or empty.
std::string resolveSmoothing(const SmoothingText &text, SmoothingScheme &scheme);

/// The message of what contradicts how the layers are quantized, or empty.
std::string checkSmoothing(const SmoothingScheme &smoothing, const Scheme &scheme);

} // namespace halftone

#endif // HALFTONE_LIB_TRANSFORMS_SMOOTHINGRULES_H
