// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/Recipe.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace halftone;

static llvm::Expected<Recipe> parse(llvm::StringRef weights, llvm::StringRef activations) {
  return Recipe::parse(("weights: " + weights + "\nactivations: " + activations + "\n").str(),
                       "test.yaml");
}

static std::string errorOf(llvm::StringRef weights, llvm::StringRef activations) {
  llvm::Expected<Recipe> recipe = parse(weights, activations);
  return recipe ? "" : llvm::toString(recipe.takeError());
}

static std::optional<OutlierScheme> outliersOf(llvm::StringRef options) {
  llvm::Expected<Recipe> recipe =
      parse("{format: int8}",
            ("{format: int8, granularity: token, when: dynamic, outliers: " + options + "}").str());
  if (recipe)
    return recipe->schemeFor("layer")->activations.outliers;
  ADD_FAILURE() << llvm::toString(recipe.takeError());
  return std::nullopt;
}

TEST(Outliers, RecipesKeepNoneUnlessTheySaySo) {
  llvm::Expected<Recipe> recipe = Recipe::load("w8a8-dynamic");
  ASSERT_TRUE(bool(recipe));
  EXPECT_FALSE(recipe->schemeFor("layer")->activations.outliers.has_value());
}

TEST(Outliers, HaveTheThresholdOfThePaper) {
  std::optional<OutlierScheme> outliers = outliersOf("{}");
  ASSERT_TRUE(outliers.has_value());
  EXPECT_EQ(outliers->threshold, 6);
  EXPECT_EQ(outliers->when, "dynamic");
}

TEST(Outliers, ReadTheirOptions) {
  std::optional<OutlierScheme> outliers = outliersOf("{threshold: inf, when: static}");
  ASSERT_TRUE(outliers.has_value());
  EXPECT_TRUE(std::isinf(outliers->threshold));
  EXPECT_EQ(outliers->when, "static");
}

TEST(Outliers, NeedObservationsOnlyWhenTheyAreStatic) {
  llvm::Expected<Recipe> found = Recipe::load("w8a8-llm-int8");
  llvm::Expected<Recipe> known = Recipe::load("w8a8-llm-int8-static");
  ASSERT_TRUE(found && known);
  EXPECT_FALSE(found->needsObservations());
  EXPECT_TRUE(known->needsObservations());
}

// Each refusal says what to do instead.
TEST(Outliers, AreRefusedWhereTheyMakeNoSense) {
  auto expect = [](llvm::StringRef weights, llvm::StringRef activations, llvm::StringRef message) {
    std::string error = errorOf(weights, activations);
    EXPECT_TRUE(llvm::StringRef(error).contains(message)) << message.str() << "\n" << error;
  };
  constexpr llvm::StringLiteral kDynamic = "{format: int8, when: dynamic, outliers: {}}";
  expect("{format: int8}", "{format: none, outliers: {}}", "give these a 'format'");
  expect("{format: int8}", "{format: uint8, when: static, outliers: {}}",
         "need 'when: dynamic' of the activations");
  expect("{format: int8}", "{format: int8, when: dynamic, outliers: {threshold: -1}}",
         "expected a number of at least 0");
  expect("{format: int8}", "{format: int8, when: dynamic, outliers: {threshold: nan}}",
         "expected a number of at least 0");
  expect("{format: int8}", "{format: int8, when: dynamic, outliers: {when: never}}",
         "expected one of: static, dynamic");
  expect("{format: int4, group: 32}", kDynamic, "a product of 8-bit integers");
  expect("{format: int8, group: 32}", kDynamic, "a product of 8-bit integers");
  expect("{format: fp8_e4m3}", kDynamic, "a product of 8-bit integers");
  expect("{format: int8, rounding: gptq}", kDynamic, "leave one of them out");
}

TEST(Outliers, CannotBelongToFloatLayers) {
  EXPECT_NE(errorOf("{format: none}", "{format: int8, when: dynamic, outliers: {}}"), "");
}
