// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Peaks.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <immintrin.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

using namespace halftone;

namespace {
/// A loop that issues `macsPerStep` multiply-accumulates in each of its steps.
struct Kernel {
  const char *name;
  bool isAvailable;
  double macsPerStep;
  void (*run)(int64_t steps);
};

// Twelve independent accumulators hide the latency of every instruction below on two ports.
constexpr int kChains = 12;

/// Keeps the values of `accumulators` alive without storing them.
template <typename Vector> void consume(Vector (&accumulators)[kChains]) {
  for (Vector &accumulator : accumulators)
    asm volatile("" ::"m"(accumulator));
}
} // namespace

// The instruction is written out: the compiler must neither drop nor combine a step.
#define HALFTONE_PEAK_LOOP(Function, features, Vector, instruction)                                \
  __attribute__((target(features))) static void Function(int64_t steps) {                          \
    Vector a[kChains] = {};                                                                        \
    Vector x = {}, y = {};                                                                         \
    for (int64_t step = 0; step < steps; ++step)                                                   \
      asm volatile(instruction " %13, %12, %0\n" instruction " %13, %12, %1\n" instruction         \
                               " %13, %12, %2\n" instruction " %13, %12, %3\n" instruction         \
                               " %13, %12, %4\n" instruction " %13, %12, %5\n" instruction         \
                               " %13, %12, %6\n" instruction " %13, %12, %7\n" instruction         \
                               " %13, %12, %8\n" instruction " %13, %12, %9\n" instruction         \
                               " %13, %12, %10\n" instruction " %13, %12, %11\n"                   \
                   : "+v"(a[0]), "+v"(a[1]), "+v"(a[2]), "+v"(a[3]), "+v"(a[4]), "+v"(a[5]),       \
                     "+v"(a[6]), "+v"(a[7]), "+v"(a[8]), "+v"(a[9]), "+v"(a[10]), "+v"(a[11])      \
                   : "v"(x), "v"(y));                                                              \
    consume(a);                                                                                    \
  }

HALFTONE_PEAK_LOOP(runFma256, "avx2,fma", __m256, "vfmadd231ps")
HALFTONE_PEAK_LOOP(runFma512, "avx512f", __m512, "vfmadd231ps")
HALFTONE_PEAK_LOOP(runVnni256, "avx2,avxvnni", __m256i, "%{vex%} vpdpbusd")
HALFTONE_PEAK_LOOP(runVnni512, "avx512f,avx512vnni", __m512i, "vpdpbusd")
HALFTONE_PEAK_LOOP(runBf16, "avx512f,avx512bf16", __m512, "vdpbf16ps")
#undef HALFTONE_PEAK_LOOP

/// The AVX2 form of an int8 dot product: multiply pairs to i16, add pairs to i32, accumulate.
__attribute__((target("avx2"))) static void runMultiplyAdd256(int64_t steps) {
  __m256i a[kChains] = {};
  __m256i x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(5), ones = _mm256_set1_epi16(1);
  for (int64_t step = 0; step < steps; ++step)
    for (__m256i &accumulator : a) {
      // Or one product would do for all chains.
      asm volatile("" : "+x"(x));
      accumulator =
          _mm256_add_epi32(accumulator, _mm256_madd_epi16(_mm256_maddubs_epi16(x, y), ones));
    }
  consume(a);
}

/// Palette 1 of AMX, for ldtilecfg.
struct TileConfig {
  uint8_t palette = 1, startRow = 0, reserved[14] = {};
  uint16_t bytesPerRow[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// Four accumulator tiles of 16 × 16 from two left and two right tiles of 64 bytes per row.
__attribute__((target("amx-tile,amx-int8"))) static void runAmxInt8(int64_t steps) {
  TileConfig config;
  _tile_loadconfig(&config);
  for (int64_t step = 0; step < steps; ++step)
    asm volatile("tdpbusd %tmm6, %tmm4, %tmm0\n"
                 "tdpbusd %tmm7, %tmm4, %tmm1\n"
                 "tdpbusd %tmm6, %tmm5, %tmm2\n"
                 "tdpbusd %tmm7, %tmm5, %tmm3\n");
  _tile_release();
}

/// Linux hands out the tile registers on request.
static bool requestAmx() {
  constexpr long requestPermission = 0x1023, tileData = 18;
  return __builtin_cpu_supports("amx-int8") &&
         syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}

static std::vector<Kernel> kernels() {
  return {
      {"f32_avx2", bool(__builtin_cpu_supports("fma")), kChains * 8, runFma256},
      {"f32_avx512", bool(__builtin_cpu_supports("avx512f")), kChains * 16, runFma512},
      {"bf16_avx512", bool(__builtin_cpu_supports("avx512bf16")), kChains * 32, runBf16},
      {"i8_avx2", bool(__builtin_cpu_supports("avx2")), kChains * 32, runMultiplyAdd256},
      {"i8_avxvnni", bool(__builtin_cpu_supports("avxvnni")), kChains * 32, runVnni256},
      {"i8_avx512vnni", bool(__builtin_cpu_supports("avx512vnni")), kChains * 64, runVnni512},
      {"i8_amx", requestAmx(), 4.0 * 16 * 16 * 64, runAmxInt8},
  };
}

/// Seconds from a common start until the last of `threads` calls of `body(thread)` has returned.
static double measure(int threads, const std::function<void(int)> &body) {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&, i] {
      ++ready;
      while (!go)
        _mm_pause();
      body(i);
    });
  while (ready < threads)
    _mm_pause();
  auto start = std::chrono::steady_clock::now();
  go = true;
  for (std::thread &worker : workers)
    worker.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The least time of several tries.
static double fastest(int threads, int tries, const std::function<void(int)> &body) {
  double best = measure(threads, body);
  for (int i = 1; i < tries; ++i)
    best = std::min(best, measure(threads, body));
  return best;
}

/// GMAC/s of `kernel` with enough steps for a try.
static double measureKernel(const Kernel &kernel, int threads, const Effort &effort) {
  int64_t steps = 10000;
  double time = measure(1, [&](int) { kernel.run(steps); });
  while (time < effort.seconds / 4) {
    steps *= 4;
    time = measure(1, [&](int) { kernel.run(steps); });
  }
  time = fastest(threads, effort.tries, [&](int) { kernel.run(steps); });
  return kernel.macsPerStep * static_cast<double>(steps) * threads / time / 1e9;
}

/// Sums 64-bit words in eight chains, a cache line at a time.
__attribute__((target("avx2"))) static void readAll(const char *data, size_t bytes) {
  __m256i a[8] = {};
  for (size_t i = 0; i + 256 <= bytes; i += 256)
    for (int k = 0; k < 8; ++k)
      a[k] = _mm256_add_epi64(
          a[k], _mm256_load_si256(reinterpret_cast<const __m256i *>(data + i + 32 * k)));
  for (__m256i &sum : a)
    asm volatile("" ::"x"(sum));
}

/// GB/s of reading `bytes` in all, and at least a step of the loop per thread. `data` is at least
/// that long.
static double measureRead(const char *data, size_t bytes, int threads, const Effort &effort) {
  size_t share = std::max<size_t>(bytes / static_cast<size_t>(threads) / 256, 1) * 256;
  auto pass = [&](int thread) { readAll(data + share * static_cast<size_t>(thread), share); };
  double time = measure(threads, pass);
  int repeats = std::max(1, static_cast<int>(effort.seconds / time));
  time = fastest(threads, effort.tries, [&](int thread) {
    for (int i = 0; i < repeats; ++i)
      pass(thread);
  });
  return static_cast<double>(share) * threads * repeats / time / 1e9;
}

std::vector<Peak> halftone::measureProducts(int threads, const Effort &effort) {
  std::vector<Peak> peaks;
  for (const Kernel &kernel : kernels())
    if (kernel.isAvailable)
      peaks.push_back({kernel.name, measureKernel(kernel, threads, effort)});
  return peaks;
}

std::vector<Bandwidth> halftone::measureBandwidths(const std::vector<size_t> &sizes, int threads,
                                                   const Effort &effort) {
  size_t largest =
      std::max(*std::max_element(sizes.begin(), sizes.end()), 256 * static_cast<size_t>(threads));
  char *data = static_cast<char *>(std::aligned_alloc(4096, largest));
  if (!data)
    return {};
  std::fill(data, data + largest, 1);
  std::vector<Bandwidth> bandwidths;
  for (size_t size : sizes)
    bandwidths.push_back({size, measureRead(data, size, threads, effort)});
  std::free(data);
  return bandwidths;
}
