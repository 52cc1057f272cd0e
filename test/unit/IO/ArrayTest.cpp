// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TemporaryFolder.h"

#include "halftone/IO/Array.h"

#include <gtest/gtest.h>

using namespace halftone;
using namespace halftone_test;

TEST(Array, KnowsItsSize) {
  Array array = llvm::cantFail(Array::create(HALFTONE_DTYPE_F32, {2, 3}));
  EXPECT_EQ(array.byteSize(), 24);
  EXPECT_EQ(array.numElements(), 6);
  EXPECT_EQ(array.type(), "f32[2,3]");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(array.data()) % HALFTONE_ALIGNMENT, 0u);
  EXPECT_EQ(llvm::cantFail(arrayBytes(HALFTONE_DTYPE_I4, {3, 3})), 5);
  EXPECT_EQ(llvm::cantFail(arrayBytes(HALFTONE_DTYPE_F64, {})), 8);
  EXPECT_EQ(llvm::cantFail(arrayBytes(HALFTONE_DTYPE_F64, {4, 0})), 0);
}

// An empty dimension must not hide that the others are nonsense.
TEST(Array, RefusesImpossibleShapes) {
  EXPECT_EQ(messageOf(Array::create(HALFTONE_DTYPE_F32, {2, -3})), "a dimension is negative: -3");
  EXPECT_EQ(messageOf(Array::create(HALFTONE_DTYPE_F32, {INT64_MAX, 2, 0})),
            "the shape has more elements than 64 bits can count");
  EXPECT_EQ(messageOf(Array::create(HALFTONE_DTYPE_F32, {INT64_MAX / 4})),
            "the shape has more bytes than 64 bits can count");
}

TEST(Array, UnpacksAndPacksNarrowElements) {
  const uint8_t signedPairs[] = {0x8f, 0x07}; // -1, -8, 7
  Array i4 = llvm::cantFail(Array::copyOf(HALFTONE_DTYPE_I4, {3}, signedPairs));
  Array i8 = llvm::cantFail(unpackElements(i4));
  EXPECT_EQ(i8.dtype(), HALFTONE_DTYPE_I8);
  EXPECT_EQ(i8.values<int8_t>().vec(), (std::vector<int8_t>{-1, -8, 7}));
  Array again = llvm::cantFail(packElements(i8, HALFTONE_DTYPE_I4));
  EXPECT_EQ(again.values<uint8_t>().vec(), (std::vector<uint8_t>{0x8f, 0x07}));

  const uint8_t quads[] = {0xe4}; // 0, 1, 2, 3
  Array u2 = llvm::cantFail(Array::copyOf(HALFTONE_DTYPE_U2, {4}, quads));
  EXPECT_EQ(llvm::cantFail(unpackElements(u2)).values<uint8_t>().vec(),
            (std::vector<uint8_t>{0, 1, 2, 3}));
  Array i2 = llvm::cantFail(Array::copyOf(HALFTONE_DTYPE_I2, {4}, quads));
  EXPECT_EQ(llvm::cantFail(unpackElements(i2)).values<int8_t>().vec(),
            (std::vector<int8_t>{0, 1, -2, -1}));
}

TEST(Array, RefusesToPackWhatDoesNotFit) {
  const int8_t values[] = {7, 8};
  Array i8 = llvm::cantFail(Array::copyOf(HALFTONE_DTYPE_I8, {2}, values));
  EXPECT_EQ(messageOf(packElements(i8, HALFTONE_DTYPE_I4)), "8 does not fit i4");
  EXPECT_EQ(messageOf(packElements(i8, HALFTONE_DTYPE_F32)), "f32 is not narrower than a byte");
  Array wide = llvm::cantFail(Array::create(HALFTONE_DTYPE_I32, {2}));
  EXPECT_EQ(messageOf(packElements(wide, HALFTONE_DTYPE_I4)),
            "expected 8-bit integers to pack as i4, got i32[2]");
}

TEST(Array, ReinterpretsTheSameBytesOnly) {
  auto fourBytes = [] { return llvm::cantFail(Array::create(HALFTONE_DTYPE_U8, {4})); };
  EXPECT_EQ(messageOf(fourBytes().reinterpret(HALFTONE_DTYPE_F32, {2})),
            "u8[4] cannot be seen as f32[2]");
  EXPECT_EQ(llvm::cantFail(fourBytes().reinterpret(HALFTONE_DTYPE_F32, {1})).type(), "f32[1]");
}
