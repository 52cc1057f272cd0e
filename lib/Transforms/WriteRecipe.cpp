// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/WriteRecipe.h"

#include "halftone/Numerics/Format.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/YAMLParser.h"
#include <array>
#include <charconv>

using namespace halftone;

namespace {
/// A YAML map on one line.
class MapText {
public:
  void add(llvm::StringRef key, const llvm::Twine &value) {
    text += ((text.empty() ? "" : ", ") + key + ": " + value).str();
  }
  template <typename T>
  void addUnless(llvm::StringRef key, const T &value, const T &usual, const llvm::Twine &written) {
    if (value != usual)
      add(key, written);
  }
  void addUnless(llvm::StringRef key, const std::string &value, const std::string &usual) {
    addUnless(key, value, usual, quote(value));
  }
  bool isEmpty() const { return text.empty(); }
  std::string get() const { return text.empty() ? "{}" : "{ " + text + " }"; }

private:
  /// `clip:0,1` has a comma, which would end the value.
  static std::string quote(const std::string &value) {
    return value.find(',') == std::string::npos ? value : "'" + value + "'";
  }

  std::string text;
};
} // namespace

/// The shortest text that reads as `number` again.
template <typename T> static std::string writeNumber(T number) {
  std::array<char, 64> buffer;
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  assert(error == std::errc() && "every number has fewer digits");
  return std::string(buffer.data(), end);
}

static std::string writeBool(bool value) { return value ? "true" : "false"; }

template <typename Range> static std::string writeNumbers(const Range &numbers) {
  std::vector<std::string> texts;
  texts.reserve(numbers.size());
  for (auto number : numbers)
    texts.push_back(writeNumber(number));
  return "[" + llvm::join(texts, ", ") + "]";
}

/// Without the repetitions of the last number that fill a table up.
static llvm::ArrayRef<float> getListed(llvm::ArrayRef<float> table) {
  while (table.size() > 1 && table.back() == table.drop_back().back())
    table = table.drop_back();
  return table;
}

static void addGranularity(MapText &map, const WeightScheme &scheme) {
  std::optional<Format> format = scheme.describeFormat();
  assert(format && "a scheme has a format that there is");
  bool hasGroupsByDefault = format->granularity == GranularityKind::Group;
  if (scheme.granularity == "block")
    return map.add("block", writeNumbers(std::array{scheme.channels, scheme.group}));
  if (scheme.granularity == "group") {
    if (!hasGroupsByDefault || scheme.group != format->group)
      map.add("group", writeNumber(scheme.group));
    return;
  }
  if (hasGroupsByDefault ||
      (scheme.granularity == "tensor") != (format->granularity == GranularityKind::Tensor))
    map.add("granularity", scheme.granularity);
}

static void addRounding(MapText &map, const WeightScheme &scheme) {
  const WeightScheme usual;
  map.addUnless("rounding", scheme.rounding, usual.rounding);
  if (scheme.rounding == "gptq") {
    MapText gptq;
    gptq.addUnless("damping", scheme.gptq.damping, usual.gptq.damping,
                   writeNumber(scheme.gptq.damping));
    gptq.addUnless("order", scheme.gptq.order, usual.gptq.order);
    // That order has groups fixed beforehand without saying so.
    gptq.addUnless("static_groups", scheme.gptq.staticGroups, scheme.gptq.order == "descending",
                   writeBool(scheme.gptq.staticGroups));
    if (!gptq.isEmpty())
      map.add("gptq", gptq.get());
  }
  if (scheme.rounding == "adaround") {
    MapText adaround;
    adaround.addUnless("iterations", scheme.adaround.iterations, usual.adaround.iterations,
                       writeNumber(scheme.adaround.iterations));
    adaround.addUnless("lambda", scheme.adaround.lambda, usual.adaround.lambda,
                       writeNumber(scheme.adaround.lambda));
    if (!adaround.isEmpty())
      map.add("adaround", adaround.get());
  }
  if (scheme.owqBits != 0)
    map.add("owq", "{ bits: " + writeNumber(scheme.owqBits) + " }");
}

static std::string writeAlternatives(const WeightScheme &scheme) {
  std::vector<std::string> names;
  names.reserve(scheme.alternatives.size());
  for (const WeightScheme &alternative : scheme.alternatives)
    names.push_back(alternative.format);
  return "{ or: [" + llvm::join(names, ", ") + "], by: " + scheme.choice + " }";
}

std::string halftone::writeWeights(const WeightScheme &scheme) {
  MapText map;
  if (scheme.format.empty())
    return "{ format: none }";
  const WeightScheme usual;
  map.add("format", scheme.format);
  if (!scheme.table.empty())
    map.add("table", writeNumbers(getListed(scheme.table)));
  addGranularity(map, scheme);
  if (!scheme.symmetric || scheme.fullRange)
    map.add("symmetric", scheme.symmetric ? "full-range" : "false");
  map.addUnless("range", scheme.range, usual.range);
  map.addUnless("scales", scheme.scales, usual.scales);
  addRounding(map, scheme);
  if (!scheme.alternatives.empty())
    map.add("mofq", writeAlternatives(scheme));
  return map.get();
}

std::string halftone::writeActivations(const ActivationScheme &scheme) {
  MapText map;
  if (scheme.format.empty())
    return "{ format: none }";
  const ActivationScheme usual;
  const Format *format = findFormat(scheme.format);
  assert(format && "a scheme has a format that there is");
  map.add("format", scheme.format);
  map.addUnless("granularity", scheme.granularity, usual.granularity);
  map.addUnless("when", scheme.when, std::string(format->hasNoScale() ? "dynamic" : usual.when));
  map.addUnless("symmetric", scheme.symmetric, usual.symmetric, writeBool(scheme.symmetric));
  map.addUnless("range", scheme.range, usual.range);
  map.addUnless("scales", scheme.scales, usual.scales);
  if (scheme.outliers)
    map.add("outliers", "{ threshold: " + writeNumber(scheme.outliers->threshold) +
                            ", when: " + scheme.outliers->when + " }");
  return map.get();
}

/// What a rule's `match` is for exactly this node. A name between slashes would be a regular
/// expression as well, and match other nodes.
static std::string writeMatch(llvm::StringRef node) {
  bool looksLikeExpression = node.size() >= 2 && node.starts_with("/") && node.ends_with("/");
  return looksLikeExpression ? "/" + llvm::Regex::escape(node) + "/" : node.str();
}

static std::string writeRule(llvm::StringRef node, const Scheme &scheme) {
  std::string rule = "  - match: \"" + llvm::yaml::escape(writeMatch(node)) + "\"\n";
  rule += "    weights: " + writeWeights(scheme.weights) + "\n";
  if (!scheme.activations.format.empty())
    rule += "    activations: " + writeActivations(scheme.activations) + "\n";
  return rule;
}

static std::string describe(const std::optional<Scheme> &scheme) {
  return scheme && !scheme->isFloat() ? writeRule("", *scheme) : "";
}

llvm::Expected<std::string> halftone::writeRecipe(llvm::ArrayRef<LayerScheme> layers,
                                                  llvm::StringRef comment) {
  std::string text;
  for (llvm::StringRef line : llvm::split(comment, '\n'))
    if (!comment.empty())
      text += ("# " + line + "\n").str();
  text += "weights: { format: none }\n";
  std::string rules;
  for (const LayerScheme &layer : layers)
    if (layer.scheme && !layer.scheme->isFloat())
      rules += writeRule(layer.node, *layer.scheme);
  if (!rules.empty())
    text += "layers:\n" + rules;
  llvm::Expected<Recipe> read = Recipe::parse(text, "the recipe");
  if (!read)
    return read.takeError();
  for (const LayerScheme &layer : layers)
    if (describe(read->schemeFor(layer.node)) != describe(layer.scheme))
      return llvm::createStringError("no recipe can name node '" + layer.node +
                                     "' alone: rename it in the model");
  return text;
}
