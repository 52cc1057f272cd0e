// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/GramMatrix.h"
#include "halftone/Numerics/GramFactor.h"
#include "halftone/Numerics/OutputError.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <limits>

using namespace halftone;
using halftone::testing::Random;

static std::vector<float> gramOf(llvm::ArrayRef<float> vectors, int64_t size) {
  GramMatrix gram(size);
  llvm::cantFail(gram.add(vectors));
  return gram.takeFloats();
}

static std::string errorOf(llvm::Error error) { return llvm::toString(std::move(error)); }

// 300 and 270 are no multiples of the tiles.
TEST(GramMatrix, IsTheSumOfProducts) {
  int64_t count = 300, size = 270;
  std::vector<float> x = Random(1).gaussian(count * size);
  std::vector<float> gram = gramOf(x, size);
  for (int64_t i = 0; i < size; i += 7)
    for (int64_t j = 0; j < size; j += 5) {
      double sum = 0;
      for (int64_t row = 0; row != count; ++row)
        sum += double(x[row * size + i]) * double(x[row * size + j]);
      EXPECT_NEAR(gram[i * size + j], sum, 1e-3) << i << ", " << j;
      EXPECT_EQ(gram[i * size + j], gram[j * size + i]);
    }
}

// Calibration adds sample by sample.
TEST(GramMatrix, GrowsVectorByVector) {
  std::vector<float> x = Random(2).gaussian(40 * 12);
  std::vector<float> whole = gramOf(x, 12);
  GramMatrix gram(12);
  for (int64_t row = 0; row != 40; ++row)
    llvm::cantFail(gram.add(llvm::ArrayRef(x).slice(row * 12, 12)));
  EXPECT_EQ(gram.getNumVectors(), 40u);
  std::vector<float> parts = gram.takeFloats();
  for (size_t i = 0; i != whole.size(); ++i)
    EXPECT_NEAR(parts[i], whole[i], 1e-5);
}

TEST(GramMatrix, RefusesWhatIsNoVectorAndWhatIsNotFinite) {
  GramMatrix gram(4);
  EXPECT_NE(errorOf(gram.add({1, 2, 3})), "");
  EXPECT_EQ(errorOf(gram.add({1, 2, 3, std::numeric_limits<float>::infinity()})),
            "1 of its elements are not finite");
  EXPECT_EQ(gram.getNumVectors(), 0u);
}

// The power of a layer's output, summed up from the output itself.
TEST(GramMatrix, GivesThePowerOfTheOutput) {
  int64_t count = 50, reduction = 300, channels = 600;
  Random random(3);
  std::vector<float> x = random.gaussian(count * reduction);
  std::vector<float> w = random.gaussian(reduction * channels);
  double power = 0;
  for (int64_t row = 0; row != count; ++row)
    for (int64_t channel = 0; channel != channels; ++channel) {
      double sum = 0;
      for (int64_t k = 0; k != reduction; ++k)
        sum += double(x[row * reduction + k]) * double(w[k * channels + channel]);
      power += sum * sum;
    }
  int64_t shape[] = {reduction, channels};
  double measured = measureOutputPower(w, WeightMatrix::get(shape, 1), gramOf(x, reduction));
  EXPECT_NEAR(measured / power, 1, 1e-5);
}

// The same of a convolution, whose filter has its channels first: strides, dilations and pads that
// differ along the two dimensions.
TEST(GramMatrix, GivesThePowerOfAConvolution) {
  int64_t images = 2, inputs = 3, height = 7, width = 9, outputs = 4;
  ConvolutionWindows windows{{3, 2}, {2, 1}, {1, 3}, {1, 0, 2, 1}};
  Random random(4);
  std::vector<float> x = random.gaussian(images * inputs * height * width);
  std::vector<float> filter = random.gaussian(outputs * inputs * 6);
  double power = 0;
  uint64_t positions = 0;
  for (int64_t image = 0; image != images; ++image)
    for (int64_t y = -1; y + 2 < height + 2; y += 2)
      for (int64_t z = 0; z + 3 < width + 1; ++z, ++positions)
        for (int64_t output = 0; output != outputs; ++output) {
          double sum = 0;
          for (int64_t c = 0; c != inputs; ++c)
            for (int64_t ky = 0; ky != 3; ++ky)
              for (int64_t kz = 0; kz != 2; ++kz) {
                int64_t row = y + ky, column = z + 3 * kz;
                if (row < 0 || row >= height || column < 0 || column >= width)
                  continue;
                sum += double(x[((image * inputs + c) * height + row) * width + column]) *
                       double(filter[((output * inputs + c) * 3 + ky) * 2 + kz]);
              }
          power += sum * sum;
        }
  GramMatrix gram(inputs * 6);
  llvm::cantFail(gram.addWindows(x, {images, inputs, height, width}, windows));
  EXPECT_EQ(gram.getNumVectors(), positions);
  int64_t shape[] = {outputs, inputs, 3, 2};
  EXPECT_NEAR(measureOutputPower(filter, WeightMatrix::get(shape, 0), gram.takeFloats()) / power, 1,
              1e-5);
  EXPECT_NE(errorOf(gram.addWindows(x, {images, inputs, height * width}, windows)), "");
}

TEST(GramFactor, MultipliesToTheDampedMatrix) {
  int64_t size = 20;
  std::vector<float> gram = gramOf(Random(5).gaussian(100 * size), size);
  double mean = 0;
  for (int64_t i = 0; i != size; ++i)
    mean += gram[i * size + i] / double(size);
  GramFactorOptions options{/*damping=*/0.1, /*descending=*/true};
  GramFactor factor = llvm::cantFail(GramFactor::create(gram, size, options));
  // With U the columns over their pivots, G = U D U^T; D from its last element up.
  std::vector<float> columns(size * size);
  factor.copyColumns(0, size, columns);
  auto u = [&](int64_t i, int64_t j) { return double(columns[j * size + i]); };
  auto g = [&](int64_t i, int64_t j) {
    int64_t row = factor.getOrder()[i], column = factor.getOrder()[j];
    return gram[row * size + column] + (row == column ? 0.1 * mean : 0);
  };
  std::vector<double> pivots(size);
  for (int64_t i = size; i-- > 0;) {
    pivots[i] = g(i, i);
    for (int64_t k = i + 1; k < size; ++k)
      pivots[i] -= u(i, k) * u(i, k) * pivots[k];
  }
  for (int64_t i = 0; i != size; ++i)
    for (int64_t j = 0; j != size; ++j) {
      double sum = 0;
      for (int64_t k = std::max(i, j); k != size; ++k)
        sum += u(i, k) * pivots[k] * u(j, k);
      EXPECT_NEAR(sum, g(i, j), 1e-3);
    }
  for (int64_t i = 1; i != size; ++i)
    EXPECT_GE(g(i - 1, i - 1), g(i, i)) << "the most powerful inputs come first";
}

// Three vectors span no space of four dimensions.
TEST(GramFactor, NeedsDampingWhereThereIsLittleData) {
  std::vector<float> gram = gramOf({1, 2, 3, 4, 2, -1, 0, 1, 1, 1, -2, 1}, 4);
  llvm::Expected<GramFactor> factor = GramFactor::create(gram, 4, {/*damping=*/0, false});
  // A singular matrix may pass by a rounding error; then its columns are finite.
  if (!factor)
    EXPECT_NE(errorOf(factor.takeError()).find("give more damping or more calibration data"),
              std::string::npos);
  EXPECT_TRUE(bool(GramFactor::create(gram, 4, {/*damping=*/0.01, false})));
  gram = {1, 2, 2, 1};
  EXPECT_NE(errorOf(GramFactor::create(gram, 2, {/*damping=*/0, false}).takeError()), "");
}

TEST(GramFactor, RefusesWhatIsNoGramMatrix) {
  EXPECT_NE(errorOf(GramFactor::create({1, NAN, NAN, 1}, 2, {}).takeError()), "");
  EXPECT_NE(errorOf(GramFactor::create({1, 0, 0, -1}, 2, {}).takeError()), "");
}
