// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What to quantize and how: a preset or a YAML file, and the decision it makes for one node.
#ifndef HALFTONE_TRANSFORMS_RECIPE_H
#define HALFTONE_TRANSFORMS_RECIPE_H

#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/RangeEstimator.h"
#include "halftone/Transforms/Smoothing.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace halftone {

/// How `rounding: gptq` works.
struct GPTQScheme {
  /// Added to the diagonal of the inputs' Gram matrix, in parts of its mean.
  double damping = 0.01;
  /// `actual`: inputs in the order of the weights; `descending`: those with the largest power
  /// first.
  std::string order = "actual";
  /// Scales of groups are those of the original weights.
  bool staticGroups = false;
};

/// How `rounding: adaround` works; AdaRoundOptions says what its numbers are.
struct AdaRoundScheme {
  int64_t iterations = 500;
  double lambda = 0.3;
};

struct WeightScheme {
  /// Name of a format in the table of lib/Numerics; empty leaves the weights float.
  std::string format;
  /// Of the format `table`: what makeTable makes of the recipe's numbers.
  std::vector<float> table;
  /// `channel` (one scale per output channel), `tensor`, `group`: one for `group` elements of a
  /// channel next to each other, or `block`: one for those of `channels` channels.
  std::string granularity = "channel";
  int64_t group = 0, channels = 1;
  bool symmetric = true;
  /// Symmetric with all codes of a signed integer, and scales of either sign.
  bool fullRange = false;
  /// What `parseRangeEstimator` accepts but a moving average, for each block by itself.
  std::string range = "min-max";
  /// How scales are stored: what `findScaleCodec` knows, or `f32`.
  std::string scales = "f32";
  /// `nearest`; `gptq`, `adaround` or, of codebooks, `centroids`: so that the error of the layer's
  /// output is small for the inputs that calibration has seen.
  std::string rounding = "nearest";
  GPTQScheme gptq;
  AdaRoundScheme adaround;
  /// Bits per weight that the codes have room in together with the weights, in f16, of the inputs
  /// that cost the layer most (OWQ); 0: all weights become codes.
  double owqBits = 0;
  /// Schemes of the same width, without alternatives of their own, one of which this one gives way
  /// to if it has less error at a layer (MoFQ).
  std::vector<WeightScheme> alternatives;
  /// Which error decides about them, `tensor-mse` or `output-mse`: that of the weights, or that of
  /// the layer's output for the inputs that calibration has seen.
  std::string choice = "tensor-mse";

  /// The description of `format`; it reads `table`. Nullopt if there is no such format.
  std::optional<Format> describeFormat() const;
  /// Whether the rounding depends on the layer's inputs.
  bool roundsByInputs() const;
  /// Whether the format does.
  bool isChosenByInputs() const { return !alternatives.empty() && choice == "output-mse"; }
  /// Whether calibration has to gather the Gram matrix of the layer's inputs.
  bool needsInputs() const { return roundsByInputs() || isChosenByInputs(); }
  /// Whether some of the samples are kept to judge the rounding by.
  bool holdsBack() const;
};

/// Which input columns of a product stay float (LLM.int8()).
struct OutlierScheme {
  /// A column stays float if a magnitude in it reaches this; above 0, or 0: all columns.
  double threshold = 6;
  /// `dynamic`: the columns of each run; `static`: those that calibration has seen.
  std::string when = "dynamic";
};

struct ActivationScheme {
  /// Name of a format; empty leaves the activations float.
  std::string format;
  /// `tensor` or, for dynamic ones, `token` (one scale per row along the reduction).
  std::string granularity = "tensor";
  /// `static` (range from observations) or `dynamic` (range found at run time, or of no interest: a
  /// format without scales).
  std::string when = "static";
  bool symmetric = false;
  /// Static only: what `parseRangeEstimator` accepts.
  std::string range = "min-max";
  /// Static only: `f32`, or `power-of-two` (fixed-point numbers).
  std::string scales = "f32";
  /// Dynamic only, of matrix products; nullopt: all columns become codes.
  std::optional<OutlierScheme> outliers;
};

/// What happens to one contraction.
struct Scheme {
  WeightScheme weights;
  ActivationScheme activations;

  bool isFloat() const { return weights.format.empty(); }
  bool isStatic() const { return !activations.format.empty() && activations.when == "static"; }
  bool isDynamic() const { return !activations.format.empty() && activations.when == "dynamic"; }
  /// Whether outliers are columns that are known beforehand, or found at run time.
  bool hasStaticOutliers() const { return hasOutliers("static"); }
  bool hasDynamicOutliers() const { return hasOutliers("dynamic"); }
  /// Whether calibration has to see the input.
  bool needsObservations() const { return isStatic() || hasStaticOutliers(); }

private:
  bool hasOutliers(llvm::StringRef when) const {
    return activations.outliers && activations.outliers->when == when;
  }
};

/// An exact node name, or a regular expression between slashes that must match the whole name.
class NodePattern {
public:
  static llvm::Expected<NodePattern> parse(llvm::StringRef text);
  bool matches(llvm::StringRef node) const;
  llvm::StringRef getText() const { return text; }

private:
  std::string text;
  std::string expression;
};

struct LayerRule {
  NodePattern match;
  std::optional<WeightScheme> weights;
  std::optional<ActivationScheme> activations;
};

/// `min-max`, `moving-average`, `percentile:P` with P in (50, 100], `entropy`, `mse` or
/// `clip:MIN,MAX`.
llvm::Expected<RangeOptions> parseRangeEstimator(llvm::StringRef text);

/// What scales called `f16` or `power-of-two` are stored as; nullopt: any other name, f32.
std::optional<ElementCodec> findScaleCodec(llvm::StringRef name);

class Recipe {
public:
  /// The preset called `nameOrPath`, or the YAML file at that path. Errors point at the line of the
  /// file, or list the presets.
  static llvm::Expected<Recipe> load(llvm::StringRef nameOrPath);
  /// `bufferName` is what errors call the text.
  static llvm::Expected<Recipe> parse(llvm::StringRef yaml, llvm::StringRef bufferName);
  static std::vector<llvm::StringRef> presets();

  /// Preset name or file name.
  llvm::StringRef getName() const { return name; }
  /// The YAML that defines it; recorded in the compiled module.
  llvm::StringRef getText() const { return text; }

  /// The scheme of the contraction at `node`; nullopt if it is skipped or stays float.
  std::optional<Scheme> schemeFor(llvm::StringRef node) const;
  /// The scheme of the constant that the `gather` at `node` reads; nullopt unless the recipe
  /// quantizes embeddings, or has a rule with weights for this node.
  std::optional<WeightScheme> embeddingSchemeFor(llvm::StringRef node) const;
  /// Patterns of the skip list and of the layer rules, for finding those that match nothing.
  std::vector<const NodePattern *> patterns() const;
  /// True if some scheme of the recipe needs observations.
  bool needsObservations() const;
  /// True if the rounding or the format of some weights depends on the Gram matrix of their layer's
  /// inputs.
  bool needsInputs() const;
  /// Whether the inputs that a layer's weights are rounded for come from layers before it that are
  /// quantized already, or from the float model.
  bool isSequential() const { return sequential; }
  /// Name of the format in which keys and values are kept from run to run; empty: as the model has
  /// them.
  llvm::StringRef getCacheFormat() const { return cacheFormat; }
  /// What happens to the float model before it is quantized; nullopt if nothing.
  const std::optional<SmoothingScheme> &getSmoothing() const { return smoothing; }

private:
  friend struct RecipeReader;
  std::string name;
  std::string text;
  Scheme base;
  bool embeddings = false;
  bool sequential = false;
  std::string cacheFormat;
  std::optional<SmoothingScheme> smoothing;
  std::vector<NodePattern> skip;
  std::vector<LayerRule> layers;
};

} // namespace halftone

#endif // HALFTONE_TRANSFORMS_RECIPE_H
