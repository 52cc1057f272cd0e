// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What this machine can do, measured now.
#ifndef HALFTONE_TOOLS_QUANT_RUN_PEAKS_H
#define HALFTONE_TOOLS_QUANT_RUN_PEAKS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace halftone {

/// Multiply-accumulates per second of one instruction, called f32_avx512, i8_amx …
struct Peak {
  std::string name;
  double gmacs = 0;
};

/// What reading `bytes` over and over reaches: of memory, or of the cache they fit in.
struct Bandwidth {
  size_t bytes = 0;
  double gbs = 0;
};

/// How long one try takes, and how many there are: the best counts, since a neighbour's load only
/// ever takes away. Short tries fit between two of its turns.
struct Effort {
  double seconds = 0.05;
  int tries = 5;
};

/// Of every instruction kernels are made of that this machine has.
std::vector<Peak> measureProducts(int threads, const Effort &effort);

/// For each of `sizes`, which the threads divide among them; empty when there is no memory for it.
std::vector<Bandwidth> measureBandwidths(const std::vector<size_t> &sizes, int threads,
                                         const Effort &effort);

} // namespace halftone

#endif
