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
  scheme.searchesAlpha = text.alpha && !text.alpha->number;
  if (text.alpha && text.alpha->number)
    scheme.alpha = *text.alpha->number;
  scheme.powerOfTwo = text.powerOfTwo.value_or(scheme.powerOfTwo);
  bool isPart = scheme.alpha >= 0 && scheme.alpha <= 1; // A NaN is not.
  if (!isPart)
    return "'alpha' is " + std::to_string(scheme.alpha) + "; expected a number from 0 to 1";
  return "";
}

std::string halftone::checkSmoothing(const SmoothingScheme &smoothing, const Scheme &scheme) {
  if (smoothing.searchesAlpha && scheme.isFloat())
    return "'alpha: search' looks for the number with which the quantized model is least off: give "
           "'weights' a format";
  if (smoothing.searchesAlpha && scheme.isStatic())
    return "'alpha: search' tries numbers with which activations have other ranges each: give them "
           "'when: dynamic', or leave them out";
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
