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
  EXPECT_FALSE(getTarget("x86-64").avx2 || getTarget("x86-64-v2").avx2);
  CPUTarget v3 = getTarget("x86-64-v3");
  EXPECT_TRUE(v3.avx2);
  EXPECT_FALSE(v3.avx512);
  CPUTarget v4 = getTarget("x86-64-v4");
  EXPECT_TRUE(v4.avx512);
  EXPECT_FALSE(v4.avx512vnni);
  CPUTarget zen4 = getTarget("znver4");
  EXPECT_TRUE(zen4.avx512vnni && zen4.avx512bf16 && zen4.avx512vbmi);
  EXPECT_FALSE(zen4.amxInt8);
  CPUTarget sapphire = getTarget("sapphirerapids");
  EXPECT_TRUE(sapphire.amxInt8 && sapphire.amxBf16 && sapphire.avxvnni && sapphire.avx512fp16);
}

TEST(CPUTargetTest, ArmLevelsFollowTheName) {
  CPUTarget base = getTarget("armv8-a");
  EXPECT_EQ(base.triple, "aarch64-unknown-linux-gnu");
  EXPECT_TRUE(base.neon);
  EXPECT_FALSE(base.dotprod || base.i8mm || base.avx2);
  EXPECT_EQ(base.requiredFeatures, HALFTONE_CPU_BIT(HALFTONE_CPU_NEON));
  CPUTarget dot = getTarget("cortex-a76");
  EXPECT_TRUE(dot.dotprod);
  EXPECT_FALSE(dot.i8mm);
  EXPECT_TRUE(getTarget("armv8.6-a").i8mm && getTarget("armv8-a+i8mm").i8mm);
}

// The loader compares these bits with the host's.
TEST(CPUTargetTest, RequiredFeaturesAreExactlyTheTargets) {
  uint64_t v3 = getTarget("x86-64-v3").requiredFeatures;
  EXPECT_TRUE(v3 & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX2));
  EXPECT_TRUE(v3 & HALFTONE_CPU_BIT(HALFTONE_CPU_FMA));
  EXPECT_FALSE(v3 & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX512F));
}

// A feature that LLVM used and the loader did not compare would end in an illegal instruction.
TEST(CPUTargetTest, CodeUsesWhatTheModuleDemands) {
  CPUTarget sapphire = getTarget("sapphirerapids");
  for (const char *unused : {"vaes", "sha", "pku", "waitpkg", "serialize", "avx512vpopcntdq"})
    EXPECT_EQ(sapphire.features.find(unused), std::string::npos) << unused;
  for (const char *used : {"+avx512vnni", "+amx-int8", "+bmi2", "+avxvnni", "+avx512fp16"})
    EXPECT_NE(sapphire.features.find(used), std::string::npos) << used;
  EXPECT_FALSE(sapphire.requiredFeatures & HALFTONE_CPU_BIT(HALFTONE_CPU_AVX512VPOPCNTDQ));
  EXPECT_EQ(getTarget("x86-64").requiredFeatures, 0u);
  EXPECT_EQ(getTarget("x86-64").features, "");
}

// What someone asks for by name is used, whatever it is worth.
TEST(CPUTargetTest, UnusualFeaturesCanBeAdded) {
  CPUTarget target = getTarget("x86-64-v3+gfni");
  EXPECT_TRUE(target.requiredFeatures & HALFTONE_CPU_BIT(HALFTONE_CPU_GFNI));
  EXPECT_NE(target.features.find("+gfni"), std::string::npos);
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
  EXPECT_EQ(getError("armv8-a+avx2"), "unknown CPU feature 'avx2'");
  EXPECT_EQ(getError("x86-64-v3+neon"), "unknown CPU feature 'neon'");
  EXPECT_EQ(getError("").find("unknown CPU ''"), 0u);
}
