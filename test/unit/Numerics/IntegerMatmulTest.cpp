// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/IntegerMatmul.h"
#include "halftone/Numerics/QuantizeTensor.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace halftone;
using halftone::testing::Random;

TEST(IntegerMatmul, LongestReductionsAreThoseOfTheWorstProducts) {
  EXPECT_EQ(maxReduction(int8Range, int8Range), 131071);
  EXPECT_EQ(maxReduction(uint8Range, int8Range), 65793);
  EXPECT_EQ(maxReduction(uint8Range, uint8Range), 33025);
  EXPECT_EQ(maxReduction({-127, 127}, {-127, 127}), 133144);
}

TEST(IntegerMatmul, TheBoundHoldsAndOneMoreOverflows) {
  const IntegerRange ranges[] = {int8Range, uint8Range, {-8, 7}, {-255, 255}, {0, 15}, {-3, -1}};
  for (IntegerRange lhs : ranges)
    for (IntegerRange rhs : ranges) {
      int64_t bound = maxReduction(lhs, rhs);
      auto fits = [&](int64_t reduction) {
        for (int64_t product :
             {lhs.min * rhs.min, lhs.min * rhs.max, lhs.max * rhs.min, lhs.max * rhs.max})
          if (product * reduction != int32_t(product * reduction))
            return false;
        return true;
      };
      EXPECT_TRUE(fits(bound)) << bound;
      EXPECT_FALSE(fits(bound + 1)) << bound;
    }
}

TEST(IntegerMatmul, CorrectionsGiveTheProductOfTheCenteredFactors) {
  Random random(10);
  constexpr int64_t rows = 5, reduction = 4096, columns = 3;
  std::vector<uint8_t> lhs(rows * reduction);
  std::vector<int8_t> rhs(reduction * columns);
  for (uint8_t &code : lhs)
    code = uint8_t(random.bits());
  for (int8_t &code : rhs)
    code = int8_t(random.bits());
  std::vector<int32_t> lhsSums = rowSums(lhs, rows, reduction);
  std::vector<int32_t> rhsSums = columnSums(rhs, reduction, columns);
  for (auto [lhsZeroPoint, rhsZeroPoint] : {std::pair(128, 0), {3, -7}, {255, -128}, {0, 127}})
    for (int64_t i = 0; i != rows; ++i)
      for (int64_t j = 0; j != columns; ++j) {
        int64_t centered = 0;
        int32_t codeProduct = 0;
        for (int64_t k = 0; k != reduction; ++k) {
          uint8_t x = lhs[i * reduction + k];
          int8_t w = rhs[k * columns + j];
          codeProduct += x * w;
          centered += int64_t(x - lhsZeroPoint) * (w - rhsZeroPoint);
        }
        EXPECT_EQ(correctAccumulator(codeProduct, lhsZeroPoint, rhsSums[j], rhsZeroPoint,
                                     lhsSums[i], reduction),
                  centered);
      }
}

// K * zx * zw alone does not fit in i32 here, but the result does.
TEST(IntegerMatmul, CorrectionsMayWrapAround) {
  constexpr int64_t reduction = 66000;
  int32_t x = 250, w = -127, lhsZeroPoint = 255, rhsZeroPoint = -128;
  int64_t codeProduct = reduction * x * w;
  EXPECT_LT(reduction * lhsZeroPoint * rhsZeroPoint, int64_t(INT32_MIN));
  EXPECT_EQ(correctAccumulator(int32_t(codeProduct), lhsZeroPoint, int32_t(reduction * w),
                               rhsZeroPoint, int32_t(reduction * x), reduction),
            reduction * (x - lhsZeroPoint) * (w - rhsZeroPoint));
}

TEST(IntegerMatmul, SumsAreThoseOfRowsAndColumns) {
  const int8_t codes[] = {1, -2, 3, 127, 127, -128};
  EXPECT_EQ(columnSums(codes, 2, 3), (std::vector<int32_t>{128, 125, -125}));
  EXPECT_EQ(rowSums(codes, 2, 3), (std::vector<int32_t>{2, 126}));
  const uint8_t large[] = {255, 255, 1, 2};
  EXPECT_EQ(columnSums(large, 2, 2), (std::vector<int32_t>{256, 257}));
  EXPECT_EQ(rowSums(large, 2, 2), (std::vector<int32_t>{510, 3}));
}

// LLM.int8's vector-wise quantization: one scale per row of A and per column of B.
TEST(IntegerMatmul, VectorWiseExample) {
  const float a[] = {0.1f, -0.5f, 1.2f, -3};
  const float b[] = {2.5f, 1, -1, 0.5f};
  const Format &format = *findFormat("int8");
  QuantizedTensor qa = llvm::cantFail(
      quantizeTensor(a, Granularity::perChannel({2, 2}, 0), format, /*symmetric=*/true));
  QuantizedTensor qb = llvm::cantFail(
      quantizeTensor(b, Granularity::perChannel({2, 2}, 1), format, /*symmetric=*/true));
  auto code = [](const QuantizedTensor &tensor, int row, int column) {
    return int32_t(int8_t(tensor.codes[row * 2 + column]));
  };
  // .1 / .5 * 127 = 25.4, 1.2 / 3 * 127 = 50.8.
  EXPECT_EQ(code(qa, 0, 0), 25);
  EXPECT_EQ(code(qa, 0, 1), -127);
  EXPECT_EQ(code(qa, 1, 0), 51);
  EXPECT_EQ(code(qa, 1, 1), -127);
  // -1 / 2.5 * 127 = -50.8, .5 * 127 = 63.5, a tie.
  EXPECT_EQ(code(qb, 0, 0), 127);
  EXPECT_EQ(code(qb, 1, 0), -51);
  EXPECT_EQ(code(qb, 0, 1), 127);
  EXPECT_EQ(code(qb, 1, 1), 64);

  const int32_t accumulators[2][2] = {{9652, -4953}, {12954, -1651}};
  const double exact[2][2] = {{.75, -.15}, {6, -.3}};
  for (int i = 0; i != 2; ++i)
    for (int j = 0; j != 2; ++j) {
      int32_t accumulator = code(qa, i, 0) * code(qb, 0, j) + code(qa, i, 1) * code(qb, 1, j);
      EXPECT_EQ(accumulator, accumulators[i][j]);
      double product = double(accumulator) * qa.scales[i] * qb.scales[j];
      // Half a scale of error in each factor, for both terms of the sum.
      double bound = 0;
      for (int k = 0; k != 2; ++k)
        bound += qa.scales[i] / 2 * std::fabs(b[k * 2 + j]) +
                 qb.scales[j] / 2 * (std::fabs(a[i * 2 + k]) + qa.scales[i] / 2);
      EXPECT_NEAR(product, exact[i][j], bound);
    }
}
