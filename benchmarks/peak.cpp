// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What this machine can do: multiply-accumulates per second of each instruction that kernels are
// made of, and read bandwidth. Prints one JSON object: peaks by name, for each number of threads.
#include "quant-run/Peaks.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace halftone;

// Larger than the last-level cache of most machines.
static constexpr size_t memoryBytes = size_t(1) << 29;
static constexpr size_t cachedBytes = size_t(1) << 20;

static bool printPeaks(int threads) {
  const Effort effort;
  std::vector<Bandwidth> bandwidths =
      measureBandwidths({memoryBytes, cachedBytes}, threads, effort);
  if (bandwidths.empty())
    return false;
  std::printf("{\"threads\": %d", threads);
  for (const Peak &peak : measureProducts(threads, effort))
    std::printf(", \"%s_gmacs\": %.1f", peak.name.c_str(), peak.gmacs);
  std::printf(", \"memory_gbs\": %.1f, \"cached_1mb_gbs\": %.1f}", bandwidths[0].gbs,
              bandwidths[1].gbs);
  return true;
}

int main(int argc, char **argv) {
  int maxThreads = argc > 1 ? std::atoi(argv[1]) : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  if (argc > 2 || maxThreads < 1) {
    std::fprintf(stderr, "usage: halftone-peak [MAX_THREADS]\n");
    return 2;
  }
  std::printf("{\"peaks\": [");
  for (int threads = 1; threads <= maxThreads; ++threads) {
    std::printf(threads > 1 ? ",\n           " : "");
    if (!printPeaks(threads)) {
      std::fprintf(stderr, "halftone-peak: cannot allocate %zu bytes\n", memoryBytes);
      return 1;
    }
  }
  std::printf("]}\n");
  return 0;
}
