// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/Recipe.h"
#include "gtest/gtest.h"

using namespace halftone;

static Recipe parseOrDie(llvm::StringRef yaml) {
  llvm::Expected<Recipe> recipe = Recipe::parse(yaml, "test.yaml");
  EXPECT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
  return std::move(*recipe);
}

static std::string errorOf(llvm::StringRef yaml) {
  llvm::Expected<Recipe> recipe = Recipe::parse(yaml, "test.yaml");
  return recipe ? "" : llvm::toString(recipe.takeError());
}

TEST(Recipe, EveryPresetLoads) {
  for (llvm::StringRef name : Recipe::presets()) {
    llvm::Expected<Recipe> recipe = Recipe::load(name);
    ASSERT_TRUE(bool(recipe)) << name.str() << ": " << llvm::toString(recipe.takeError());
    EXPECT_EQ(recipe->getName(), name);
  }
}

TEST(Recipe, TheFirstMatchingRuleWins) {
  Recipe recipe = parseOrDie("weights: {format: int8}\n"
                             "layers:\n"
                             "  - {match: a, weights: {format: uint8, symmetric: false}}\n"
                             "  - {match: '/a|b/', weights: {format: none}}\n");
  EXPECT_EQ(recipe.schemeFor("a")->weights.format, "uint8");
  EXPECT_FALSE(recipe.schemeFor("b").has_value()); // `none` leaves the layer float.
  EXPECT_EQ(recipe.schemeFor("c")->weights.format, "int8");
}

TEST(Recipe, SkipGoesBeforeRules) {
  Recipe recipe = parseOrDie("weights: {format: int8}\nskip: [a]\n"
                             "layers: [{match: a, weights: {format: int8}}]\n");
  EXPECT_FALSE(recipe.schemeFor("a").has_value());
}

// A regular expression that matched a part of a name would quantize layers nobody asked for.
TEST(Recipe, ARegularExpressionMatchesWholeNames) {
  Recipe recipe = parseOrDie("weights: {format: int8}\nskip: ['/conv/']\n");
  EXPECT_FALSE(recipe.schemeFor("conv").has_value());
  EXPECT_TRUE(recipe.schemeFor("conv1").has_value());
}

// Exported models name nodes like paths, with slashes at the start.
TEST(Recipe, ANodeNameMayLookLikeAPath) {
  Recipe recipe = parseOrDie("weights: {format: int8}\nskip: ['/model/head/MatMul']\n");
  EXPECT_FALSE(recipe.schemeFor("/model/head/MatMul").has_value());
}

TEST(Recipe, KnowsWhetherObservationsAreNeeded) {
  EXPECT_TRUE(
      parseOrDie("weights: {format: int8}\nactivations: {format: uint8}\n").needsObservations());
  EXPECT_FALSE(parseOrDie("weights: {format: int8}\nactivations: {format: int8, when: dynamic}\n")
                   .needsObservations());
  EXPECT_TRUE(parseOrDie("weights: {format: int8}\n"
                         "layers: [{match: a, activations: {format: uint8}}]\n")
                  .needsObservations());
}

TEST(Recipe, ErrorsPointAtTheLine) {
  EXPECT_NE(errorOf("weights: {format: int8}\nskipp: [a]\n")
                .find("test.yaml:2:1: error: unknown key 'skipp'"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: {format: int8, granularity: row}\n").find("test.yaml:1:"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: [").find("test.yaml:1:"), std::string::npos);
  EXPECT_NE(
      errorOf("weights: {format: int8}\nskip: ['/(/']\n").find("'/(/' is not a regular expression"),
      std::string::npos);
  EXPECT_NE(errorOf("weights: {format: none}\nactivations: {format: int8}\n")
                .find("activations cannot be quantized where weights stay float"),
            std::string::npos);
  EXPECT_NE(
      errorOf("weights: {format: int8}\nactivations: {format: int8, range: 'percentile:20'}\n")
          .find("is no range estimator"),
      std::string::npos);
  EXPECT_EQ(errorOf(""), "test.yaml: the recipe is empty");
}

static WeightScheme schemeOf(const char *weights) {
  return parseOrDie("weights: {" + std::string(weights) + "}\n").schemeFor("a")->weights;
}

// What a recipe leaves out follows from the format.
TEST(Recipe, FormatsHaveTheirOwnGranularity) {
  EXPECT_EQ(schemeOf("format: int4").granularity, "channel");
  EXPECT_EQ(schemeOf("format: kmeans4").granularity, "tensor");
  EXPECT_EQ(schemeOf("format: nf4").granularity, "group");
  EXPECT_EQ(schemeOf("format: nf4").group, 64);
  EXPECT_EQ(schemeOf("format: bcq3").group, 128);
  EXPECT_EQ(schemeOf("format: int4, group: 32").granularity, "group");
  EXPECT_EQ(schemeOf("format: int4, group: 32").group, 32);
  EXPECT_EQ(schemeOf("format: nf4, granularity: channel").granularity, "channel");
  EXPECT_EQ(schemeOf("format: vsq4, granularity: tensor").granularity, "tensor");
  EXPECT_TRUE(schemeOf("format: uint4").symmetric);
  EXPECT_EQ(schemeOf("format: int4, range: mse").range, "mse");
}

// Each names what cannot be and points at the line.
TEST(Recipe, ImpossibleCombinationsAreErrors) {
  std::pair<const char *, const char *> cases[] = {
      {"format: mxfp4, group: 16", "format 'mxfp4' has groups of its own, of 32"},
      {"format: mx6, granularity: channel", "format 'mx6' has groups of its own"},
      {"format: vsq4, granularity: group", "format 'vsq4' has groups of its own, of 16"},
      {"format: int4, granularity: group", "'granularity: group' needs 'group: N'"},
      {"format: int4, granularity: channel, group: 8",
       "'group' contradicts 'granularity: channel'"},
      {"format: int4, group: 0", "'group' is 0"},
      {"format: f16, granularity: tensor", "format 'f16' has no scales"},
      {"format: nf4, symmetric: false", "format 'nf4' has no zero point"},
      {"format: kmeans4, range: mse", "'range: mse' is for formats with one level of scales"},
      {"format: mxfp4, scales: f16", "'scales: f16' is for formats with one level of scales"},
      {"format: int4, scales: f8", "'scales' is 'f8'; expected one of: f32, f16, power-of-two"},
      {"format: mx6, range: entropy", "'range: entropy' is for formats with one level of scales"},
      {"format: int4, range: moving-average", "weights are the same for all"},
      {"format: int4, range: 'percentile:30'", "is no range estimator"},
  };
  for (auto [weights, message] : cases) {
    std::string error = errorOf("weights: {" + std::string(weights) + "}\n");
    EXPECT_NE(error.find("test.yaml:1:"), std::string::npos) << error;
    EXPECT_NE(error.find(message), std::string::npos) << error;
  }
}

// Ascending, and filled up to a power of two; the rest as of nf4.
TEST(Recipe, ReadsTables) {
  WeightScheme scheme = schemeOf("format: table, table: [1, -1, 0.25], granularity: channel");
  EXPECT_EQ(scheme.table, (std::vector<float>{-1, 0.25f, 1, 1}));
  EXPECT_EQ(scheme.granularity, "channel");
  ASSERT_TRUE(scheme.describeFormat().has_value());
  EXPECT_EQ(scheme.describeFormat()->packedBits, 2u);
  EXPECT_EQ(schemeOf("format: table, table: [1, -1]").group, schemeOf("format: nf4").group);
  EXPECT_EQ(schemeOf("format: table, table: [1, -1], rounding: gptq, range: mse").rounding, "gptq");
  EXPECT_EQ(schemeOf("format: table, table: [1, 0], rounding: gptq, owq: {bits: 2}").owqBits, 2);
}

TEST(Recipe, RefusesWhatIsNoTable) {
  std::string many = "0";
  for (int i = 1; i <= 256; ++i)
    many += ", " + std::to_string(i);
  std::pair<std::string, const char *> cases[] = {
      {"format: table", "'format: table' needs 'table: [...]'"},
      {"format: table, table: []", "'table' has 0 numbers; expected 2 to 256"},
      {"format: table, table: [1]", "'table' has 1 numbers; expected 2 to 256"},
      {"format: table, table: [" + many + "]", "'table' has 257 numbers; expected 2 to 256"},
      {"format: table, table: [0, nan]", "number 2 of 'table' is nan"},
      {"format: table, table: [0, inf, 1]", "number 2 of 'table' is inf"},
      {"format: table, table: [-1e39, 1]", "number 1 of 'table' is -1e+39"},
      {"format: table, table: [0, 0, 0]", "'table' has 0 twice"},
      {"format: table, table: [1, 2, 1]", "'table' has 1 twice"},
      {"format: table, table: [1, high]", "invalid floating point number"},
      {"format: table, table: mine.txt", "not a sequence"},
      {"format: table, table: [1, 2], rounding: gptq, owq: {bits: 2}", "give 'table' a 0"},
      {"format: table, table: [0, 1], symmetric: false", "format 'table' has no zero point"},
      {"format: table, table: [0, 1], rounding: centroids", "which 'table' is not"},
      {"format: int4, table: [0, 1]",
       "'table' holds the numbers of 'format: table', not of 'int4'"},
      {"format: none, table: [0, 1]",
       "'table' holds the numbers of 'format: table', not of 'none'"},
  };
  for (const auto &[weights, message] : cases) {
    std::string error = errorOf("weights: {" + weights + "}\n");
    EXPECT_NE(error.find("test.yaml:1:"), std::string::npos) << error;
    EXPECT_NE(error.find(message), std::string::npos) << error;
  }
  // Of one layer, on its own line.
  std::string error = errorOf("weights: {format: int8}\nlayers:\n  - {match: a, weights: {format: "
                              "table, table: [7, 7]}}\n");
  EXPECT_NE(error.find("test.yaml:3:"), std::string::npos) << error;
  // For weights alone.
  EXPECT_NE(errorOf("weights: {format: int8}\nactivations: {format: table}\n")
                .find("unknown format 'table'"),
            std::string::npos);
  EXPECT_NE(
      errorOf("weights: {format: int8}\ncache: {format: table}\n").find("'table' is no format"),
      std::string::npos);
  EXPECT_NE(errorOf("weights: {format: table, table: [0, 1]}\nactivations: {format: int8, when: "
                    "dynamic, symmetric: true, outliers: {threshold: 6}}\n")
                .find("'outliers' leave a product of 8-bit integers"),
            std::string::npos);
}

TEST(Recipe, ReadsBlocks) {
  auto recipe = Recipe::parse("weights: {format: int4, block: [8, 16]}", "test.yaml");
  ASSERT_TRUE(bool(recipe));
  WeightScheme scheme = recipe->schemeFor("node")->weights;
  EXPECT_EQ(scheme.granularity, "block");
  EXPECT_EQ(scheme.channels, 8);
  EXPECT_EQ(scheme.group, 16);
}

TEST(Recipe, RefusesBlocksThatCannotBe) {
  const std::pair<const char *, const char *> cases[] = {
      {"format: int4, granularity: block", "'granularity: block' needs 'block: [C, N]'"},
      {"format: int4, block: [8]", "'block' is [channels, elements of each], two positive numbers"},
      {"format: int4, block: [8, 0]", "two positive numbers"},
      {"format: int4, block: [8, 16], group: 16", "'group' and 'block' contradict each other"},
      {"format: int4, block: [8, 16], granularity: tensor", "contradicts 'granularity: tensor'"},
      {"format: mxfp4, block: [8, 16]", "has no choice of blocks: leave out 'block'"},
      {"format: int4, block: [8, 16], rounding: gptq", "give 'group: 16' for 'block'"}};
  for (auto [weights, message] : cases) {
    auto recipe = Recipe::parse(std::string("weights: {") + weights + "}", "test.yaml");
    ASSERT_FALSE(bool(recipe)) << weights;
    EXPECT_NE(llvm::toString(recipe.takeError()).find(message), std::string::npos) << weights;
  }
}

TEST(Recipe, ReadsTheFormatOfCaches) {
  auto recipe = Recipe::parse("weights: {format: none}\ncache: {format: fp8_e4m3}", "test.yaml");
  ASSERT_TRUE(bool(recipe));
  EXPECT_EQ(recipe->getCacheFormat(), "fp8_e4m3");
  for (const char *format : {"uint8", "int3", "nf4", "mxfp4", "int9"}) {
    auto refused = Recipe::parse(
        std::string("weights: {format: none}\ncache: {format: ") + format + "}", "test.yaml");
    ASSERT_FALSE(bool(refused)) << format;
    EXPECT_NE(llvm::toString(refused.takeError()).find("is no format of caches"),
              std::string::npos);
  }
}

// What a value that cannot be read would be is no error of its own.
TEST(Recipe, AWrongValueIsOneError) {
  auto recipe = Recipe::parse("weights: {format: int4, group: 1e3}", "test.yaml");
  ASSERT_FALSE(bool(recipe));
  std::string message = llvm::toString(recipe.takeError());
  EXPECT_NE(message.find("invalid number"), std::string::npos) << message;
  EXPECT_EQ(llvm::StringRef(message).count("error:"), 1u) << message;
}

TEST(Recipe, AlphaIsANumberOrSearchedFor) {
  Recipe recipe = parseOrDie("weights: {format: int4}\n"
                             "smoothing: {method: smoothquant, alpha: search}\n");
  EXPECT_TRUE(recipe.getSmoothing()->searchesAlpha);
  EXPECT_FALSE(parseOrDie("weights: {format: int4}\nsmoothing: {method: smoothquant, alpha: .25}\n")
                   .getSmoothing()
                   ->searchesAlpha);
  EXPECT_NE(errorOf("weights: {format: int4}\nsmoothing: {method: smoothquant, alpha: find}\n")
                .find("'alpha' is a number from 0 to 1, or search"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: {format: none}\nsmoothing: {method: smoothquant, alpha: search}\n")
                .find("give 'weights' a format"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: {format: int8}\nactivations: {format: uint8}\n"
                    "smoothing: {method: smoothquant, alpha: search}\n")
                .find("give them 'when: dynamic'"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: {format: int4}\nsmoothing: {method: awq, alpha: search}\n")
                .find("leave it out"),
            std::string::npos);
}

TEST(Recipe, FullRangeNeedsALowestCodeAndScalesWithASign) {
  auto errorFor = [](const char *weights) {
    return errorOf("weights: {" + std::string(weights) + "}\n");
  };
  Recipe recipe = parseOrDie("weights: {format: int4, group: 32, symmetric: full-range}\n");
  const WeightScheme weights = recipe.schemeFor("any")->weights;
  EXPECT_TRUE(weights.symmetric);
  EXPECT_TRUE(weights.describeFormat()->fullRange);
  EXPECT_FALSE(weights.describeFormat()->restrictedSymmetric);
  EXPECT_FALSE(findFormat("int4")->fullRange);
  EXPECT_EQ(errorFor("format: int8, symmetric: full-range, scales: f16, range: mse"), "");
  EXPECT_NE(errorFor("format: int4, symmetric: full").find("true, false or full-range"),
            std::string::npos);
  for (const char *format : {"uint4", "fp4_e2m1", "sm4", "mxint8", "vsq4", "bcq3", "kmeans4"})
    EXPECT_NE(errorFor(("format: " + std::string(format) + ", symmetric: full-range").c_str())
                  .find("has no lowest code below zero"),
              std::string::npos)
        << format;
  EXPECT_NE(errorFor("format: int4, symmetric: full-range, scales: power-of-two")
                .find("needs scales with a sign"),
            std::string::npos);
}

TEST(Recipe, ActivationsHaveFewerFormatsThanWeights) {
  auto errorFor = [](const char *activations) {
    return errorOf("weights: {format: int8}\nactivations: {" + std::string(activations) + "}\n");
  };
  EXPECT_EQ(errorFor("format: fp8_e4m3, symmetric: true"), "");
  EXPECT_EQ(errorFor("format: uint4"), "");
  EXPECT_EQ(errorFor("format: bf16"), "");
  EXPECT_NE(errorFor("format: bf16, when: static").find("'bf16' has no scales"), std::string::npos);
  EXPECT_NE(errorFor("format: bf16, granularity: token").find("'bf16' has no scales"),
            std::string::npos);
  EXPECT_NE(errorFor("format: nf4").find("format 'nf4' is for weights"), std::string::npos);
  EXPECT_NE(errorFor("format: mxfp8").find("format 'mxfp8' is for weights"), std::string::npos);
  EXPECT_NE(errorFor("format: int4, when: dynamic").find("has no 'when: dynamic'"),
            std::string::npos);
  EXPECT_NE(errorFor("format: fp8_e4m3").find("give 'symmetric: true'"), std::string::npos);
  EXPECT_EQ(errorFor("format: fp8_e4m3, symmetric: true, range: mse"), "");
  EXPECT_NE(errorFor("format: sm8, symmetric: true").find("format 'sm8' is for weights"),
            std::string::npos);
  EXPECT_EQ(errorFor("format: int8, scales: power-of-two"), "");
  EXPECT_NE(errorFor("format: int8, scales: f16").find("'scales' is 'f16'; expected one of: f32"),
            std::string::npos);
  EXPECT_NE(errorFor("format: int8, when: dynamic, scales: power-of-two").find("'when: static'"),
            std::string::npos);
}

TEST(Recipe, FormatsWithoutScalesNeedNoData) {
  Recipe recipe = parseOrDie("weights: {format: bf16}\nactivations: {format: bf16}\n");
  EXPECT_FALSE(recipe.needsObservations());
}

TEST(Recipe, EmbeddingsAreQuantizedOnRequest) {
  EXPECT_FALSE(parseOrDie("weights: {format: int8}\n").embeddingSchemeFor("emb"));
  Recipe all = parseOrDie("weights: {format: int8}\nembeddings: true\nskip: [other]\n");
  EXPECT_EQ(all.embeddingSchemeFor("emb")->format, "int8");
  EXPECT_FALSE(all.embeddingSchemeFor("other"));
  Recipe rule = parseOrDie("weights: {format: int8}\n"
                           "layers: [{match: emb, weights: {format: int4, group: 32}}]\n");
  EXPECT_EQ(rule.embeddingSchemeFor("emb")->group, 32);
  EXPECT_FALSE(rule.embeddingSchemeFor("other"));
}

TEST(RangeEstimator, ReadsParameters) {
  EXPECT_EQ(llvm::cantFail(parseRangeEstimator("percentile:99.9")).percentile, 99.9);
  EXPECT_EQ(llvm::cantFail(parseRangeEstimator("clip:-1,2")).clip, (Range{-1.0f, 2.0f}));
  for (llvm::StringRef bad :
       {"", "percentile", "percentile:", "percentile:101", "min-max:3", "clip:2,1", "kl"})
    EXPECT_TRUE(llvm::errorToBool(parseRangeEstimator(bad).takeError())) << bad.str();
}

TEST(Recipe, KnowsWhetherInputsAreNeeded) {
  EXPECT_FALSE(parseOrDie("weights: {format: int4}\n").needsInputs());
  EXPECT_TRUE(parseOrDie("weights: {format: int4, rounding: gptq}\n").needsInputs());
  EXPECT_TRUE(parseOrDie("weights: {format: int4}\n"
                         "layers: [{match: a, weights: {format: int3, rounding: gptq}}]\n")
                  .needsInputs());
}

// Groups that are met in pieces have no weights of their own to be fitted to when their turn comes.
TEST(Recipe, ADescendingOrderFitsGroupsBeforehand) {
  Recipe recipe = parseOrDie("weights: {format: int4, group: 32, rounding: gptq,\n"
                             "          gptq: {order: descending, damping: 0.1}}\n");
  GPTQScheme gptq = recipe.schemeFor("a")->weights.gptq;
  EXPECT_EQ(gptq.damping, 0.1);
  EXPECT_TRUE(gptq.staticGroups);
  EXPECT_NE(errorOf("weights: {format: int4, rounding: gptq,\n"
                    "          gptq: {order: descending, static_groups: false}}\n")
                .find("leave out 'static_groups'"),
            std::string::npos);
}

TEST(Recipe, ReadsAdaRoundAndOWQ) {
  WeightScheme scheme =
      parseOrDie("weights: {format: int3, rounding: adaround, owq: {bits: 3.25},\n"
                 "          adaround: {iterations: 100, lambda: 0.5}}\n")
          .schemeFor("a")
          ->weights;
  EXPECT_EQ(scheme.adaround.iterations, 100);
  EXPECT_EQ(scheme.adaround.lambda, 0.5);
  EXPECT_EQ(scheme.owqBits, 3.25);
  EXPECT_TRUE(scheme.needsInputs());
  EXPECT_TRUE(scheme.holdsBack());
  EXPECT_FALSE(
      parseOrDie("weights: {format: int3, rounding: gptq}\n").schemeFor("a")->weights.holdsBack());
}

TEST(Recipe, RefusesAdaRoundAndOWQThatCannotBe) {
  std::pair<const char *, const char *> cases[] = {
      {"rounding: adaround, adaround: {iterations: 0}", "expected 1 to 1000000"},
      {"rounding: adaround, adaround: {lambda: 0}", "expected a number above 0"},
      {"rounding: adaround, adaround: {lambda: nan}", "expected a number above 0"},
      {"rounding: gptq, adaround: {lambda: 1}", "'adaround' says how 'rounding: adaround' works"},
      {"owq: {bits: 5}", "give 'rounding: gptq' or 'rounding: adaround', too"},
      {"rounding: gptq, owq: {bits: 4}", "expected more than the 4 of 'int4', and at most 16"},
      {"rounding: gptq, owq: {bits: 17}", "at most 16"},
      {"rounding: gptq, owq: {bits: nan}", "at most 16"},
      {"rounding: gptq, owq: {}", "missing required key 'bits'"}};
  for (auto [text, message] : cases)
    EXPECT_NE(errorOf("weights: {format: int4, " + std::string(text) + "}\n").find(message),
              std::string::npos)
        << text;
  // Whether both stand side by side or meet in a rule.
  const char *owq = "weights: {format: int4, rounding: gptq, owq: {bits: 5}}\n";
  EXPECT_NE(errorOf(std::string(owq) + "activations: {format: uint8}\n")
                .find("'owq' is for float activations"),
            std::string::npos);
  EXPECT_NE(errorOf(std::string(owq) + "layers: [{match: a, activations: {format: uint8}}]\n")
                .find("'owq' is for float activations"),
            std::string::npos);
}

// Each alternative is the same text with another format: what does not follow from the text follows
// from that.
TEST(Recipe, ReadsFormatsToChooseFrom) {
  WeightScheme scheme =
      parseOrDie(
          "weights: {format: int4, range: mse, mofq: {or: [fp4_e2m1, nf4], by: output-mse}}\n")
          .schemeFor("a")
          ->weights;
  EXPECT_EQ(scheme.format, "int4");
  EXPECT_EQ(scheme.granularity, "channel");
  ASSERT_EQ(scheme.alternatives.size(), 2u);
  EXPECT_EQ(scheme.alternatives[0].format, "fp4_e2m1");
  EXPECT_EQ(scheme.alternatives[0].range, "mse");
  EXPECT_EQ(scheme.alternatives[1].granularity, "group");
  EXPECT_EQ(scheme.alternatives[1].group, 64);
  EXPECT_TRUE(scheme.needsInputs());
  EXPECT_FALSE(scheme.roundsByInputs());
  EXPECT_FALSE(parseOrDie("weights: {format: int8, mofq: {or: [fp8_e4m3]}}\n")
                   .schemeFor("a")
                   ->weights.needsInputs());
}

TEST(Recipe, RefusesFormatsThatCannotBeChosenFrom) {
  std::pair<const char *, const char *> cases[] = {
      {"mofq: {or: []}", "lists no format to choose from beside 'int4'"},
      {"mofq: {or: [int4]}", "has 'int4' twice"},
      {"mofq: {or: [nf4, nf4]}", "has 'nf4' twice"},
      {"mofq: {or: [none]}", "'none' is no format to choose from"},
      {"mofq: {or: [fp4]}", "unknown format 'fp4'"},
      {"mofq: {or: [int8]}", "'int4' has 4 bits, 'int8' 8"},
      {"mofq: {or: [nf4], by: luck}", "'by' is 'luck'; expected one of: tensor-mse, output-mse"},
      {"mofq: {by: tensor-mse}", "missing required key 'or'"},
      {"group: 64, mofq: {or: [mxfp4]}", "has groups of its own, of 32: leave out 'group'"},
      {"rounding: gptq, mofq: {or: [mxfp4]}", "which 'mxfp4' is not"}};
  for (auto [text, message] : cases)
    EXPECT_NE(errorOf("weights: {format: int4, " + std::string(text) + "}\n").find(message),
              std::string::npos)
        << text;
  EXPECT_NE(errorOf("weights: {format: none, mofq: {or: [int4]}}\n")
                .find("adds formats to choose from to 'format', which is 'none'"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: {format: int8, mofq: {or: [fp8_e4m3]}}\n"
                    "activations: {format: int8, when: dynamic, symmetric: true, outliers: {}}\n")
                .find("leave a product of integers, which 'mofq' may choose other formats for"),
            std::string::npos);
}

TEST(Recipe, RefusesRoundingThatCannotBe) {
  EXPECT_NE(errorOf("weights: {format: int4, rounding: up}\n")
                .find("'rounding' is 'up'; expected one of: nearest, gptq, adaround, centroids"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: {format: mxfp4, rounding: gptq}\n")
                .find("for formats with one level of scales, which 'mxfp4' is not"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: {format: kmeans4, rounding: gptq}\n")
                .find("for formats with one level of scales, which 'kmeans4' is not"),
            std::string::npos);
  for (const char *format : {"int4", "nf4", "bcq3"})
    EXPECT_NE(errorOf("weights: {format: " + std::string(format) + ", rounding: centroids}\n")
                  .find("for formats with fitted codebooks, which '" + std::string(format)),
              std::string::npos)
        << format;
  EXPECT_NE(errorOf("weights: {format: kmeans4, rounding: centroids, owq: {bits: 5}}\n")
                .find("give 'rounding: gptq' or 'rounding: adaround'"),
            std::string::npos);
  EXPECT_NE(errorOf("weights: {format: int4, gptq: {damping: 0.1}}\n")
                .find("'gptq' says how 'rounding: gptq' works"),
            std::string::npos);
  for (const char *damping : {"-1", "nan", "inf"})
    EXPECT_NE(errorOf(std::string("weights: {format: int4, rounding: gptq, gptq: {damping: ") +
                      damping + "}}\n")
                  .find("expected a number of at least 0"),
              std::string::npos)
        << damping;
  EXPECT_NE(errorOf("weights: {format: int4, rounding: gptq, gptq: {order: random}}\n")
                .find("expected one of: actual, descending"),
            std::string::npos);
}
