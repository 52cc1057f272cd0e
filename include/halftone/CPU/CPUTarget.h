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

  /// LLVM's triple, CPU name and feature string, as its TargetMachine takes them.
  std::string triple;
  std::string cpu;
  std::string features;

  /// What a host must offer to run the code: a set of halftone_cpu_feature.
  uint64_t requiredFeatures = 0;

  // Levels that the kernels choose their instructions by.
  bool avx2 = false;       ///< AVX2, FMA and F16C; true for every target.
  bool avx512 = false;     ///< AVX-512 F, BW, VL and DQ.
  bool avx512vnni = false; ///< vpdpbusd on 512 bits.
  bool avx512vbmi = false; ///< vpermb on 512 bits.
  bool avx512bf16 = false; ///< vdpbf16ps on 512 bits.
  bool avx512fp16 = false;
  bool avxvnni = false; ///< vpdpbusd on 256 bits without AVX-512.
  bool amxInt8 = false;
  bool amxBf16 = false;

  /// Bytes of the widest vector registers.
  int64_t vectorBytes() const { return avx512 ? 64 : 32; }

  /// `name` is `native` or one of LLVM's 64-bit x86 names (x86-64-v3, x86-64-v4, znver4,
  /// sapphirerapids, …), followed by any number of `+feature`, e.g. `x86-64-v4+avx512vnni`. Fails
  /// on unknown names and on targets without AVX2, FMA and F16C.
  static llvm::Expected<CPUTarget> get(llvm::StringRef name);
};

} // namespace mlir::halftone

#endif // HALFTONE_CPU_CPUTARGET_H
