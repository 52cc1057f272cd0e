// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/CPUTarget.h"

#include "halftone/runtime.h"

#include <gtest/gtest.h>

using mlir::halftone::CPUTarget;

namespace {

CPUTarget getTarget(llvm::StringRef name) {
  llvm::Expected<CPUTarget> target = CPUTarget::get(name);
  if (target)
    return *target;
  ADD_FAILURE() << llvm::toString(target.takeError());
  return {};
}

std::string getError(llvm::StringRef name) {
  llvm::Expected<CPUTarget> target = CPUTarget::get(name);
  return target ? "no error" : llvm::toString(target.takeError());
}

} // namespace

TEST(CPUTargetTest, LevelsFollowTheName) {
  CPUTarget v3 = getTarget("x86-64-v3");
  EXPECT_TRUE(v3.avx2);
  EXPECT_FALSE(v3.avx512);
  EXPECT_EQ(v3.vectorBytes(), 32);
  CPUTarget v4 = getTarget("x86-64-v4");
  EXPECT_TRUE(v4.avx512);
  EXPECT_FALSE(v4.avx512vnni);
  EXPECT_EQ(v4.vectorBytes(), 64);
  CPUTarget zen4 = getTarget("znver4");
  EXPECT_TRUE(zen4.avx512vnni && zen4.avx512bf16 && zen4.avx512vbmi);
  EXPECT_FALSE(zen4.amxInt8);
  CPUTarget sapphire = getTarget("sapphirerapids");
  EXPECT_TRUE(sapphire.amxInt8 && sapphire.amxBf16 && sapphire.avxvnni && sapphire.avx512fp16);
}

// The loader compares these bits with the host's.
TEST(CPUTargetTest, RequiredFeaturesAreExactlyTheTargets) {
  uint64_t v3 = getTarget("x86-64-v3").requiredFeatures;
  EXPECT_TRUE(v3 & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX2));
  EXPECT_TRUE(v3 & HALFTONE_CPU_BIT(HALFTONE_CPU_FMA));
  EXPECT_FALSE(v3 & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX512F));
}

TEST(CPUTargetTest, FeaturesCanBeAdded) {
  CPUTarget target = getTarget("x86-64-v4+avx512vnni+avx512vbmi");
  EXPECT_TRUE(target.avx512vnni && target.avx512vbmi);
  EXPECT_TRUE(target.requiredFeatures & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX512VNNI));
  EXPECT_EQ(target.cpu, "x86-64-v4");
  EXPECT_NE(target.features.find("+avx512vnni"), std::string::npos);
}

// The tests run what they compile for this machine.
TEST(CPUTargetTest, NativeRunsHere) {
  CPUTarget native = getTarget("native");
  EXPECT_FALSE(native.cpu.empty());
  EXPECT_EQ(native.requiredFeatures & ~halftone_cpu_features(), 0u);
}

TEST(CPUTargetTest, WrongNamesAreExplained) {
  EXPECT_EQ(getError("pentium9").find("unknown CPU 'pentium9'"), 0u);
  EXPECT_EQ(getError("x86-64-v3+fast"), "unknown CPU feature 'fast'");
  EXPECT_EQ(getError("x86-64-v2"),
            "CPU 'x86-64-v2' lacks AVX2, FMA or F16C, which compiled models need");
  EXPECT_EQ(getError("").find("unknown CPU ''"), 0u);
}
