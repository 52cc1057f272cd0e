// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What formats, granularities and ranges go together.
#ifndef HALFTONE_LIB_TRANSFORMS_SCHEMERULES_H
#define HALFTONE_LIB_TRANSFORMS_SCHEMERULES_H

#include "halftone/Transforms/Recipe.h"
#include <optional>
#include <string>
#include <vector>

namespace halftone {

/// What a recipe says of GPTQ.
struct GPTQText {
  std::optional<double> damping;
  std::optional<std::string> order;
  std::optional<bool> staticGroups;
};

/// What a recipe says of AdaRound.
struct AdaRoundText {
  std::optional<int64_t> iterations;
  std::optional<double> lambda;
};

/// What a recipe says of OWQ.
struct OWQText {
  double bits = 0;
};

/// What a recipe says of formats to choose from.
struct MoFQText {
  std::vector<std::string> alternatives;
  std::optional<std::string> by;
};

/// Where zero lies on a grid of weights: somewhere, in the middle, or in the middle of all codes.
enum class Symmetry { None, Restricted, FullRange };

/// Whether symmetric grids may use the lowest code: those of signed integers with f32 or f16
/// scales.
bool hasFullRange(const Format &format);

/// What a recipe says of weights; what it leaves out follows from the format.
struct WeightText {
  std::string format;
  std::optional<std::vector<double>> table;
  std::optional<std::string> granularity;
  std::optional<int64_t> group;
  std::optional<std::vector<int64_t>> block;
  std::optional<Symmetry> symmetric;
  std::optional<std::string> range;
  std::optional<std::string> scales;
  std::optional<std::string> rounding;
  std::optional<GPTQText> gptq;
  std::optional<AdaRoundText> adaround;
  std::optional<OWQText> owq;
  std::optional<MoFQText> mofq;
};

/// Makes a scheme of the text; the message of the first contradiction, or empty.
std::string resolveWeights(const WeightText &text, WeightScheme &scheme);

/// The message of the first contradiction, or empty.
std::string checkActivations(const ActivationScheme &scheme);

/// What a recipe says of caches.
struct CacheText {
  std::string format;
};

/// The message why keys and values cannot be kept so, or empty.
std::string checkCache(const CacheText &text);

/// Whether the two go together: the message why not, or empty.
std::string checkScheme(const Scheme &scheme);

} // namespace halftone

#endif // HALFTONE_LIB_TRANSFORMS_SCHEMERULES_H
