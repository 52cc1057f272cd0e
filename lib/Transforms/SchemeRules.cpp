// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SchemeRules.h"

#include "RoundingMethods.h"

#include "halftone/Numerics/TableFormat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace halftone;
using Coding = Format::Coding;

namespace {

std::string joinNames(llvm::function_ref<bool(const Format &)> isListed) {
  std::vector<llvm::StringRef> names = {"none"};
  for (const Format &format : allFormats())
    if (isListed(format))
      names.push_back(format.name);
  return llvm::join(names, ", ");
}

std::string checkOneOf(llvm::StringRef key, llvm::StringRef value,
                       llvm::ArrayRef<llvm::StringRef> allowed) {
  if (llvm::is_contained(allowed, value))
    return "";
  return ("'" + key + "' is '" + value + "'; expected one of: " + llvm::join(allowed, ", ")).str();
}

std::string firstOf(std::initializer_list<std::string> messages) {
  for (const std::string &message : messages)
    if (!message.empty())
      return message;
  return "";
}

llvm::StringRef nameOf(GranularityKind kind) {
  switch (kind) {
  case GranularityKind::Tensor:
    return "tensor";
  case GranularityKind::Channel:
    return "channel";
  case GranularityKind::Group:
    return "group";
  case GranularityKind::Block:
    return "block";
  }
  llvm_unreachable("every granularity is listed");
}

std::string checkBlock(const Format &format, const WeightText &text) {
  if (text.granularity == "block" && !text.block)
    return "'granularity: block' needs 'block: [C, N]', the numbers of channels and of elements of "
           "each that share a scale";
  if (!text.block)
    return "";
  if (text.block->size() != 2 || llvm::any_of(*text.block, [](int64_t size) { return size < 1; }))
    return "'block' is [channels, elements of each], two positive numbers";
  if (text.group)
    return "'group' and 'block' contradict each other: a group is a block of one channel";
  if (text.granularity && *text.granularity != "block")
    return "'block' contradicts 'granularity: " + *text.granularity + "'";
  if (format.hasFixedGroups() || format.coding == Coding::Plain)
    return "format '" + format.name.str() + "' has no choice of blocks: leave out 'block'";
  if (text.rounding && *text.rounding != "nearest")
    return "'rounding: " + *text.rounding +
           "' goes through the channels one by one: give 'group: " +
           std::to_string(text.block->back()) + "' for 'block'";
  return "";
}

// Some formats leave no choice of blocks, or none but that of the coarsest scale.
std::string checkBlocks(const Format &format, const WeightText &text) {
  std::string name = "format '" + format.name.str() + "' ";
  if (text.group && *text.group <= 0)
    return "'group' is " + std::to_string(*text.group) + "; expected a number of elements";
  if (format.coding == Coding::Plain && (text.granularity || text.group))
    return name + "has no scales: leave out 'granularity' and 'group'";
  bool hasCoarseScale = !format.scales.empty() && !format.scales.back().codec;
  if (format.hasFixedGroups() && (text.group || text.granularity == "group"))
    return name + "has groups of its own, of " + std::to_string(format.scales.front().group) +
           ": leave out 'group'";
  if (format.hasFixedGroups() && !hasCoarseScale && text.granularity)
    return name + "has groups of its own: leave out 'granularity'";
  if (text.group && text.granularity && *text.granularity != "group")
    return "'group' contradicts 'granularity: " + *text.granularity + "'";
  if (text.granularity == "group" && !text.group && format.group == 0)
    return "'granularity: group' needs 'group: N', the number of elements that share a scale";
  return text.granularity
             ? checkOneOf("granularity", *text.granularity, {"tensor", "channel", "group", "block"})
             : "";
}

std::string checkGrid(const Format &format, const WeightText &text) {
  bool hasZeroPoint = format.hasFreeScales() && format.isInteger();
  if (text.symmetric == Symmetry::None && !hasZeroPoint && format.coding != Coding::BinaryPlanes)
    return "format '" + format.name.str() +
           "' has no zero point: 'symmetric: false' is for integers, and for bcq where it adds an "
           "offset";
  bool isFullRange = text.symmetric == Symmetry::FullRange;
  if (isFullRange && !hasFullRange(format))
    return "format '" + format.name.str() +
           "' has no lowest code below zero that 'symmetric: full-range' could use: it is for int8 "
           "to int2";
  std::string scales = text.scales.value_or("f32"), range = text.range.value_or("min-max");
  std::string error = checkOneOf("scales", scales, {"f32", "f16", "power-of-two"});
  if (!error.empty())
    return error;
  if (isFullRange && scales == "power-of-two")
    return "'symmetric: full-range' needs scales with a sign, which 'scales: power-of-two' has "
           "not: give f32 or f16";
  for (auto [key, value, usual] :
       {std::tuple("scales", scales, "f32"), {"range", range, "min-max"}})
    if (value != usual && !format.hasFreeScales())
      return llvm::formatv("'{0}: {1}' is for formats with one level of scales, which '{2}' is not",
                           key, value, format.name);
  llvm::Expected<RangeOptions> estimator = parseRangeEstimator(range);
  if (!estimator)
    return llvm::toString(estimator.takeError());
  if (estimator->method == RangeMethod::MovingAverage)
    return "'range: moving-average' is an average over samples, and weights are the same for all: "
           "expected min-max, percentile:P, entropy, mse or clip:MIN,MAX";
  return "";
}

// Options of a method that is not chosen are a mistake.
std::string checkChosen(llvm::StringRef method, bool hasOptions, llvm::StringRef rounding) {
  if (!hasOptions || rounding == method)
    return "";
  return ("'" + method + "' says how 'rounding: " + method + "' works: give that, too").str();
}

std::string checkGPTQ(const WeightText &text) {
  if (!text.gptq)
    return "";
  double damping = text.gptq->damping.value_or(GPTQScheme().damping);
  if (!std::isfinite(damping) || damping < 0)
    return "'damping' is " + std::to_string(damping) + "; expected a number of at least 0";
  std::string order = text.gptq->order.value_or(GPTQScheme().order);
  if (order == "descending" && text.gptq->staticGroups == false)
    return "'order: descending' meets groups in pieces, so that their scales have to be chosen "
           "beforehand: leave out 'static_groups'";
  return checkOneOf("order", order, {"actual", "descending"});
}

std::string checkAdaRound(const WeightText &text) {
  if (!text.adaround)
    return "";
  constexpr int64_t kMostIterations = 1000000;
  int64_t iterations = text.adaround->iterations.value_or(AdaRoundScheme().iterations);
  if (iterations < 1 || iterations > kMostIterations)
    return "'iterations' is " + std::to_string(iterations) + "; expected 1 to " +
           std::to_string(kMostIterations);
  double lambda = text.adaround->lambda.value_or(AdaRoundScheme().lambda);
  if (!std::isfinite(lambda) || lambda <= 0)
    return "'lambda' is " + std::to_string(lambda) + "; expected a number above 0";
  return "";
}

std::string checkOWQ(const Format &format, const WeightText &text, llvm::StringRef rounding) {
  if (!text.owq)
    return "";
  const RoundingMethod *method = findRoundingMethod(rounding);
  if (!method || method->coding != Coding::Scaled)
    return "'owq' lets f16 weights take up the errors of the others: give 'rounding: gptq' or "
           "'rounding: adaround', too";
  if (format.codec.decode(format.codec.encode(0.0f)) != 0)
    return "'owq' leaves 0 where f16 weights stand beside the codes: give 'table' a 0";
  double bits = text.owq->bits;
  // A NaN is in no range.
  bool isInRange = bits > format.codec.bits && bits <= 16;
  if (!isInRange)
    return "'bits' of 'owq' is " + std::to_string(bits) + "; expected more than the " +
           std::to_string(format.codec.bits) + " of '" + format.name.str() + "', and at most 16";
  return "";
}

std::string checkRounding(const Format &format, const WeightText &text) {
  std::string rounding = text.rounding.value_or(WeightScheme().rounding);
  std::vector<llvm::StringRef> names = {"nearest"};
  for (const RoundingMethod &method : allRoundingMethods())
    names.push_back(method.name);
  std::string error = checkOneOf("rounding", rounding, names);
  if (!error.empty())
    return error;
  const RoundingMethod *method = findRoundingMethod(rounding);
  if (method && !isFor(*method, format))
    return "'rounding: " + rounding + "' is for " +
           (method->coding == Coding::Codebook ? "formats with fitted codebooks"
                                               : "formats with one level of scales") +
           ", which '" + format.name.str() + "' is not";
  return firstOf({checkChosen("gptq", text.gptq.has_value(), rounding),
                  checkChosen("adaround", text.adaround.has_value(), rounding), checkGPTQ(text),
                  checkAdaRound(text), checkOWQ(format, text, rounding)});
}

std::string readTable(const WeightText &text, std::vector<float> &table) {
  if (text.format != kTableFormatName)
    return text.table ? "'table' holds the numbers of 'format: table', not of '" + text.format + "'"
                      : "";
  if (!text.table)
    return "'format: table' needs 'table: [...]', 2 to 256 numbers that weights become, times a "
           "scale";
  llvm::Expected<std::vector<float>> made = makeTable(*text.table);
  if (!made)
    return llvm::toString(made.takeError());
  table = std::move(*made);
  return "";
}

} // namespace

bool halftone::hasFullRange(const Format &format) {
  return format.isInteger() && format.hasFreeScales() && format.codec.isSigned;
}

std::optional<Format> WeightScheme::describeFormat() const {
  if (format == kTableFormatName)
    return isTable(table) ? std::optional<Format>(makeTableFormat(table)) : std::nullopt;
  const Format *known = findFormat(format);
  if (!known)
    return std::nullopt;
  return fullRange ? known->withFullRange() : *known;
}

std::string halftone::resolveWeights(const WeightText &text, WeightScheme &scheme) {
  scheme = WeightScheme();
  if (std::string error = readTable(text, scheme.table); !error.empty())
    return error;
  if (text.format.empty() || text.format == "none")
    return "";
  scheme.format = text.format;
  std::optional<Format> format = scheme.describeFormat();
  if (!format)
    return "unknown format '" + text.format +
           "'; formats: " + joinNames([](const Format &) { return true; }) + ", " +
           kTableFormatName.str();
  std::string error = firstOf({checkBlocks(*format, text), checkBlock(*format, text),
                               checkGrid(*format, text), checkRounding(*format, text)});
  if (!error.empty())
    return error;
  scheme.granularity = text.group ? "group" : nameOf(format->granularity).str();
  if (text.granularity)
    scheme.granularity = *text.granularity;
  if (scheme.granularity == "group")
    scheme.group = text.group.value_or(format->group);
  if (text.block) {
    scheme.granularity = "block";
    scheme.channels = text.block->front();
    scheme.group = text.block->back();
  }
  Symmetry symmetry = text.symmetric.value_or(Symmetry::Restricted);
  scheme.symmetric = symmetry != Symmetry::None;
  scheme.fullRange = symmetry == Symmetry::FullRange;
  scheme.range = text.range.value_or(scheme.range);
  scheme.scales = text.scales.value_or(scheme.scales);
  scheme.rounding = text.rounding.value_or(scheme.rounding);
  if (text.gptq) {
    scheme.gptq.damping = text.gptq->damping.value_or(scheme.gptq.damping);
    scheme.gptq.order = text.gptq->order.value_or(scheme.gptq.order);
    scheme.gptq.staticGroups = text.gptq->staticGroups.value_or(scheme.gptq.order == "descending");
  }
  if (text.owq)
    scheme.owqBits = text.owq->bits;
  if (text.adaround) {
    scheme.adaround.iterations = text.adaround->iterations.value_or(scheme.adaround.iterations);
    scheme.adaround.lambda = text.adaround->lambda.value_or(scheme.adaround.lambda);
  }
  return "";
}

/// The products beside those of outliers are of bytes.
static std::string checkOutliers(const Scheme &scheme) {
  const WeightScheme &weights = scheme.weights;
  if (!scheme.activations.outliers || scheme.isFloat())
    return "";
  const Format format = *weights.describeFormat();
  bool hasBytes = format.isInteger() && format.hasFreeScales() && format.codec.bits == 8;
  if (!hasBytes || weights.granularity == "group" || weights.granularity == "block")
    return "'outliers' leave a product of 8-bit integers, which 'weights' do not have: give them "
           "'format: int8' with 'granularity: channel'";
  if (!weights.alternatives.empty())
    return "'outliers' leave a product of integers, which 'mofq' may choose other formats for: "
           "leave one of them out";
  if (weights.needsInputs())
    return "'outliers' choose inputs, for all of which 'rounding: " + weights.rounding +
           "' would round: leave one of them out";
  return "";
}

std::string halftone::checkScheme(const Scheme &scheme) {
  if (scheme.weights.owqBits != 0 && !scheme.activations.format.empty())
    return "'owq' is for float activations: the weights that it keeps are multiplied with them";
  return checkOutliers(scheme);
}

std::string halftone::checkCache(const CacheText &text) {
  // Callers pack codes of a divisor of 8 bits; a zero point other than 0 would be another input.
  auto isKept = [](const Format &format) {
    return format.hasFreeScales() && format.codec.hasStandardType() &&
           format.codec.minValue() < 0 && 8 % format.codec.bits == 0;
  };
  const Format *format = findFormat(text.format);
  if (text.format == "none" || (format && isKept(*format)))
    return "";
  return "'" + text.format + "' is no format of caches; formats of caches: " + joinNames(isKept);
}

/// That columns are left out of quantized activations, and how.
static std::string checkOutlierColumns(const ActivationScheme &scheme) {
  if (!scheme.outliers)
    return "";
  if (scheme.format.empty())
    return "'outliers' are kept out of quantized activations: give these a 'format'";
  if (scheme.when != "dynamic")
    return "'outliers' need 'when: dynamic' of the activations: a static range is that of all "
           "columns, outliers among them";
  double threshold = scheme.outliers->threshold;
  if (!(threshold >= 0))
    return "'threshold' is " + std::to_string(threshold) + "; expected a number of at least 0";
  return checkOneOf("when", scheme.outliers->when, {"static", "dynamic"});
}

std::string halftone::checkActivations(const ActivationScheme &scheme) {
  if (scheme.format.empty())
    return checkOutlierColumns(scheme);
  auto isStatic = [](const Format &format) {
    return format.hasFreeScales() && format.codec.hasStandardType();
  };
  auto isDynamic = [](const Format &format) {
    return format.hasNoScale() ||
           (format.isInteger() && format.hasFreeScales() && format.codec.bits == 8);
  };
  const Format *format = findFormat(scheme.format);
  if (!format || !(isStatic(*format) || isDynamic(*format)))
    return (format ? "format '" + scheme.format + "' is for weights"
                   : "unknown format '" + scheme.format + "'") +
           "; formats of activations: " +
           joinNames([&](const Format &each) { return isStatic(each) || isDynamic(each); });
  if (format->hasNoScale())
    return scheme.when == "dynamic" && scheme.granularity == "tensor"
               ? ""
               : "format '" + scheme.format + "' has no scales: leave out 'when' and 'granularity'";
  if (scheme.when == "dynamic" && !isDynamic(*format))
    return "format '" + scheme.format +
           "' has no 'when: dynamic'; formats of dynamic activations: " + joinNames(isDynamic);
  if (!format->isInteger() && !scheme.symmetric)
    return "format '" + scheme.format + "' has no zero point: give 'symmetric: true'";
  if (scheme.when == "static" && scheme.granularity == "token")
    return "granularity 'token' needs 'when: dynamic': the tokens of a run are not known before "
           "it";
  llvm::Expected<RangeOptions> range = parseRangeEstimator(scheme.range);
  if (!range)
    return llvm::toString(range.takeError());
  if (scheme.when == "dynamic" && scheme.scales != "f32")
    return "'scales: " + scheme.scales +
           "' needs 'when: static': a dynamic scale is a quotient of each run and stored nowhere";
  return firstOf({checkOneOf("granularity", scheme.granularity, {"tensor", "token"}),
                  checkOneOf("scales", scheme.scales, {"f32", "power-of-two"}),
                  checkOneOf("when", scheme.when, {"static", "dynamic"}),
                  checkOutlierColumns(scheme)});
}
