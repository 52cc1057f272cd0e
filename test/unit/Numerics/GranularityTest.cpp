// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Granularity.h"

#include "gtest/gtest.h"

using namespace halftone;

// The scale that each element uses, from the runs; -1 where no run came.
static std::vector<int64_t> scalesByRuns(const Granularity &granularity) {
  std::vector<int64_t> scales(granularity.getNumElements(), -1);
  int64_t next = 0;
  granularity.forEachRun([&](const Granularity::Run &run) {
    EXPECT_EQ(run.firstElement, next) << "runs come in memory order";
    next += run.numElements;
    for (int64_t i = 0; i != run.numElements; ++i)
      scales[run.firstElement + i] = run.firstScale + (run.sharesScale ? 0 : i);
  });
  return scales;
}

// The same from the definition: divide the element's index by the block.
static std::vector<int64_t> scalesByDefinition(const Granularity &granularity) {
  std::vector<int64_t> scales;
  llvm::ArrayRef<int64_t> shape = granularity.getShape(), blocks = granularity.getBlocks();
  llvm::SmallVector<int64_t> scaleShape = granularity.getScaleShape();
  for (int64_t element = 0; element != granularity.getNumElements(); ++element) {
    int64_t rest = element, scale = 0, stride = 1;
    for (size_t d = shape.size(); d-- > 0;) {
      scale += rest % shape[d] / blocks[d] * stride;
      rest /= shape[d];
      stride *= scaleShape[d];
    }
    scales.push_back(scale);
  }
  return scales;
}

TEST(Granularity, RunsCoverTheTensorWithTheScalesOfTheirBlocks) {
  const Granularity cases[] = {
      Granularity::perTensor({}),
      Granularity::perTensor({2, 3, 4}),
      Granularity::perChannel({5}, 0),
      Granularity::perChannel({2, 3, 4, 5}, 0),
      Granularity::perChannel({2, 3, 4, 5}, 1),
      Granularity::perChannel({2, 3, 4, 5}, 2),
      Granularity::perChannel({2, 3, 4, 5}, 3),
      Granularity::perChannel({3, 1, 4}, 1),
      Granularity::perGroup({7, 4}, 0, 3),
      Granularity::perGroup({4, 7}, 1, 3),
      Granularity::perGroup({4, 7}, 1, 100),
      Granularity::perGroup({2, 7, 3}, 1, 2),
      Granularity::perBlock({5, 7}, {2, 3}),
      Granularity::perBlock({2, 5, 7}, {1, 2, 7}),
      Granularity::perBlock({4, 3, 5}, {2, 3, 5}),
      Granularity::perBlock({4, 3, 5}, {3, 2, 1}),
  };
  for (const Granularity &granularity : cases)
    EXPECT_EQ(scalesByRuns(granularity), scalesByDefinition(granularity));
}

TEST(Granularity, ScaleShapesFollowTheBlocks) {
  using Shape = llvm::SmallVector<int64_t>;
  EXPECT_EQ(Granularity::perTensor({2, 3}).getScaleShape(), (Shape{1, 1}));
  EXPECT_EQ(Granularity::perChannel({2, 3}, 1).getScaleShape(), (Shape{1, 3}));
  EXPECT_EQ(Granularity::perGroup({70, 3}, 0, 32).getScaleShape(), (Shape{3, 3}));
  EXPECT_EQ(Granularity::perBlock({5, 7}, {2, 3}).getNumScales(), 9);
}

// A weight of one million channels' elements must not be gone through one by one.
TEST(Granularity, RunsAreAsLongAsTheyCanBe) {
  auto countRuns = [](const Granularity &granularity) {
    int count = 0;
    granularity.forEachRun([&](const Granularity::Run &) { ++count; });
    return count;
  };
  EXPECT_EQ(countRuns(Granularity::perTensor({8, 3, 3, 3})), 1);
  EXPECT_EQ(countRuns(Granularity::perChannel({8, 3, 3, 3}, 0)), 8);
  EXPECT_EQ(countRuns(Granularity::perChannel({6, 8}, 1)), 6);
  EXPECT_EQ(countRuns(Granularity::perBlock({6, 8}, {1, 1})), 1);
}

TEST(Granularity, EmptyTensorsHaveNoRuns) {
  EXPECT_TRUE(scalesByRuns(Granularity::perTensor({0, 3})).empty());
  EXPECT_TRUE(scalesByRuns(Granularity::perChannel({3, 0}, 0)).empty());
}
