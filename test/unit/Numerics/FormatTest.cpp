// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/Format.h"

#include "llvm/ADT/StringSet.h"

#include "gtest/gtest.h"

using namespace halftone;

TEST(Format, EveryFormatIsFoundByItsOwnName) {
  llvm::StringSet<> names;
  for (const Format &format : allFormats()) {
    EXPECT_TRUE(names.insert(format.name).second) << format.name.str();
    EXPECT_EQ(findFormat(format.name), &format);
    if (format.coding != Format::Coding::BinaryPlanes)
      EXPECT_EQ(format.packedBits, format.codec.bits) << format.name.str();
  }
  EXPECT_EQ(findFormat("int9"), nullptr);
  EXPECT_EQ(findFormat(""), nullptr);
}

TEST(Format, IntegerRangesAreThoseOfTheirBits) {
  EXPECT_EQ(findFormat("int8")->qmin(), -128);
  EXPECT_EQ(findFormat("int8")->qmax(), 127);
  EXPECT_EQ(findFormat("int8")->symmetricQmin(), -127);
  EXPECT_EQ(findFormat("int4")->qmin(), -8);
  EXPECT_EQ(findFormat("int4")->symmetricQmin(), -7);
  EXPECT_EQ(findFormat("int2")->symmetricQmin(), -2);
  EXPECT_EQ(findFormat("uint8")->qmin(), 0);
  EXPECT_EQ(findFormat("uint8")->qmax(), 255);
  EXPECT_EQ(findFormat("uint2")->qmax(), 3);
}

TEST(Format, LargestMagnitudesAreThoseOfTheStandards) {
  EXPECT_EQ(findFormat("fp8_e4m3")->maxMagnitude(), 448);
  EXPECT_EQ(findFormat("fp8_e5m2")->maxMagnitude(), 57344);
  EXPECT_EQ(findFormat("fp4_e2m1")->maxMagnitude(), 6);
  EXPECT_EQ(findFormat("nf4")->maxMagnitude(), 1);
  EXPECT_EQ(findFormat("f16")->maxMagnitude(), 65504);
}
