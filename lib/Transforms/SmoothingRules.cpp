// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SmoothingRules.h"

using namespace halftone;

std::string halftone::resolveSmoothing(const SmoothingText &text, SmoothingScheme &scheme) {
  scheme = SmoothingScheme();
  if (text.method != scheme.method)
    return "'method' of smoothing is '" + text.method + "'; expected: smoothquant";
  scheme.alpha = text.alpha.value_or(scheme.alpha);
  scheme.powerOfTwo = text.powerOfTwo.value_or(scheme.powerOfTwo);
  if (!(scheme.alpha >= 0 && scheme.alpha <= 1))
    return "'alpha' is " + std::to_string(scheme.alpha) + "; expected a number from 0 to 1";
  return "";
}
