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

TEST(RangeEstimator, ReadsParameters) {
  EXPECT_EQ(llvm::cantFail(parseRangeEstimator("percentile:99.9")).percentile, 99.9);
  EXPECT_EQ(llvm::cantFail(parseRangeEstimator("clip:-1,2")).clip, (Range{-1.0f, 2.0f}));
  for (llvm::StringRef bad :
       {"", "percentile", "percentile:", "percentile:101", "min-max:3", "clip:2,1", "kl"})
    EXPECT_TRUE(llvm::errorToBool(parseRangeEstimator(bad).takeError())) << bad.str();
}
