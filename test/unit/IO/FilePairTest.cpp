// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TemporaryFolder.h"

#include "halftone/IO/FilePair.h"

#include <gtest/gtest.h>

#include <sstream>

using namespace halftone;
using namespace halftone_test;

namespace {
class FilePair : public ::testing::Test {
protected:
  static AtomicFile make(const std::string &path, llvm::StringRef bytes) {
    AtomicFile file = llvm::cantFail(AtomicFile::create(path));
    llvm::cantFail(file.write(bytes));
    return file;
  }
  static std::string read(const std::string &path) {
    std::stringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
  }

  TemporaryFolder folder;
  std::string weights = folder.file("weights"), model = folder.file("model");
};
} // namespace

TEST_F(FilePair, ReplacesBoth) {
  folder.write("weights", "old weights");
  folder.write("model", "old model");
  llvm::Error error = commitPair(make(weights, "weights 2"), weights, make(model, "model 2"));
  EXPECT_EQ(messageOf(std::move(error)), "");
  EXPECT_EQ(read(weights), "weights 2");
  EXPECT_EQ(read(model), "model 2");
  EXPECT_EQ(folder.numFiles(), 2u);
}

// A model with the weights of another would give wrong answers without a word.
TEST_F(FilePair, KeepsTheFirstWhenTheSecondCannotBeReplaced) {
  folder.write("weights", "old weights");
  AtomicFile second = make(model, "model 2");
  ASSERT_FALSE(llvm::sys::fs::create_directories(model + "/in the way"));
  EXPECT_NE(messageOf(commitPair(make(weights, "weights 2"), weights, std::move(second))), "");
  EXPECT_EQ(read(weights), "old weights");
  EXPECT_EQ(folder.numFiles(), 2u);
}

TEST_F(FilePair, LeavesNoFirstWithoutASecond) {
  AtomicFile second = make(model, "model 2");
  ASSERT_FALSE(llvm::sys::fs::create_directories(model + "/in the way"));
  EXPECT_NE(messageOf(commitPair(make(weights, "weights 2"), weights, std::move(second))), "");
  EXPECT_FALSE(llvm::sys::fs::exists(weights));
  EXPECT_EQ(folder.numFiles(), 1u);
}
