// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/Recipe.h"

#include "FormatAlternatives.h"
#include "Presets.h"
#include "SchemeRules.h"
#include "SmoothingRules.h"
#include "halftone/Numerics/Format.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/YAMLTraits.h"
#include "llvm/Support/raw_ostream.h"

using namespace halftone;

namespace {
struct WeightEntry {
  WeightText text;
  WeightScheme scheme;
};

/// A layer rule or the whole file as YAML has it; checked and turned into a Recipe afterwards.
struct RuleText {
  std::string match;
  std::optional<WeightEntry> weights;
  std::optional<ActivationScheme> activations;
};
struct RecipeText {
  WeightEntry weights;
  ActivationScheme activations;
  bool embeddings = false;
  bool sequential = false;
  std::optional<SmoothingEntry> smoothing;
  std::optional<CacheText> cache;
  std::vector<std::string> skip;
  std::vector<RuleText> layers;
};
} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(RuleText)

namespace llvm::yaml {
template <> struct MappingTraits<GPTQText> {
  static void mapping(IO &io, GPTQText &text) {
    io.mapOptional("damping", text.damping);
    io.mapOptional("order", text.order);
    io.mapOptional("static_groups", text.staticGroups);
  }
};

template <> struct MappingTraits<AdaRoundText> {
  static void mapping(IO &io, AdaRoundText &text) {
    io.mapOptional("iterations", text.iterations);
    io.mapOptional("lambda", text.lambda);
  }
};

template <> struct MappingTraits<OWQText> {
  static void mapping(IO &io, OWQText &text) { io.mapRequired("bits", text.bits); }
};

template <> struct MappingTraits<MoFQText> {
  static void mapping(IO &io, MoFQText &text) {
    io.mapRequired("or", text.alternatives);
    io.mapOptional("by", text.by);
  }
};

/// Whether a value could not be read: what is made of it would be a second error.
static bool hasFailed(IO &io) { return bool(static_cast<Input &>(io).error()); }

} // namespace llvm::yaml

//===--- Words beside booleans and numbers ---===//

namespace llvm::yaml {
template <> struct ScalarTraits<Symmetry> {
  static void output(const Symmetry &, void *, raw_ostream &) {}
  static StringRef input(StringRef text, void *, Symmetry &symmetry) {
    std::optional<bool> isSymmetric = yaml::parseBool(text);
    if (!isSymmetric && text != "full-range")
      return "'symmetric' is true, false or full-range";
    symmetry = !isSymmetric   ? Symmetry::FullRange
               : *isSymmetric ? Symmetry::Restricted
                              : Symmetry::None;
    return "";
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<AlphaText> {
  static void output(const AlphaText &, void *, raw_ostream &) {}
  static StringRef input(StringRef text, void *context, AlphaText &alpha) {
    if (text == "search")
      return "";
    return ScalarTraits<double>::input(text, context, alpha.number.emplace()).empty()
               ? ""
               : "'alpha' is a number from 0 to 1, or search";
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

} // namespace llvm::yaml

//===--- Weights, activations, smoothing ---===//

namespace llvm::yaml {
template <> struct MappingTraits<WeightEntry> {
  static void mapping(IO &io, WeightEntry &entry) {
    io.mapRequired("format", entry.text.format);
    io.mapOptional("table", entry.text.table);
    io.mapOptional("granularity", entry.text.granularity);
    io.mapOptional("group", entry.text.group);
    io.mapOptional("block", entry.text.block);
    io.mapOptional("symmetric", entry.text.symmetric);
    io.mapOptional("range", entry.text.range);
    io.mapOptional("scales", entry.text.scales);
    io.mapOptional("rounding", entry.text.rounding);
    io.mapOptional("gptq", entry.text.gptq);
    io.mapOptional("adaround", entry.text.adaround);
    io.mapOptional("owq", entry.text.owq);
    io.mapOptional("mofq", entry.text.mofq);
  }
  static std::string validate(IO &io, WeightEntry &entry) {
    return hasFailed(io) ? "" : resolveAllWeights(entry.text, entry.scheme);
  }
};

template <> struct MappingTraits<CacheText> {
  static void mapping(IO &io, CacheText &text) { io.mapRequired("format", text.format); }
  static std::string validate(IO &io, CacheText &text) {
    return hasFailed(io) ? "" : checkCache(text);
  }
};

template <> struct MappingTraits<OutlierScheme> {
  static void mapping(IO &io, OutlierScheme &scheme) {
    io.mapOptional("threshold", scheme.threshold);
    io.mapOptional("when", scheme.when);
  }
};

template <> struct MappingTraits<ActivationScheme> {
  static void mapping(IO &io, ActivationScheme &scheme) {
    io.mapRequired("format", scheme.format);
    io.mapOptional("granularity", scheme.granularity);
    if (const Format *format = findFormat(scheme.format); format && format->hasNoScale())
      scheme.when = "dynamic";
    io.mapOptional("when", scheme.when);
    io.mapOptional("symmetric", scheme.symmetric);
    io.mapOptional("range", scheme.range);
    io.mapOptional("scales", scheme.scales);
    io.mapOptional("outliers", scheme.outliers);
    if (scheme.format == "none")
      scheme.format.clear();
  }
  static std::string validate(IO &io, ActivationScheme &scheme) {
    return hasFailed(io) ? "" : checkActivations(scheme);
  }
};

template <> struct MappingTraits<SmoothingEntry> {
  static void mapping(IO &io, SmoothingEntry &entry) {
    io.mapRequired("method", entry.text.method);
    io.mapOptional("alpha", entry.text.alpha);
    io.mapOptional("power_of_two", entry.text.powerOfTwo);
  }
  static std::string validate(IO &io, SmoothingEntry &entry) {
    return hasFailed(io) ? "" : resolveSmoothing(entry.text, entry.scheme);
  }
};

} // namespace llvm::yaml

namespace llvm::yaml {
template <> struct MappingTraits<RuleText> {
  static void mapping(IO &io, RuleText &rule) {
    io.mapRequired("match", rule.match);
    io.mapOptional("weights", rule.weights);
    io.mapOptional("activations", rule.activations);
  }
};

template <> struct MappingTraits<RecipeText> {
  static void mapping(IO &io, RecipeText &recipe) {
    io.mapRequired("weights", recipe.weights);
    io.mapOptional("activations", recipe.activations);
    io.mapOptional("embeddings", recipe.embeddings);
    io.mapOptional("sequential", recipe.sequential);
    io.mapOptional("smoothing", recipe.smoothing);
    io.mapOptional("cache", recipe.cache);
    io.mapOptional("skip", recipe.skip);
    io.mapOptional("layers", recipe.layers);
  }
  static std::string validate(IO &io, RecipeText &recipe) {
    if (hasFailed(io))
      return "";
    if (recipe.weights.scheme.format.empty() && !recipe.activations.format.empty())
      return "activations cannot be quantized where weights stay float: give 'weights' a format";
    Scheme base{recipe.weights.scheme, recipe.activations};
    std::string error = checkScheme(base);
    for (const RuleText &rule : recipe.layers)
      if (error.empty())
        error = checkScheme({rule.weights ? rule.weights->scheme : base.weights,
                             rule.activations.value_or(base.activations)});
    if (error.empty() && recipe.smoothing)
      error = checkSmoothing(recipe.smoothing->scheme, base);
    return error;
  }
};
} // namespace llvm::yaml

llvm::Expected<RangeOptions> halftone::parseRangeEstimator(llvm::StringRef text) {
  auto [name, parameter] = text.split(':');
  RangeOptions options;
  std::optional<RangeMethod> method = parseRangeMethod(name);
  bool valid = method.has_value();
  if (valid)
    options.method = *method;
  if (valid && *method == RangeMethod::Percentile) {
    valid = !parameter.getAsDouble(options.percentile) && options.percentile > 50 &&
            options.percentile <= 100;
  } else if (valid && *method == RangeMethod::Clip) {
    auto [min, max] = parameter.split(',');
    double bounds[2] = {0, 0};
    valid = !min.getAsDouble(bounds[0]) && !max.getAsDouble(bounds[1]) && bounds[0] < bounds[1];
    options.clip = {float(bounds[0]), float(bounds[1])};
  } else if (valid) {
    valid = parameter.empty();
  }
  if (valid)
    return options;
  return llvm::createStringError("'" + text +
                                 "' is no range estimator; expected min-max, moving-average, "
                                 "percentile:P with P in (50, 100], entropy, mse or clip:MIN,MAX");
}

std::optional<ElementCodec> halftone::findScaleCodec(llvm::StringRef name) {
  if (name == "f16")
    return findFormat("f16")->codec;
  if (name == "power-of-two")
    return ElementCodec::powerOfTwo();
  return std::nullopt;
}

llvm::Expected<NodePattern> NodePattern::parse(llvm::StringRef text) {
  NodePattern pattern;
  pattern.text = text.str();
  if (text.size() < 2 || !text.starts_with("/") || !text.ends_with("/"))
    return pattern;
  pattern.expression = ("^(" + text.drop_front().drop_back() + ")$").str();
  std::string error;
  if (!llvm::Regex(pattern.expression).isValid(error))
    return llvm::createStringError("'%s' is not a regular expression: %s", pattern.text.c_str(),
                                   error.c_str());
  return pattern;
}

bool NodePattern::matches(llvm::StringRef node) const {
  // Node names may look like paths, so a name between slashes is tried both ways.
  return node == text || (!expression.empty() && llvm::Regex(expression).match(node));
}

namespace halftone {
struct RecipeReader {
  static llvm::Error fill(Recipe &recipe, const RecipeText &yaml) {
    recipe.base.weights = yaml.weights.scheme;
    recipe.base.activations = yaml.activations;
    recipe.embeddings = yaml.embeddings;
    recipe.sequential = yaml.sequential;
    if (yaml.cache && yaml.cache->format != "none")
      recipe.cacheFormat = yaml.cache->format;
    if (yaml.smoothing)
      recipe.smoothing = yaml.smoothing->scheme;
    for (const std::string &entry : yaml.skip) {
      llvm::Expected<NodePattern> pattern = NodePattern::parse(entry);
      if (!pattern)
        return pattern.takeError();
      recipe.skip.push_back(*pattern);
    }
    for (const RuleText &rule : yaml.layers) {
      llvm::Expected<NodePattern> pattern = NodePattern::parse(rule.match);
      if (!pattern)
        return pattern.takeError();
      std::optional<WeightScheme> weights;
      if (rule.weights)
        weights = rule.weights->scheme;
      recipe.layers.push_back({*pattern, weights, rule.activations});
    }
    return llvm::Error::success();
  }
};
} // namespace halftone

static void appendDiagnostic(const llvm::SMDiagnostic &diagnostic, void *context) {
  llvm::raw_string_ostream stream(*static_cast<std::string *>(context));
  diagnostic.print(nullptr, stream, /*ShowColors=*/false);
}

/// LLVM's reader calls itself for each level, which bounds how deep a file may nest: by brackets,
/// of which at most all are open, and by the dashes of one line.
static bool isTooDeep(llvm::StringRef yaml) {
  constexpr size_t kMostBrackets = 4000, kMostDashes = 100;
  if (yaml.count('[') + yaml.count('{') > kMostBrackets)
    return true;
  return llvm::any_of(llvm::split(yaml, '\n'), [](llvm::StringRef line) {
    return line.count("- ") + line.count("? ") > kMostDashes ||
           line.size() - line.ltrim(' ').size() > 10 * kMostDashes;
  });
}

llvm::Expected<Recipe> Recipe::parse(llvm::StringRef yaml, llvm::StringRef bufferName) {
  if (isTooDeep(yaml))
    return llvm::createStringError(bufferName + ": the recipe is nested too deep, or has more "
                                                "brackets than a recipe needs");
  std::string messages;
  RecipeText contents;
  llvm::yaml::Input input(llvm::MemoryBufferRef(yaml, bufferName), nullptr, appendDiagnostic,
                          &messages);
  input >> contents;
  if (input.error() && messages.empty()) // What LLVM says of a document without content.
    return llvm::createStringError(bufferName + ": the recipe is empty");
  if (input.error())
    return llvm::createStringError(llvm::StringRef(messages).rtrim());
  Recipe recipe;
  recipe.name = bufferName.str();
  recipe.text = yaml.str();
  if (llvm::Error error = RecipeReader::fill(recipe, contents))
    return llvm::createStringError(bufferName + ": " + llvm::toString(std::move(error)));
  return recipe;
}

std::vector<llvm::StringRef> Recipe::presets() {
  std::vector<llvm::StringRef> names;
  for (const Preset &preset : allPresets())
    names.push_back(preset.name);
  return names;
}

llvm::Expected<Recipe> Recipe::load(llvm::StringRef nameOrPath) {
  for (const Preset &preset : allPresets())
    if (preset.name == nameOrPath)
      return parse(preset.yaml, preset.name);
  if (!llvm::sys::fs::exists(nameOrPath))
    return llvm::createStringError(
        "recipe '" + nameOrPath +
        "' is neither a file nor a preset; presets: " + llvm::join(presets(), ", "));
  auto buffer = llvm::MemoryBuffer::getFile(nameOrPath, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("cannot read recipe '" + nameOrPath +
                                   "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), nameOrPath);
}

std::optional<Scheme> Recipe::schemeFor(llvm::StringRef node) const {
  for (const NodePattern &pattern : skip)
    if (pattern.matches(node))
      return std::nullopt;
  Scheme scheme = base;
  for (const LayerRule &rule : layers) {
    if (!rule.match.matches(node))
      continue;
    scheme.weights = rule.weights.value_or(scheme.weights);
    scheme.activations = rule.activations.value_or(scheme.activations);
    break; // The first match wins.
  }
  if (scheme.isFloat())
    return std::nullopt;
  return scheme;
}

std::optional<WeightScheme> Recipe::embeddingSchemeFor(llvm::StringRef node) const {
  auto matches = [&](const NodePattern &pattern) { return pattern.matches(node); };
  if (llvm::any_of(skip, matches))
    return std::nullopt;
  std::optional<WeightScheme> scheme;
  if (embeddings)
    scheme = base.weights;
  for (const LayerRule &rule : layers) {
    if (!matches(rule.match))
      continue;
    if (rule.weights)
      scheme = rule.weights;
    break; // The first match wins.
  }
  if (!scheme || scheme->format.empty())
    return std::nullopt;
  return scheme;
}

std::vector<const NodePattern *> Recipe::patterns() const {
  std::vector<const NodePattern *> all;
  all.reserve(skip.size() + layers.size());
  for (const NodePattern &pattern : skip)
    all.push_back(&pattern);
  for (const LayerRule &rule : layers)
    all.push_back(&rule.match);
  return all;
}

bool Recipe::needsObservations() const {
  auto isObserved = [](const ActivationScheme &scheme) {
    return Scheme{{}, scheme}.needsObservations();
  };
  return isObserved(base.activations) || llvm::any_of(layers, [&](const LayerRule &rule) {
           return rule.activations && isObserved(*rule.activations);
         });
}

bool Recipe::needsInputs() const {
  return base.weights.needsInputs() || llvm::any_of(layers, [](const LayerRule &rule) {
           return rule.weights && rule.weights->needsInputs();
         });
}
