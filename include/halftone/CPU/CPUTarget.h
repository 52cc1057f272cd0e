// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CPU_CPUTARGET_H
#define HALFTONE_CPU_CPUTARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace mlir::halftone {

/// The CPU that code is compiled for.
struct CPUTarget {
  /// What `get` was called with.
  std::string name;

  std::string triple;
  /// LLVM's name of the CPU whose latencies code is scheduled for.
  std::string cpu;
  /// LLVM's name of the CPU that has only what every CPU of the architecture has.
  std::string baseCPU;
  /// The features that code may use beyond those of `baseCPU`, as LLVM's TargetMachine takes
  /// them; and as a set of halftone_cpu_feature, which a host must offer to run the code.
  std::string features;
  uint64_t requiredFeatures = 0;

  // Levels that the kernels choose their instructions by.
  bool avx2 = false;       ///< AVX2, FMA and F16C.
  bool avx512 = false;     ///< AVX-512 F, BW, VL and DQ.
  bool avx512vnni = false; ///< vpdpbusd on 512 bits.
  bool avx512vbmi = false; ///< vpermb on 512 bits.
  bool avx512bf16 = false; ///< vdpbf16ps on 512 bits.
  bool avx512fp16 = false;
  bool avxvnni = false; ///< vpdpbusd on 256 bits without AVX-512.
  bool amxInt8 = false;
  bool amxBf16 = false;
  bool neon = false;
  bool dotprod = false; ///< Neon's sdot.
  bool i8mm = false;    ///< Neon's usdot.

  /// `name` is `native`, one of LLVM's 64-bit x86 names (x86-64-v3, x86-64-v4, znver4,
  /// sapphirerapids, …), or one of its 64-bit Arm names (armv8-a, armv8.6-a, cortex-a76,
  /// neoverse-v1, …), followed by any number of `+feature`, e.g. `x86-64-v4+avx512vnni`. Fails on
  /// unknown names.
  static llvm::Expected<CPUTarget> get(llvm::StringRef name);
};

} // namespace mlir::halftone

#endif // HALFTONE_CPU_CPUTARGET_H
