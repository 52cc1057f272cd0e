// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/BitPacking.h"

#include "Random.h"

#include "gtest/gtest.h"

using namespace halftone;
using halftone::testing::Random;

TEST(BitPacking, FillsBytesFromTheLowestBit) {
  EXPECT_EQ(packBits({0x1, 0x2, 0xf}, 4), (std::vector<uint8_t>{0x21, 0x0f}));
  EXPECT_EQ(packBits({1, 2, 3, 0}, 2), std::vector<uint8_t>{0b00111001});
  // 101 011 110 -> bits 0.. : 101, 011, then 110 across the byte.
  EXPECT_EQ(packBits({0b101, 0b011, 0b110}, 3), (std::vector<uint8_t>{0b10011101, 0b1}));
  EXPECT_EQ(packBits({0xfe}, 4), std::vector<uint8_t>{0x0e}); // Sign bits are cut off.
}

TEST(BitPacking, UnpackingRestoresCodesOfAnyWidth) {
  Random random(9);
  for (unsigned bits = 1; bits <= 8; ++bits)
    for (bool isSigned : {false, true})
      for (size_t size : {0, 1, 7, 8, 9, 100}) {
        std::vector<uint8_t> codes(size);
        int64_t lowest = isSigned ? -(1 << (bits - 1)) : 0;
        for (uint8_t &code : codes)
          code = uint8_t(lowest + int64_t(random.below(1u << bits)));
        std::vector<uint8_t> packed = packBits(codes, bits);
        EXPECT_EQ(packed.size(), (size * bits + 7) / 8);
        EXPECT_EQ(unpackBits(packed, bits, int64_t(size), isSigned), codes);
      }
}
