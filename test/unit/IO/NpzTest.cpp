// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TemporaryFolder.h"

#include "halftone/IO/Npz.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <iterator>
#include <numeric>

using namespace halftone;
using namespace halftone_test;

namespace {

Array counting(std::vector<int64_t> dims) {
  Array array = llvm::cantFail(Array::create(HALFTONE_DTYPE_I32, dims));
  auto values = array.values<int32_t>();
  std::iota(values.begin(), values.end(), 0);
  return array;
}

NamedArrays twoArrays() {
  NamedArrays arrays;
  arrays.emplace("b", counting({3}));
  arrays.emplace("a/weights.0", counting({1000, 4}));
  return arrays;
}

std::string contentOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class Npz : public ::testing::Test {
protected:
  TemporaryFolder folder;
  std::string path = folder.file("x.npz");
};

} // namespace

TEST_F(Npz, RoundTripsStoredAndDeflated) {
  for (NpzCompression compression : {NpzCompression::Store, NpzCompression::Deflate}) {
    ASSERT_EQ(messageOf(writeNpz(path, twoArrays(), compression)), "");
    NamedArrays again = llvm::cantFail(readNpz(path));
    ASSERT_EQ(again.size(), 2u);
    EXPECT_EQ(again["b"].type(), "i32[3]");
    EXPECT_EQ(again["a/weights.0"].values<int32_t>(), counting({1000, 4}).values<int32_t>());
    EXPECT_EQ(folder.numFiles(), 1u);
  }
}

TEST_F(Npz, IsTheSameFileForTheSameArrays) {
  ASSERT_EQ(messageOf(writeNpz(path, twoArrays())), "");
  std::string first = contentOf(path);
  ASSERT_EQ(messageOf(writeNpz(path, twoArrays())), "");
  EXPECT_EQ(first, contentOf(path));
}

// An archive may hold arrays of types that have no meaning here, as long as nobody wants them.
TEST_F(Npz, ReadsOnlyWhatIsAskedFor) {
  ASSERT_EQ(messageOf(writeNpz(path, twoArrays())), "");
  NpzReader reader = llvm::cantFail(NpzReader::open(path));
  EXPECT_EQ(reader.names().vec(), (std::vector<std::string>{"a/weights.0", "b"}));
  EXPECT_TRUE(reader.contains("b"));
  EXPECT_EQ(llvm::cantFail(reader.read("b")).numElements(), 3);
  EXPECT_EQ(messageOf(reader.read("c")), "'" + path + "': has no array 'c'");
}

TEST_F(Npz, RefusesOtherArchives) {
  folder.write("x.npz", "not a zip archive");
  EXPECT_EQ(messageOf(readNpz(path)), "'" + path + "': Not a zip archive");
  EXPECT_EQ(messageOf(readNpz(folder.file("none"))), "'" + folder.file("none") + "': No such file");
}

TEST_F(Npz, NoticesATruncatedArchive) {
  ASSERT_EQ(messageOf(writeNpz(path, twoArrays())), "");
  std::string bytes = contentOf(path);
  folder.write("x.npz", bytes.substr(0, bytes.size() - 30));
  EXPECT_NE(messageOf(readNpz(path)), "");
}

TEST_F(Npz, NoticesAChangedByte) {
  ASSERT_EQ(messageOf(writeNpz(path, twoArrays())), "");
  std::string bytes = contentOf(path);
  bytes[2000] ^= 1;
  folder.write("x.npz", bytes);
  EXPECT_EQ(messageOf(readNpz(path)), "'" + path + "(a/weights.0.npy)': CRC error");
}

TEST_F(Npz, LeavesNoFileWhenWritingFails) {
  EXPECT_NE(messageOf(writeNpz(folder.file("none/x.npz"), twoArrays())).find("No such file"),
            std::string::npos);
  rlimit previous;
  getrlimit(RLIMIT_FSIZE, &previous);
  rlimit limit = {10000, previous.rlim_max};
  auto oldHandler = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  std::string message = messageOf(writeNpz(path, twoArrays()));
  setrlimit(RLIMIT_FSIZE, &previous);
  signal(SIGXFSZ, oldHandler);
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_EQ(folder.numFiles(), 0u);
}
