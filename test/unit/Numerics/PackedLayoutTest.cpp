// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/PackedLayout.h"
#include "halftone/Numerics/IntegerMatmul.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <cstring>

using namespace halftone;
using halftone::testing::Random;

template <typename T> static std::vector<T> randomValues(uint64_t seed, int64_t size) {
  Random random(seed);
  std::vector<T> values(size);
  for (T &value : values)
    value = T(random.bits());
  return values;
}

static PackingSpec makeSpec(int64_t nr, int64_t kr, int64_t kAlign, unsigned sourceBytes,
                            unsigned elementBytes, bool isSigned = true) {
  PackingSpec spec;
  spec.nr = nr;
  spec.kr = kr;
  spec.kAlign = kAlign;
  spec.sourceBytes = sourceBytes;
  spec.elementBytes = elementBytes;
  spec.isSigned = isSigned;
  return spec;
}

// Checks each element of `packed` at the place the layout gives it. `entry(k, n)` is the matrix,
// zero where it is padded.
template <typename Packed, typename Entry>
static void expectPacked(llvm::ArrayRef<uint8_t> packed, const PackingSpec &spec, int64_t reduction,
                         int64_t columns, Entry entry) {
  int64_t alignment = std::max(spec.kAlign, spec.kr);
  int64_t paddedReduction = (reduction + alignment - 1) / alignment * alignment;
  int64_t panels = (columns + spec.nr - 1) / spec.nr;
  ASSERT_EQ(packed.size(), panels * spec.nr * paddedReduction * sizeof(Packed));
  for (int64_t k = 0; k != paddedReduction; ++k)
    for (int64_t n = 0; n != panels * spec.nr; ++n) {
      int64_t panel = n / spec.nr, block = k / spec.kr;
      int64_t index =
          ((panel * (paddedReduction / spec.kr) + block) * spec.nr + n % spec.nr) * spec.kr +
          k % spec.kr;
      Packed actual;
      std::memcpy(&actual, packed.data() + index * sizeof(Packed), sizeof(Packed));
      Packed expected = k < reduction && n < columns ? Packed(entry(k, n)) : Packed(0);
      ASSERT_EQ(actual, expected) << "k " << k << " n " << n;
    }
}

template <typename Source, typename Packed>
static void checkMatrix(const PackingSpec &spec, int64_t reduction, int64_t columns) {
  std::vector<Source> values = randomValues<Source>(25, reduction * columns);
  WeightView rowMajor = WeightView::matrix(values.data(), reduction, columns, columns, 1);
  expectPacked<Packed>(pack(spec, rowMajor), spec, reduction, columns,
                       [&](int64_t k, int64_t n) { return values[k * columns + n]; });
  WeightView transposed = WeightView::matrix(values.data(), reduction, columns, 1, reduction);
  expectPacked<Packed>(pack(spec, transposed), spec, reduction, columns,
                       [&](int64_t k, int64_t n) { return values[n * reduction + k]; });
}

TEST(PackedLayout, MatricesHaveEachElementInItsPlace) {
  for (auto [reduction, columns] :
       {std::pair<int64_t, int64_t>{1, 1}, {7, 5}, {64, 48}, {65, 97}}) {
    checkMatrix<uint32_t, uint32_t>(makeSpec(48, 1, 1, 4, 4), reduction, columns);
    checkMatrix<int8_t, int8_t>(makeSpec(32, 4, 1, 1, 1), reduction, columns);
    checkMatrix<int8_t, int8_t>(makeSpec(16, 4, 64, 1, 1), reduction, columns);
    checkMatrix<uint16_t, uint16_t>(makeSpec(32, 2, 2, 2, 2), reduction, columns);
  }
}

TEST(PackedLayout, IntegersThatGrowKeepTheirValue) {
  checkMatrix<int8_t, int16_t>(makeSpec(16, 2, 2, 1, 2), 7, 20);
  checkMatrix<uint8_t, uint16_t>(makeSpec(16, 2, 2, 1, 2, false), 7, 20);
  checkMatrix<int8_t, int32_t>(makeSpec(8, 1, 1, 1, 4), 7, 20);
  checkMatrix<uint8_t, uint32_t>(makeSpec(8, 1, 1, 1, 4, false), 7, 20);
  checkMatrix<int16_t, int32_t>(makeSpec(8, 1, 1, 2, 4), 7, 20);
  checkMatrix<uint16_t, uint32_t>(makeSpec(8, 1, 1, 2, 4, false), 7, 20);
}

// The reduction of a channels-last convolution runs over kh, kw and then channels, each group of
// channels padded so that a dot product never crosses from one pixel into the next.
TEST(PackedLayout, ConvolutionsReduceOverPixelsOfPaddedChannels) {
  constexpr int64_t outputs = 37, inputs = 5, height = 3, width = 2;
  std::vector<int8_t> values = randomValues<int8_t>(26, outputs * inputs * height * width);
  for (int64_t kr : {1, 4}) {
    PackingSpec spec = makeSpec(16, kr, 1, 1, 1);
    int64_t paddedInputs = kr == 4 ? 8 : 5;
    WeightView view = WeightView::convolution(values.data(), outputs, inputs, height, width, kr);
    EXPECT_EQ(view.getPaddedReduction(), height * width * paddedInputs);
    expectPacked<int8_t>(
        pack(spec, view), spec, height * width * paddedInputs, outputs, [&](int64_t k, int64_t o) {
          int64_t i = k % paddedInputs, kw = k / paddedInputs % width,
                  kh = k / paddedInputs / width;
          return i < inputs ? values[((o * inputs + i) * height + kh) * width + kw] : 0;
        });
  }
}

TEST(PackedLayout, DepthwiseWeightsAreRowsOfChannels) {
  constexpr int64_t channels = 19, height = 3, width = 3, padded = 32;
  std::vector<int8_t> values = randomValues<int8_t>(27, channels * height * width);
  std::vector<uint8_t> packed = pack(makeSpec(padded, 1, 1, 1, 1),
                                     WeightView::depthwise(values.data(), channels, height, width));
  ASSERT_EQ(packed.size(), size_t(height * width * padded));
  for (int64_t kh = 0; kh != height; ++kh)
    for (int64_t kw = 0; kw != width; ++kw)
      for (int64_t c = 0; c != padded; ++c)
        EXPECT_EQ(int8_t(packed[(kh * width + kw) * padded + c]),
                  c < channels ? values[(c * height + kh) * width + kw] : 0);
}

TEST(PackedLayout, PanelsCanBePackedPieceByPiece) {
  std::vector<uint32_t> values = randomValues<uint32_t>(28, 33 * 100);
  PackingSpec spec = makeSpec(16, 1, 1, 4, 4);
  WeightView view = WeightView::matrix(values.data(), 33, 100, 100, 1);
  std::vector<uint8_t> whole = pack(spec, view), pieces;
  EXPECT_EQ(getNumPanels(spec, view), 7);
  EXPECT_EQ(getPackedBytes(spec, view), int64_t(whole.size()));
  for (auto [begin, end] : {std::pair(0, 3), {3, 3}, {3, 4}, {4, 7}}) {
    std::vector<uint8_t> piece((end - begin) * getPanelBytes(spec, view), 0xcd);
    packPanels(spec, view, begin, end, piece);
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(pieces, whole);
}

TEST(PackedLayout, UnalignedSourcesAreRead) {
  std::vector<uint8_t> bytes = randomValues<uint8_t>(29, 4 * 6 + 1);
  std::vector<uint8_t> aligned(bytes.begin() + 1, bytes.end());
  PackingSpec spec = makeSpec(2, 1, 1, 4, 4);
  EXPECT_EQ(pack(spec, WeightView::matrix(bytes.data() + 1, 2, 3, 3, 1)),
            pack(spec, WeightView::matrix(aligned.data(), 2, 3, 3, 1)));
}

TEST(PackedLayout, ColumnSumsLeaveOutThePadding) {
  std::vector<int8_t> codes = randomValues<int8_t>(30, 37 * 5 * 3 * 3);
  std::vector<int32_t> expected(37, 0);
  for (size_t i = 0; i != codes.size(); ++i)
    expected[i / 45] += codes[i];
  EXPECT_EQ(sumColumns(WeightView::convolution(codes.data(), 37, 5, 3, 3, 4), true), expected);

  std::vector<uint8_t> matrix = randomValues<uint8_t>(31, 40 * 9);
  EXPECT_EQ(sumColumns(WeightView::matrix(matrix.data(), 40, 9, 9, 1), false),
            columnSums(matrix, 40, 9));
  EXPECT_EQ(sumColumns(WeightView::matrix(matrix.data(), 9, 40, 1, 9), false),
            rowSums(matrix, 40, 9));
}

TEST(PackedLayout, EmptyMatricesAreEmpty) {
  PackingSpec spec = makeSpec(16, 4, 1, 1, 1);
  EXPECT_TRUE(pack(spec, WeightView::matrix(nullptr, 8, 0, 0, 1)).empty());
  EXPECT_TRUE(pack(spec, WeightView::matrix(nullptr, 0, 8, 8, 1)).empty());
}

TEST(PackingSpec, TextsStandForSpecs) {
  const std::pair<PackingSpec, const char *> cases[] = {
      {makeSpec(48, 1, 1, 4, 4), "bits32-nr48-kr1"},
      {makeSpec(32, 4, 4, 1, 1), "bits8-nr32-kr4"},
      {makeSpec(32, 4, 1, 1, 1), "bits8-nr32-kr4"},
      {makeSpec(16, 4, 64, 1, 1), "bits8-nr16-kr4-k64"},
      {makeSpec(16, 2, 2, 1, 2, true), "s8to16-nr16-kr2"},
      {makeSpec(16, 2, 2, 1, 2, false), "u8to16-nr16-kr2"},
  };
  for (auto &[spec, text] : cases) {
    EXPECT_EQ(spec.str(), text);
    EXPECT_EQ(llvm::cantFail(PackingSpec::parse(text)), spec);
  }
  EXPECT_FALSE(cases[4].first == cases[5].first);
}

TEST(PackingSpec, OtherTextsAreErrors) {
  for (const char *text :
       {"", "bits8", "bits7-nr1-kr1", "bits8-nr0-kr1", "bits8-nr32-kr4-", "bits8-nr32-kr4-k6",
        "bits8-nr32-kr4-k4", "bits8-nr032-kr4", "s8to8-nr1-kr1", "s16to8-nr1-kr1", "x8to16-nr1-kr1",
        "bits8-nr-3-kr1", "bits8-nr32-kr4 "}) {
    llvm::Expected<PackingSpec> spec = PackingSpec::parse(text);
    EXPECT_FALSE(bool(spec)) << text;
    if (!spec)
      EXPECT_TRUE(llvm::StringRef(llvm::toString(spec.takeError())).contains("packed layout"));
  }
}
