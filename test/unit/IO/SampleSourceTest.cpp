// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TemporaryFolder.h"

#include "halftone/IO/Npz.h"
#include "halftone/IO/SampleSource.h"

#include <gtest/gtest.h>

using namespace halftone;
using namespace halftone_test;

namespace {

/// Bytes whose value is 10 * sample + position.
Array samples(int64_t count, int64_t length) {
  Array array = llvm::cantFail(Array::create(HALFTONE_DTYPE_U8, {count, length}));
  for (int64_t i = 0; i < count * length; ++i)
    array.data()[i] = static_cast<uint8_t>(10 * (i / length) + i % length);
  return array;
}

Array one(uint8_t value) { return llvm::cantFail(Array::copyOf(HALFTONE_DTYPE_U8, {1}, &value)); }

class Samples : public ::testing::Test {
protected:
  std::unique_ptr<SampleSource> open(std::vector<std::string> names = {}) {
    return llvm::cantFail(SampleSource::open(path, names));
  }
  NamedArrays next(SampleSource &source) {
    std::optional<NamedArrays> sample = llvm::cantFail(source.next());
    EXPECT_TRUE(sample.has_value());
    return sample ? std::move(*sample) : NamedArrays();
  }

  TemporaryFolder folder;
  std::string path = folder.file("data.npz");
};

} // namespace

TEST_F(Samples, SplitsTheLeadingAxis) {
  for (NpzCompression compression : {NpzCompression::Store, NpzCompression::Deflate}) {
    NamedArrays arrays;
    arrays.emplace("x", samples(3, 4));
    arrays.emplace("y", samples(3, 1));
    ASSERT_EQ(messageOf(writeNpz(path, arrays, compression)), "");
    std::unique_ptr<SampleSource> source = open();
    EXPECT_EQ(source->size(), 3);
    for (int round = 0; round < 2; ++round) {
      for (uint8_t i = 0; i < 3; ++i) {
        NamedArrays sample = next(*source);
        ASSERT_EQ(sample.size(), 2u);
        EXPECT_EQ(sample["x"].type(), "u8[4]");
        EXPECT_EQ(sample["x"].data()[3], 10 * i + 3);
        EXPECT_EQ(sample["y"].data()[0], 10 * i);
      }
      EXPECT_FALSE(llvm::cantFail(source->next()).has_value());
      ASSERT_EQ(messageOf(source->rewind()), "");
    }
  }
}

TEST_F(Samples, ReadsOnlyTheNamedArrays) {
  NamedArrays arrays;
  arrays.emplace("x", samples(3, 4));
  arrays.emplace("labels", samples(2, 1)); // another count, but not asked for
  ASSERT_EQ(messageOf(writeNpz(path, arrays)), "");
  std::unique_ptr<SampleSource> source = open({"x"});
  EXPECT_EQ(next(*source).size(), 1u);
  EXPECT_EQ(messageOf(SampleSource::open(path, {"z"})),
            "'" + path + "': has no array 'z', it has: labels, x");
  EXPECT_EQ(messageOf(SampleSource::open(path, {})),
            "'" + path + "': array 'x' has 3 samples, but 'labels' has 2");
}

TEST_F(Samples, ReadsAFolderInTheOrderOfItsNames) {
  for (uint8_t i : {2, 0, 1}) {
    NamedArrays arrays;
    arrays.emplace("x", one(i));
    ASSERT_EQ(
        messageOf(writeNpz(folder.file(("s" + llvm::Twine(unsigned(i)) + ".npz").str()), arrays)),
        "");
  }
  folder.write("readme.txt", "ignored");
  path = folder.file("");
  std::unique_ptr<SampleSource> source = open({"x"});
  EXPECT_EQ(source->size(), 3);
  for (uint8_t i = 0; i < 3; ++i)
    EXPECT_EQ(next(*source)["x"].data()[0], i);
  EXPECT_FALSE(llvm::cantFail(source->next()).has_value());
}

TEST_F(Samples, RefusesArraysWithoutALeadingAxis) {
  uint8_t value = 1;
  NamedArrays arrays;
  arrays.emplace("x", llvm::cantFail(Array::copyOf(HALFTONE_DTYPE_U8, {}, &value)));
  ASSERT_EQ(messageOf(writeNpz(path, arrays)), "");
  EXPECT_EQ(messageOf(SampleSource::open(path, {})),
            "'" + path + "(x.npy)': has no leading axis of samples");
}

TEST_F(Samples, RefusesAFolderWithoutSamples) {
  EXPECT_EQ(messageOf(SampleSource::open(folder.file(""), {})),
            "'" + folder.file("") + "': has no .npz files");
}
