// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Formats that a recipe lets each layer choose from.
#ifndef HALFTONE_LIB_TRANSFORMS_FORMATALTERNATIVES_H
#define HALFTONE_LIB_TRANSFORMS_FORMATALTERNATIVES_H

#include "SchemeRules.h"

namespace halftone {

/// Makes a scheme of the text, and its alternatives: the same text with another format each. The
/// message of the first contradiction, or empty.
std::string resolveAllWeights(const WeightText &text, WeightScheme &scheme);

} // namespace halftone

#endif // HALFTONE_LIB_TRANSFORMS_FORMATALTERNATIVES_H
