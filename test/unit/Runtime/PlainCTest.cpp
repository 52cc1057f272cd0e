// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

// The header promises that a program can run a module without the runtime library.
TEST(PlainC, RunsAModuleWithTheHeaderAlone) {
  FILE *program = popen(PLAIN_C_USER " " TEST_MODULE, "r");
  ASSERT_NE(program, nullptr);
  char line[64] = "";
  EXPECT_NE(fgets(line, sizeof(line), program), nullptr);
  EXPECT_EQ(pclose(program), 0);
  EXPECT_EQ(std::string(line), "12 23\n");
}
