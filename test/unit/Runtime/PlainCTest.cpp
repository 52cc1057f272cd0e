// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

#include <gtest/gtest.h>

// The header promises that a program can run a module without the runtime library.
TEST(PlainC, RunsAModuleWithTheHeaderAlone) {
  llvm::SmallString<128> output;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("plain-c", "txt", output));
  EXPECT_EQ(llvm::sys::ExecuteAndWait(PLAIN_C_USER, {PLAIN_C_USER, TEST_MODULE}, std::nullopt,
                                      {std::nullopt, output.str(), std::nullopt}),
            0);
  auto text = llvm::MemoryBuffer::getFile(output);
  ASSERT_TRUE(text);
  EXPECT_EQ((*text)->getBuffer(), "12 23\n");
  EXPECT_FALSE(llvm::sys::fs::remove(output));
}
