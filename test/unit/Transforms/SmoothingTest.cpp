// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/Recipe.h"
#include "gtest/gtest.h"

using namespace halftone;

static llvm::Expected<Recipe> parse(llvm::StringRef smoothing) {
  return Recipe::parse(("weights: {format: int8}\nsmoothing: " + smoothing + "\n").str(),
                       "test.yaml");
}

static std::string errorOf(llvm::StringRef smoothing) {
  llvm::Expected<Recipe> recipe = parse(smoothing);
  return recipe ? "" : llvm::toString(recipe.takeError());
}

TEST(Smoothing, RecipesHaveNoneUnlessTheySaySo) {
  llvm::Expected<Recipe> recipe = Recipe::load("w8a8-dynamic");
  ASSERT_TRUE(bool(recipe));
  EXPECT_FALSE(recipe->getSmoothing().has_value());
}

TEST(Smoothing, HasTheDefaultsOfThePaper) {
  llvm::Expected<Recipe> recipe = parse("{method: smoothquant}");
  ASSERT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
  EXPECT_EQ(recipe->getSmoothing()->alpha, 0.5);
  EXPECT_FALSE(recipe->getSmoothing()->powerOfTwo);
}

TEST(Smoothing, ReadsItsOptions) {
  llvm::Expected<Recipe> recipe = parse("{method: smoothquant, alpha: 0.75, power_of_two: true}");
  ASSERT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
  EXPECT_EQ(recipe->getSmoothing()->alpha, 0.75);
  EXPECT_TRUE(recipe->getSmoothing()->powerOfTwo);
}

// The smoothed float model is for another quantizer.
TEST(Smoothing, MayBeAllThatHappens) {
  llvm::Expected<Recipe> recipe =
      Recipe::parse("weights: {format: none}\nsmoothing: {method: smoothquant}\n", "test.yaml");
  ASSERT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
  EXPECT_TRUE(recipe->getSmoothing().has_value());
}

// What cannot be combined says why, and what to do instead.
TEST(Smoothing, AWQIsForWeightsAlone) {
  auto messageOf = [](const char *yaml) {
    llvm::Expected<Recipe> recipe = Recipe::parse(yaml, "test.yaml");
    return recipe ? "" : llvm::toString(recipe.takeError());
  };
  EXPECT_EQ(messageOf("weights: {format: int4, rounding: gptq}\nsmoothing: {method: awq}\n"), "");
  EXPECT_NE(messageOf("weights: {format: none}\nsmoothing: {method: awq}\n")
                .find("give 'weights' a format"),
            std::string::npos);
  EXPECT_NE(messageOf("weights: {format: int8}\nactivations: {format: int8, when: dynamic}\n"
                      "smoothing: {method: awq}\n")
                .find("leave out 'activations', or give 'method: smoothquant'"),
            std::string::npos);
  EXPECT_NE(messageOf("weights: {format: mxfp4}\nsmoothing: {method: awq}\n")
                .find("one level of scales, which 'mxfp4' is not"),
            std::string::npos);
  EXPECT_NE(errorOf("{method: awq, alpha: 0.5}").find("leave it out"), std::string::npos);
}

TEST(Smoothing, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(errorOf("{method: sandpaper}").find("'sandpaper'; expected one of: smoothquant, awq"),
            std::string::npos);
  EXPECT_NE(errorOf("{method: smoothquant, alpha: 1.5}").find("expected a number from 0 to 1"),
            std::string::npos);
  EXPECT_NE(errorOf("{method: smoothquant, beta: 1}").find("beta"), std::string::npos);
}
