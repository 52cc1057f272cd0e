// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CpuFeatures.h"

#include <cerrno>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

using namespace halftone;

#if defined(__x86_64__)
namespace {

// Linux: arch/x86/include/uapi/asm/prctl.h and the number of the tile data state component.
constexpr int archGetSupportedStates = 0x1021;
constexpr int archRequestStatePermission = 0x1023;
constexpr int tileDataState = 18;

// Bits of XCR0: the register states the operating system saves.
constexpr uint64_t avxStates = 0x6;
constexpr uint64_t avx512States = 0xe6;

struct CpuidRegisters {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

CpuidRegisters cpuid(uint32_t leaf, uint32_t subleaf) {
  CpuidRegisters r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

uint64_t readXcr0() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
}

bool systemSavesTiles() {
  uint64_t supported = 0;
  if (syscall(SYS_arch_prctl, archGetSupportedStates, &supported) != 0)
    return false;
  return (supported >> tileDataState) & 1;
}

/// The leaves that tell features apart.
struct Cpuid {
  CpuidRegisters leaf1 = cpuid(1, 0), leaf7 = cpuid(7, 0), leaf7sub1 = cpuid(7, 1);
  CpuidRegisters extended = cpuid(0x80000001u, 0);
};

/// What the operating system has to save for a feature to be usable.
enum class State { None, Avx, Avx512, Tiles };

struct FeatureBit {
  halftone_cpu_feature feature;
  State state;
  CpuidRegisters Cpuid::*leaf;
  uint32_t CpuidRegisters::*reg;
  int bit;
};

constexpr auto leaf1 = &Cpuid::leaf1, leaf7 = &Cpuid::leaf7, leaf7sub1 = &Cpuid::leaf7sub1;
constexpr auto eax = &CpuidRegisters::eax, ebx = &CpuidRegisters::ebx;
constexpr auto ecx = &CpuidRegisters::ecx, edx = &CpuidRegisters::edx;

constexpr FeatureBit featureBits[] = {
    {HALFTONE_CPU_SSE42, State::None, leaf1, ecx, 20},
    {HALFTONE_CPU_MOVBE, State::None, leaf1, ecx, 22},
    {HALFTONE_CPU_POPCNT, State::None, leaf1, ecx, 23},
    {HALFTONE_CPU_BMI, State::None, leaf7, ebx, 3},
    {HALFTONE_CPU_BMI2, State::None, leaf7, ebx, 8},
    {HALFTONE_CPU_GFNI, State::None, leaf7, ecx, 8},
    {HALFTONE_CPU_LZCNT, State::None, &Cpuid::extended, ecx, 5},
    {HALFTONE_CPU_AVX, State::Avx, leaf1, ecx, 28},
    {HALFTONE_CPU_FMA, State::Avx, leaf1, ecx, 12},
    {HALFTONE_CPU_F16C, State::Avx, leaf1, ecx, 29},
    {HALFTONE_CPU_AVX2, State::Avx, leaf7, ebx, 5},
    {HALFTONE_CPU_AVXVNNI, State::Avx, leaf7sub1, eax, 4},
    {HALFTONE_CPU_AVXIFMA, State::Avx, leaf7sub1, eax, 23},
    {HALFTONE_CPU_AVXVNNIINT8, State::Avx, leaf7sub1, edx, 4},
    {HALFTONE_CPU_AVX512F, State::Avx512, leaf7, ebx, 16},
    {HALFTONE_CPU_AVX512DQ, State::Avx512, leaf7, ebx, 17},
    {HALFTONE_CPU_AVX512IFMA, State::Avx512, leaf7, ebx, 21},
    {HALFTONE_CPU_AVX512CD, State::Avx512, leaf7, ebx, 28},
    {HALFTONE_CPU_AVX512BW, State::Avx512, leaf7, ebx, 30},
    {HALFTONE_CPU_AVX512VL, State::Avx512, leaf7, ebx, 31},
    {HALFTONE_CPU_AVX512VBMI, State::Avx512, leaf7, ecx, 1},
    {HALFTONE_CPU_AVX512VBMI2, State::Avx512, leaf7, ecx, 6},
    {HALFTONE_CPU_AVX512VNNI, State::Avx512, leaf7, ecx, 11},
    {HALFTONE_CPU_AVX512BITALG, State::Avx512, leaf7, ecx, 12},
    {HALFTONE_CPU_AVX512VPOPCNTDQ, State::Avx512, leaf7, ecx, 14},
    {HALFTONE_CPU_AVX512FP16, State::Avx512, leaf7, edx, 23},
    {HALFTONE_CPU_AVX512BF16, State::Avx512, leaf7sub1, eax, 5},
    {HALFTONE_CPU_AMXTILE, State::Tiles, leaf7, edx, 24},
    {HALFTONE_CPU_AMXINT8, State::Tiles, leaf7, edx, 25},
    {HALFTONE_CPU_AMXBF16, State::Tiles, leaf7, edx, 22},
    {HALFTONE_CPU_AMXFP16, State::Tiles, leaf7sub1, eax, 21},
};

bool systemSaves(State state, uint64_t states) {
  switch (state) {
  case State::None:
    return true;
  case State::Avx:
    return (states & avxStates) == avxStates;
  case State::Avx512:
    return (states & avx512States) == avx512States;
  case State::Tiles:
    return systemSavesTiles();
  }
  return false;
}

} // namespace

uint64_t halftone_cpu_features(void) {
  Cpuid id;
  bool hasXgetbv = (id.leaf1.ecx >> 27) & 1;
  uint64_t states = hasXgetbv ? readXcr0() : 0;
  uint64_t features = 0;
  for (const FeatureBit &entry : featureBits)
    if (((id.*entry.leaf.*entry.reg) >> entry.bit & 1) && systemSaves(entry.state, states))
      features |= HALFTONE_CPU_BIT(entry.feature);
  return features;
}

static halftone_status requestTiles(const char *path, halftone_error *error) {
  if (syscall(SYS_arch_prctl, archRequestStatePermission, tileDataState) == 0)
    return HALFTONE_STATUS_OK;
  return setError(error, HALFTONE_STATUS_WRONG_CPU,
                  "'%s' needs AMX registers, which the system refuses to this process: %s", path,
                  strerror(errno));
}
#else
uint64_t halftone_cpu_features(void) {
#if defined(__aarch64__)
  struct Capability {
    halftone_cpu_feature feature;
    unsigned long vector, bit; // of the auxiliary vector
  };
  constexpr Capability capabilities[] = {
      {HALFTONE_CPU_NEON, AT_HWCAP, HWCAP_ASIMD},
      {HALFTONE_CPU_DOTPROD, AT_HWCAP, HWCAP_ASIMDDP},
      {HALFTONE_CPU_I8MM, AT_HWCAP2, HWCAP2_I8MM},
      {HALFTONE_CPU_FULLFP16, AT_HWCAP, HWCAP_ASIMDHP},
  };
  uint64_t features = 0;
  for (const Capability &capability : capabilities)
    if (getauxval(capability.vector) & capability.bit)
      features |= HALFTONE_CPU_BIT(capability.feature);
  return features;
#else
  return 0;
#endif
}

static halftone_status requestTiles(const char *path, halftone_error *error) {
  return setError(error, HALFTONE_STATUS_WRONG_CPU, "'%s' needs AMX registers", path);
}
#endif

const char *halftone_cpu_feature_name(uint32_t bit) {
  switch (bit) {
#define HALFTONE_CASE(value, name, text)                                                           \
  case value:                                                                                      \
    return text;
    HALFTONE_FOR_EACH_CPU_FEATURE(HALFTONE_CASE)
#undef HALFTONE_CASE
  default:
    return nullptr;
  }
}

halftone_status halftone::enableCpuFeatures(const char *path, uint64_t required,
                                            halftone_error *error) {
  uint64_t missing = required & ~halftone_cpu_features();
  if (missing) {
    Text names;
    for (uint32_t bit = 0; bit < 64; ++bit) {
      if (!((missing >> bit) & 1))
        continue;
      const char *name = halftone_cpu_feature_name(bit);
      names.append(" %s", name ? name : "(unknown)");
    }
    return setError(error, HALFTONE_STATUS_WRONG_CPU,
                    "'%s' was compiled for another CPU: this machine lacks%s", path, names.get());
  }
  if (required & HALFTONE_CPU_BIT(HALFTONE_CPU_AMXTILE))
    return requestTiles(path, error);
  return HALFTONE_STATUS_OK;
}
