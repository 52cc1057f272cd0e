// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "FormatAlternatives.h"

#include "halftone/Numerics/Format.h"
#include "llvm/ADT/STLExtras.h"

using namespace halftone;

/// An error is compared with others of the same width: the wider format always has less.
static std::string checkWidth(const Format &first, const Format &other) {
  if (first.packedBits == other.packedBits)
    return "";
  return "'mofq' chooses the format with the least error, and of formats of different widths that "
         "is the widest: '" +
         first.name.str() + "' has " + std::to_string(first.packedBits) + " bits, '" +
         other.name.str() + "' " + std::to_string(other.packedBits);
}

static std::string checkList(const WeightText &text) {
  const MoFQText &mofq = *text.mofq;
  if (text.format.empty() || text.format == "none")
    return "'mofq' adds formats to choose from to 'format', which is 'none'";
  if (mofq.alternatives.empty())
    return "'or' of 'mofq' lists no format to choose from beside '" + text.format + "'";
  if (mofq.by && *mofq.by != "tensor-mse" && *mofq.by != "output-mse")
    return "'by' is '" + *mofq.by + "'; expected one of: tensor-mse, output-mse";
  std::vector<std::string> seen = {text.format};
  for (const std::string &name : mofq.alternatives) {
    if (name == "none")
      return "'none' is no format to choose from: float weights have no error";
    if (llvm::is_contained(seen, name))
      return "'or' of 'mofq' has '" + name + "' twice, or besides 'format'";
    seen.push_back(name);
  }
  return "";
}

std::string halftone::resolveAllWeights(const WeightText &text, WeightScheme &scheme) {
  std::string error = resolveWeights(text, scheme);
  if (!error.empty() || !text.mofq)
    return error;
  error = checkList(text);
  if (!error.empty())
    return error;
  for (const std::string &name : text.mofq->alternatives) {
    WeightText other = text;
    other.format = name;
    // The codes of the others are all in use without it.
    const Format *format = findFormat(name);
    if (text.symmetric == Symmetry::FullRange && format && !hasFullRange(*format))
      other.symmetric.reset();
    error = resolveWeights(other, scheme.alternatives.emplace_back());
    if (error.empty())
      error = checkWidth(*scheme.describeFormat(), *scheme.alternatives.back().describeFormat());
    if (!error.empty())
      return error;
  }
  scheme.choice = text.mofq->by.value_or(scheme.choice);
  return "";
}
