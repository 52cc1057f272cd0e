// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/WriteRecipe.h"
#include "gtest/gtest.h"

using namespace halftone;

static Recipe parse(llvm::StringRef yaml) {
  llvm::Expected<Recipe> recipe = Recipe::parse(yaml, "test.yaml");
  EXPECT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError()) << "\n" << yaml.str();
  return std::move(*recipe);
}

static std::string write(llvm::ArrayRef<LayerScheme> layers, llvm::StringRef comment = "") {
  llvm::Expected<std::string> text = writeRecipe(layers, comment);
  EXPECT_TRUE(bool(text)) << llvm::toString(text.takeError());
  return *text;
}

static void expectSame(const WeightScheme &left, const WeightScheme &right) {
  EXPECT_EQ(left.format, right.format);
  EXPECT_EQ(left.table, right.table);
  EXPECT_EQ(left.granularity, right.granularity);
  EXPECT_EQ(left.group, right.group);
  EXPECT_EQ(left.channels, right.channels);
  EXPECT_EQ(left.symmetric, right.symmetric);
  EXPECT_EQ(left.fullRange, right.fullRange);
  EXPECT_EQ(left.range, right.range);
  EXPECT_EQ(left.scales, right.scales);
  EXPECT_EQ(left.rounding, right.rounding);
  EXPECT_EQ(left.gptq.damping, right.gptq.damping);
  EXPECT_EQ(left.gptq.order, right.gptq.order);
  EXPECT_EQ(left.gptq.staticGroups, right.gptq.staticGroups);
  EXPECT_EQ(left.adaround.iterations, right.adaround.iterations);
  EXPECT_EQ(left.adaround.lambda, right.adaround.lambda);
  EXPECT_EQ(left.owqBits, right.owqBits);
  EXPECT_EQ(left.choice, right.choice);
  ASSERT_EQ(left.alternatives.size(), right.alternatives.size());
  for (size_t i = 0; i != left.alternatives.size(); ++i)
    expectSame(left.alternatives[i], right.alternatives[i]);
}

static void expectSame(const ActivationScheme &left, const ActivationScheme &right) {
  EXPECT_EQ(left.format, right.format);
  EXPECT_EQ(left.granularity, right.granularity);
  EXPECT_EQ(left.when, right.when);
  EXPECT_EQ(left.symmetric, right.symmetric);
  EXPECT_EQ(left.range, right.range);
  EXPECT_EQ(left.scales, right.scales);
  ASSERT_EQ(left.outliers.has_value(), right.outliers.has_value());
  if (left.outliers) {
    EXPECT_EQ(left.outliers->threshold, right.outliers->threshold);
    EXPECT_EQ(left.outliers->when, right.outliers->when);
  }
}

/// Written for one layer and read again.
static void expectRoundTrip(const Recipe &recipe) {
  std::optional<Scheme> scheme = recipe.schemeFor("layer");
  std::string text = write({{"layer", scheme}});
  SCOPED_TRACE(text);
  Recipe again = parse(text);
  std::optional<Scheme> read = again.schemeFor("layer");
  ASSERT_EQ(read.has_value(), scheme.has_value());
  if (scheme) {
    expectSame(read->weights, scheme->weights);
    expectSame(read->activations, scheme->activations);
  }
  EXPECT_FALSE(again.schemeFor("other").has_value());
}

TEST(WriteRecipe, EveryPresetReadsAsItWas) {
  for (llvm::StringRef name : Recipe::presets()) {
    llvm::Expected<Recipe> recipe = Recipe::load(name);
    ASSERT_TRUE(bool(recipe));
    SCOPED_TRACE(name.str());
    expectRoundTrip(*recipe);
  }
}

// What no preset has, each key with a value that is not the default.
TEST(WriteRecipe, EveryKeyReadsAsItWas) {
  for (llvm::StringRef yaml : {
           "weights: {format: table, table: [-1, -0.25, 0, 0.1, 0.75], group: 32}",
           "weights: {format: int8, block: [16, 64], scales: f16}",
           "weights: {format: int8, granularity: tensor, range: 'clip:-0.5,0.5'}",
           "weights: {format: int4, group: 64, range: 'percentile:99.9', scales: power-of-two}",
           "weights: {format: nf4, granularity: channel}",
           "weights: {format: nf4, group: 32}",
           "weights: {format: kmeans3, granularity: tensor, rounding: centroids}",
           "weights: {format: uint3, group: 64, symmetric: false, rounding: gptq, gptq: {damping: "
           "0.1, static_groups: true}}",
           "weights: {format: int4, rounding: gptq, gptq: {order: descending}}",
           "weights: {format: int4, rounding: adaround, adaround: {iterations: 77, lambda: 1e-3}}",
           "weights: {format: int4, group: 32, mofq: {or: [fp4_e2m1, nf4], by: output-mse}}",
           "weights: {format: int8}\nactivations: {format: int8, granularity: token, when: "
           "dynamic, "
           "symmetric: true, outliers: {threshold: inf, when: static}}",
           "weights: {format: int8}\nactivations: {format: uint8, range: 'clip:0,6', scales: "
           "power-of-two}",
           "weights: {format: fp8_e4m3}\nactivations: {format: f16}",
       })
    expectRoundTrip(parse(yaml));
}

// Names of nodes are paths, and may have any character that YAML or regular expressions read.
TEST(WriteRecipe, NamesNodesExactly) {
  std::vector<std::string> names = {"/model/layers.0/MatMul",
                                    "/a.c/",
                                    "abc",
                                    "/(/",
                                    "a \"quoted\" name",
                                    "back\\slash",
                                    "# comment",
                                    "- dash",
                                    "[x]: {y}",
                                    "'",
                                    "tab\tand\nline",
                                    "null",
                                    "1e3",
                                    "Gemüse",
                                    " space ",
                                    "/",
                                    "//",
                                    "~"};
  std::vector<LayerScheme> layers;
  for (auto [index, name] : llvm::enumerate(names)) {
    Scheme scheme;
    scheme.weights.format = "int4";
    scheme.weights.granularity = "group";
    scheme.weights.group = int64_t(index + 1);
    layers.push_back({name, scheme});
  }
  Recipe recipe = parse(write(layers));
  for (const LayerScheme &layer : layers)
    EXPECT_EQ(recipe.schemeFor(layer.node)->weights.group, layer.scheme->weights.group)
        << layer.node;
  // As a regular expression, "/a.c/" would match this one.
  EXPECT_EQ(recipe.schemeFor("abc")->weights.group, 3);
  EXPECT_FALSE(recipe.schemeFor("axc").has_value());
}

TEST(WriteRecipe, LeavesOthersFloatAndStartsWithTheComment) {
  Scheme scheme;
  scheme.weights.format = "int8";
  EXPECT_EQ(write({{"a", std::nullopt}, {"b", scheme}}, "two\nlines"),
            "# two\n# lines\nweights: { format: none }\nlayers:\n"
            "  - match: \"b\"\n    weights: { format: int8 }\n");
  EXPECT_EQ(write({{"a", std::nullopt}}), "weights: { format: none }\n");
}

TEST(WriteRecipe, RefusesTwoSchemesForOneName) {
  Scheme one, other;
  one.weights.format = "int8";
  other.weights.format = "fp8_e4m3";
  llvm::Expected<std::string> text = writeRecipe({{"a", one}, {"a", other}}, "");
  ASSERT_FALSE(bool(text));
  EXPECT_EQ(llvm::toString(text.takeError()),
            "no recipe can name node 'a' alone: rename it in the model");
}
