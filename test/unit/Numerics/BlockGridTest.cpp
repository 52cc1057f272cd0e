// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/BlockGrid.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <algorithm>

using namespace halftone;
using halftone::testing::Random;

static std::vector<float> gridOf(llvm::StringRef name, llvm::ArrayRef<float> values,
                                 llvm::ArrayRef<int64_t> shape, const EncodeOptions &options) {
  const Format &format = *findFormat(name);
  return findWidestGrid(llvm::cantFail(encodeTensor(values, shape, format, options)), format,
                        options.symmetric, values);
}

TEST(BlockGrid, SymmetricInt4HasFifteenEvenSteps) {
  EncodeOptions options;
  options.granularity = GranularityKind::Tensor;
  std::vector<float> grid = gridOf("int4", {7, -2, 1, 0}, {4}, options);
  ASSERT_EQ(grid.size(), 15u);
  for (int i = 0; i != 15; ++i)
    EXPECT_EQ(grid[i], float(i - 7));
}

// One channel holds the largest weight; the grid of the other is finer and not what is drawn.
TEST(BlockGrid, TheWidestChannelIsDrawn) {
  EncodeOptions options;
  options.channelAxis = 0;
  std::vector<float> grid = gridOf("int8", {0.1f, -0.2f, 127, 3}, {2, 2}, options);
  EXPECT_EQ(grid.front(), -127);
  EXPECT_EQ(grid.back(), 127);
}

TEST(BlockGrid, AZeroPointMovesTheGrid) {
  EncodeOptions options;
  options.granularity = GranularityKind::Tensor;
  options.symmetric = false;
  std::vector<float> grid = gridOf("uint2", {-1, 0, 1, 2}, {4}, options);
  EXPECT_EQ(grid, (std::vector<float>{-1, 0, 1, 2}));
}

// Whatever the format: what the largest weight became is one of the numbers drawn.
TEST(BlockGrid, HoldsWhatTheLargestWeightBecame) {
  Random random(3);
  std::vector<float> values = random.gaussian(256 * 8);
  size_t largest =
      std::max_element(values.begin(), values.end(),
                       [](float lhs, float rhs) { return std::fabs(lhs) < std::fabs(rhs); }) -
      values.begin();
  for (const Format &format : allFormats()) {
    EncodeOptions options;
    options.granularity = format.granularity;
    options.group = format.group;
    options.channelAxis = 1;
    EncodedTensor encoded = llvm::cantFail(encodeTensor(values, {256, 8}, format, options));
    std::vector<float> grid = findWidestGrid(encoded, format, options.symmetric, values);
    EXPECT_TRUE(std::is_sorted(grid.begin(), grid.end())) << format.name.str();
    float became = decodeTensor(encoded, format)[largest];
    bool isDrawn = std::any_of(grid.begin(), grid.end(), [&](float number) {
      return std::fabs(number - became) <= 1e-6f * std::fabs(became);
    });
    EXPECT_EQ(isDrawn, format.coding != Format::Coding::Plain) << format.name.str();
  }
}
