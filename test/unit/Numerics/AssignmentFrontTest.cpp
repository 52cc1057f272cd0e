// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/AssignmentFront.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace halftone;
using halftone::testing::Random;
using Layers = std::vector<std::vector<AssignmentCost>>;

static AssignmentFront solve(const Layers &layers, const AssignmentLimits &limits = {},
                             size_t maxStates = AssignmentFront::kMaxStates) {
  llvm::Expected<AssignmentFront> front = AssignmentFront::build(layers, limits, maxStates);
  EXPECT_TRUE(bool(front)) << llvm::toString(front.takeError());
  return std::move(*front);
}

static AssignmentCost addUp(const Layers &layers, llvm::ArrayRef<size_t> choices) {
  AssignmentCost sum;
  for (size_t layer = 0; layer != layers.size(); ++layer) {
    const AssignmentCost &cost = layers[layer][choices[layer]];
    sum = {sum.bytes + cost.bytes, sum.error + cost.error, sum.seconds + cost.seconds};
  }
  return sum;
}

/// Sums of all assignments.
static std::vector<AssignmentCost> tryAll(const Layers &layers) {
  std::vector<AssignmentCost> sums = {{}};
  for (const std::vector<AssignmentCost> &choices : layers) {
    std::vector<AssignmentCost> next;
    for (const AssignmentCost &sum : sums)
      for (const AssignmentCost &cost : choices)
        next.push_back(
            {sum.bytes + cost.bytes, sum.error + cost.error, sum.seconds + cost.seconds});
    sums = std::move(next);
  }
  return sums;
}

static bool isEqual(const AssignmentCost &lhs, const AssignmentCost &rhs) {
  return lhs.bytes == rhs.bytes && lhs.error == rhs.error && lhs.seconds == rhs.seconds;
}

static bool beats(const AssignmentCost &lhs, const AssignmentCost &rhs) {
  return lhs.bytes <= rhs.bytes && lhs.error <= rhs.error && lhs.seconds <= rhs.seconds &&
         !isEqual(lhs, rhs);
}

/// Small integers, so that equal costs are frequent and sums are the same in any order.
static Layers makeLayers(Random &random, bool withSeconds) {
  Layers layers(1 + random.below(5));
  for (std::vector<AssignmentCost> &choices : layers)
    for (size_t count = 1 + random.below(5); count != 0; --count)
      choices.push_back({int64_t(random.below(20)), double(random.below(20)),
                         withSeconds ? double(random.below(6)) : 0});
  return layers;
}

// The front has every sum that no other beats, and nothing else.
TEST(AssignmentFront, IsWhatTryingAllAssignmentsFinds) {
  Random random(1);
  for (int round = 0; round != 400; ++round) {
    Layers layers = makeLayers(random, /*withSeconds=*/round % 2 == 1);
    std::vector<AssignmentCost> all = tryAll(layers);
    AssignmentFront front = solve(layers);
    EXPECT_EQ(front.getPrecision(), 1);
    for (const AssignmentCost &sum : all) {
      bool isBeaten = llvm::any_of(all, [&](const auto &other) { return beats(other, sum); });
      EXPECT_EQ(
          llvm::count_if(front.getPoints(), [&](const auto &point) { return isEqual(point, sum); }),
          isBeaten ? 0 : 1);
    }
    for (size_t point = 0; point != front.getPoints().size(); ++point)
      EXPECT_TRUE(isEqual(addUp(layers, front.getChoices(point)), front.getPoints()[point]));
  }
}

// Limits cut the search, not what it finds: the best point is that of all assignments.
TEST(AssignmentFront, FindsTheBestWithinLimits) {
  Random random(2);
  int numImpossible = 0;
  for (int round = 0; round != 400; ++round) {
    Layers layers = makeLayers(random, /*withSeconds=*/true);
    AssignmentLimits limits{int64_t(random.below(60)), double(random.below(60)),
                            double(random.below(15))};
    std::optional<double> least;
    for (const AssignmentCost &sum : tryAll(layers))
      if (limits.allow(sum))
        least = std::min(least.value_or(sum.error), sum.error);
    AssignmentFront front = solve(layers, limits);
    std::optional<size_t> best = front.findBest(AssignmentGoal::Error, limits);
    ASSERT_EQ(best.has_value(), least.has_value());
    numImpossible += !best;
    if (best) {
      EXPECT_EQ(front.getPoints()[*best].error, *least);
      EXPECT_TRUE(limits.allow(front.getPoints()[*best]));
    }
    EXPECT_EQ(best.has_value(), !front.getPoints().empty());
  }
  EXPECT_GT(numImpossible, 20);
  EXPECT_LT(numImpossible, 380);
}

TEST(AssignmentFront, HasNoPointsForAnImpossibleLimit) {
  Layers layers = {{{10, 0, 0}, {5, 1, 0}}, {{10, 0, 0}, {5, 1, 0}}};
  EXPECT_TRUE(solve(layers, {9}).getPoints().empty());
  ASSERT_EQ(solve(layers, {10}).getPoints().size(), 1u);
  EXPECT_EQ(solve(layers).findBest(AssignmentGoal::Bytes, {9}), std::nullopt);
}

// Without layers there is one assignment, which costs nothing.
TEST(AssignmentFront, OfNoLayersAndOfOne) {
  ASSERT_EQ(solve({}).getPoints().size(), 1u);
  EXPECT_TRUE(solve({}).getChoices(0).empty());
  Layers one = {{{4, 0, 0}, {3, 9, 0}, {2, 5, 0}, {1, 5, 0}}};
  AssignmentFront front = solve(one);
  ASSERT_EQ(front.getPoints().size(), 2u);
  EXPECT_EQ(front.getChoices(0), std::vector<size_t>{3});
  EXPECT_EQ(front.getChoices(1), std::vector<size_t>{0});
}

// Which of equal choices is taken is a rule, not an accident of sorting.
TEST(AssignmentFront, TakesTheEarlierOfEqualChoices) {
  std::vector<AssignmentCost> choices = {{2, 2, 0}, {1, 3, 0}, {2, 2, 0}, {1, 3, 0}};
  AssignmentFront front = solve({choices, choices, choices});
  ASSERT_EQ(front.getPoints().size(), 4u);
  EXPECT_EQ(front.getChoices(0), (std::vector<size_t>{1, 1, 1}));
  // Which of the layers has the larger choice makes no difference either.
  EXPECT_EQ(front.getChoices(1), (std::vector<size_t>{0, 1, 1}));
  EXPECT_EQ(front.getChoices(3), (std::vector<size_t>{0, 0, 0}));
}

// With room for fewer states than the front has points, each point of the exact front has one that
// is as good within what the other says of itself.
TEST(AssignmentFront, SaysHowFarItMayBeOff) {
  Random random(3);
  Layers layers(40);
  for (std::vector<AssignmentCost> &choices : layers)
    for (double bits : {32.0, 8.1, 4.5, 4.25, 3.5})
      choices.push_back({int64_t(bits * double(1000 + random.below(1000)) / 8),
                         bits == 32 ? 0 : std::exp(-1.4 * bits + random.gauss()), 0});
  AssignmentFront exact = solve(layers), coarse = solve(layers, {}, 200);
  EXPECT_EQ(exact.getPrecision(), 1);
  EXPECT_GT(exact.getPoints().size(), 400u);
  EXPECT_GT(coarse.getPrecision(), 1);
  EXPECT_LT(coarse.getPrecision(), 100);
  EXPECT_LE(coarse.getPoints().size(), 200u);
  int numWorse = 0;
  for (const AssignmentCost &point : exact.getPoints()) {
    std::optional<size_t> best = coarse.findBest(AssignmentGoal::Error, {point.bytes});
    ASSERT_TRUE(best.has_value());
    EXPECT_LE(coarse.getPoints()[*best].error, point.error * coarse.getPrecision());
    numWorse += coarse.getPoints()[*best].error > point.error;
  }
  EXPECT_GT(numWorse, 0);
  for (size_t point = 0; point < coarse.getPoints().size(); point += 10)
    EXPECT_TRUE(isEqual(addUp(layers, coarse.getChoices(point)), coarse.getPoints()[point]));
}

static std::string errorOf(const Layers &layers) {
  llvm::Expected<AssignmentFront> front = AssignmentFront::build(layers);
  return front ? "" : llvm::toString(front.takeError());
}

TEST(AssignmentFront, RefusesWhatIsNoCost) {
  EXPECT_EQ(errorOf({{{1, 0, 0}}, {}}), "layer 1 has no choices");
  for (AssignmentCost cost : {AssignmentCost{-1, 0, 0},
                              {1, -1, 0},
                              {1, 0, -1},
                              {1, NAN, 0},
                              {1, INFINITY, 0},
                              {1, 0, NAN}})
    EXPECT_EQ(errorOf({{{1, 0, 0}, cost}}),
              "a choice of layer 0 has costs that are negative or not finite");
  EXPECT_EQ(errorOf({{{INT64_MAX, 0, 0}}, {{1, 0, 0}}}), "the layers take more than 2^63 bytes");
}
