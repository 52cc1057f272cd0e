// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SmoothingRules.h"

#include "halftone/Numerics/Format.h"

using namespace halftone;

std::string halftone::resolveSmoothing(const SmoothingText &text, SmoothingScheme &scheme) {
  scheme = SmoothingScheme();
  if (text.method != "smoothquant" && text.method != "awq")
    return "'method' of smoothing is '" + text.method + "'; expected one of: smoothquant, awq";
  if (text.method == "awq" && text.alpha)
    return "'alpha' is searched for by 'method: awq', for each input: leave it out";
  scheme.method = text.method;
  scheme.alpha = text.alpha.value_or(scheme.alpha);
  scheme.powerOfTwo = text.powerOfTwo.value_or(scheme.powerOfTwo);
  if (!(scheme.alpha >= 0 && scheme.alpha <= 1))
    return "'alpha' is " + std::to_string(scheme.alpha) + "; expected a number from 0 to 1";
  return "";
}

std::string halftone::checkSmoothing(const SmoothingScheme &smoothing, const Scheme &scheme) {
  if (smoothing.method != "awq")
    return "";
  std::optional<Format> format = scheme.weights.describeFormat();
  if (!format)
    return "'method: awq' searches for the factors with which weights lose least when they are "
           "quantized: give 'weights' a format";
  if (!scheme.activations.format.empty())
    return "'method: awq' makes activations harder to quantize: leave out 'activations', or give "
           "'method: smoothquant'";
  if (format->coding != Format::Coding::Scaled || !format->hasFreeScales())
    return "'method: awq' is for formats with one level of scales, which '" +
           scheme.weights.format + "' is not";
  return "";
}
