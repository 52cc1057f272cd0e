// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_TRANSFORMS_SMOOTHINGRULES_H
#define HALFTONE_LIB_TRANSFORMS_SMOOTHINGRULES_H

#include "halftone/Transforms/Smoothing.h"
#include <optional>

namespace halftone {

/// What a recipe says of smoothing.
struct SmoothingText {
  std::string method;
  std::optional<double> alpha;
  std::optional<bool> powerOfTwo;
};

struct SmoothingEntry {
  SmoothingText text;
  SmoothingScheme scheme;
};

/// Makes a scheme of the text; the message of the first contradiction, or empty.
std::string resolveSmoothing(const SmoothingText &text, SmoothingScheme &scheme);

} // namespace halftone

#endif // HALFTONE_LIB_TRANSFORMS_SMOOTHINGRULES_H
