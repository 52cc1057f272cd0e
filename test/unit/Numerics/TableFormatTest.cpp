// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/TableFormat.h"

#include "halftone/Numerics/EncodeTensor.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

static std::vector<float> tableOf(llvm::ArrayRef<double> numbers) {
  return llvm::cantFail(makeTable(numbers));
}

static std::string errorOf(llvm::ArrayRef<double> numbers) {
  llvm::Expected<std::vector<float>> table = makeTable(numbers);
  return table ? "" : llvm::toString(table.takeError());
}

TEST(TableFormat, SortsAndFillsUpToAPowerOfTwo) {
  EXPECT_EQ(tableOf({0.5, -1, 0, 1, 0.25}), (std::vector<float>{-1, 0, 0.25f, 0.5f, 1, 1, 1, 1}));
  EXPECT_EQ(tableOf({3, -2}), (std::vector<float>{-2, 3}));
  std::vector<double> many;
  for (int i = 0; i != 256; ++i)
    many.push_back(i * 0.5 - 7);
  EXPECT_EQ(tableOf(many).size(), 256u);
  EXPECT_EQ(makeTableFormat(tableOf({3, -2})).packedBits, 1u);
}

TEST(TableFormat, RefusesWhatIsNoTable) {
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(errorOf({}), "'table' has 0 numbers; expected 2 to 256");
  EXPECT_EQ(errorOf({1}), "'table' has 1 numbers; expected 2 to 256");
  EXPECT_EQ(errorOf(std::vector<double>(257)), "'table' has 257 numbers; expected 2 to 256");
  EXPECT_EQ(errorOf({0, -infinity}), "number 2 of 'table' is -inf, which f32 does not hold");
  EXPECT_EQ(errorOf({std::nan(""), 1}), "number 1 of 'table' is nan, which f32 does not hold");
  EXPECT_EQ(errorOf({0, 1, 1e39}), "number 3 of 'table' is 1e+39, which f32 does not hold");
  EXPECT_EQ(errorOf({0, 0}), "'table' has 0 twice");
  EXPECT_EQ(errorOf({0.0, -0.0}), "'table' has 0 twice");
  // Two doubles, one float.
  EXPECT_EQ(errorOf({1, 0, 1 + 1e-12}), "'table' has 1 twice");
}

// What stands in the IR may be anything.
TEST(TableFormat, KnowsItsTables) {
  float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(isTable(tableOf({0.5, -1, 0})));
  EXPECT_TRUE(isTable(tableOf({0.5, -1})));
  for (const std::vector<float> &numbers : {std::vector<float>{},
                                            {1},
                                            {0, 1, 2},
                                            {1, 0},
                                            {0, 0},
                                            {0, nan},
                                            {nan, 1},
                                            {0, nan, 1, 2},
                                            std::vector<float>(512)})
    EXPECT_FALSE(isTable(numbers)) << numbers.size();
}

// nf4 is a table like any other: with its numbers the format is the same.
TEST(TableFormat, WithTheNumbersOfNF4ItIsNF4) {
  const Format &nf4 = *findFormat("nf4");
  std::vector<double> numbers(nf4.codec.table.rbegin(), nf4.codec.table.rend());
  std::vector<float> table = tableOf(numbers);
  Format format = makeTableFormat(table);
  EXPECT_EQ(format.granularity, nf4.granularity);
  EXPECT_EQ(format.group, nf4.group);
  std::vector<float> values = Random(1).gaussian(96 * 5);
  for (bool leastSquares : {false, true}) {
    EncodeOptions options{GranularityKind::Group, 40, /*channelAxis=*/1};
    if (leastSquares)
      options.fit.range.method = RangeMethod::MeanSquaredError;
    EncodedTensor expected = llvm::cantFail(encodeTensor(values, {96, 5}, nf4, options));
    EncodedTensor actual = llvm::cantFail(encodeTensor(values, {96, 5}, format, options));
    EXPECT_EQ(actual.codes, expected.codes);
    EXPECT_EQ(actual.scales.front().values, expected.scales.front().values);
  }
}

// By the definition: the scale maps the largest magnitude of the channel to that of the table, on
// whichever side of zero, and every weight becomes the nearest number.
TEST(TableFormat, TakesTheNearestNumberOfTheScaledTable) {
  Random random(2);
  for (const std::vector<double> &numbers :
       {std::vector<double>{-1, 1}, {-4, -1, 0.5}, {0, 0.25, 3}, {-1, -0.5, 0, 0.25, 0.5, 1}}) {
    std::vector<float> table = tableOf(numbers);
    Format format = makeTableFormat(table);
    double largest = 0;
    for (double number : numbers)
      largest = std::max(largest, std::fabs(number));
    std::vector<float> values = random.gaussian(3 * 50);
    EncodeOptions options{GranularityKind::Channel, 0, /*channelAxis=*/0};
    EncodedTensor tensor = llvm::cantFail(encodeTensor(values, {3, 50}, format, options));
    std::vector<float> decoded = decodeTensor(tensor, format);
    for (size_t channel = 0; channel != 3; ++channel) {
      float absmax = 0;
      for (size_t i = 0; i != 50; ++i)
        absmax = std::max(absmax, std::fabs(values[channel * 50 + i]));
      double scale = tensor.scales.front().values[channel];
      EXPECT_NEAR(scale, absmax / largest, 1e-6);
      for (size_t i = channel * 50; i != (channel + 1) * 50; ++i) {
        double least = std::numeric_limits<double>::infinity();
        for (double number : numbers)
          least = std::min(least, std::fabs(values[i] - number * scale));
        EXPECT_NEAR(std::fabs(values[i] - decoded[i]), least, 1e-6);
      }
    }
  }
}
