// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/PackedCodes.h"

#include "Random.h"

#include "gtest/gtest.h"

using namespace halftone;
using halftone::testing::Random;

// The code of row k and column n, read back from where the header's description puts its bits.
static unsigned codeAt(llvm::ArrayRef<uint8_t> packed, unsigned bits, int64_t nr, int64_t depth,
                       int64_t k, int64_t n) {
  int64_t rows = bits == 8 ? 1 : bits == 4 ? 2 : bits == 2 || bits == 6 ? 4 : 8;
  int64_t steps = (depth + rows - 1) / rows;
  const uint8_t *step = packed.data() + (n / nr * steps + k / rows) * (nr * rows * bits / 8);
  int64_t row = k % rows, column = n % nr;
  unsigned code = 0, shift = 0;
  for (unsigned width : {8u, 4u, 2u, 1u}) {
    if (!(bits & width))
      continue;
    int64_t perByte = 8 / width;
    unsigned byte = step[row / perByte * nr + column];
    code |= (byte >> (row % perByte * width) & ((1u << width) - 1)) << shift;
    shift += width;
    step += rows * width / 8 * nr;
  }
  return code;
}

// Every width, both orientations of the matrix, and sizes that fill neither panels nor steps.
TEST(PackedCodesTest, EveryCodeIsWhereTheLayoutPutsIt) {
  Random random(3);
  for (unsigned bits = 1; bits <= 8; ++bits)
    for (int64_t depth : {1, 7, 16, 33})
      for (int64_t columns : {1, 16, 37}) {
        std::vector<uint8_t> codes(depth * columns);
        for (uint8_t &code : codes)
          code = uint8_t(random.bits());
        for (bool isTransposed : {false, true}) {
          auto view = WeightView::matrix(codes.data(), depth, columns, isTransposed ? 1 : columns,
                                         isTransposed ? depth : 1);
          std::vector<uint8_t> packed = packCodes(bits, 16, view);
          for (int64_t k = 0; k != depth; ++k)
            for (int64_t n = 0; n != columns; ++n) {
              unsigned code = codes[isTransposed ? n * depth + k : k * columns + n];
              ASSERT_EQ(codeAt(packed, bits, 16, depth, k, n), code & ((1u << bits) - 1))
                  << bits << " bits, k " << k << " n " << n;
            }
        }
      }
}

TEST(PackedCodesTest, RowsThatAreReadAloneAreAStepEach) {
  Random random(4);
  for (unsigned bits = 1; bits <= 8; ++bits)
    for (int64_t size : {2, 7, 8, 33}) {
      constexpr int64_t numRows = 3;
      std::vector<uint8_t> codes(numRows * size);
      for (uint8_t &code : codes)
        code = uint8_t(random.bits() & ((1u << bits) - 1));
      std::vector<uint8_t> packed = packRows(bits, size, codes);
      int64_t rowBytes = getPackedRowBytes(bits, size), steps = getCodeRows(bits);
      int64_t columns = (size + steps - 1) / steps;
      ASSERT_EQ(packed.size(), size_t(numRows * rowBytes));
      EXPECT_GE(rowBytes * 8, size * bits);
      EXPECT_LT(rowBytes * 8, (size + steps) * bits);
      for (int64_t row = 0; row != numRows; ++row)
        for (int64_t i = 0; i != size; ++i)
          ASSERT_EQ(codeAt(llvm::ArrayRef(packed).drop_front(row * rowBytes), bits, columns, steps,
                           i / columns, i % columns),
                    codes[row * size + i])
              << bits << " bits, row " << row << ", " << i << " of " << size;
    }
}

TEST(PackedCodesTest, StreamsHaveNoGaps) {
  Random random(3);
  for (unsigned bits = 1; bits < 8; ++bits)
    for (size_t size : {1, 8, 9, 64, 1001}) {
      std::vector<uint8_t> codes(size);
      for (uint8_t &code : codes)
        code = uint8_t(random.bits());
      std::vector<uint8_t> packed = packStream(bits, codes);
      ASSERT_EQ(packed.size(), std::max<size_t>(8, (size * bits + 7) / 8));
      ASSERT_EQ(packed.size(), size_t(getStreamBytes(bits, int64_t(size))));
      for (size_t i = 0; i != size; ++i)
        for (unsigned bit = 0; bit != bits; ++bit) {
          size_t position = i * bits + bit;
          ASSERT_EQ(packed[position / 8] >> (position % 8) & 1, codes[i] >> bit & 1)
              << bits << " bits, code " << i << " of " << size;
        }
    }
}

// What the module's size is counted with.
TEST(PackedCodesTest, CodesTakeTheirBits) {
  std::vector<uint8_t> codes(64 * 48);
  for (unsigned bits = 1; bits <= 8; ++bits)
    EXPECT_EQ(packCodes(bits, 16, WeightView::matrix(codes.data(), 64, 48, 48, 1)).size(),
              codes.size() * bits / 8);
}
