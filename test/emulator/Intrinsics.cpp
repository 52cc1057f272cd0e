// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the intrinsics of NVPTX do, by PTX's description. `halftone_simt_` and LLVM's name with
// underscores; a struct is returned through the first parameter.
#include "Simt.h"

#include <cstring>

using emulator::Launch;
using emulator::warpSize;

#define INTRINSIC(result, name) extern "C" __attribute__((visibility("default"))) result name

INTRINSIC(void, halftone_simt_check)(const void *address, int64_t bytes, int64_t alignment) {
  Launch::get().checkAccess(reinterpret_cast<uintptr_t>(address), bytes, alignment);
}

/// What the CPU's code generator calls for an instruction of the device: rounds to the nearest,
/// ties to even. Part of compiler-rt, which not every system has.
// NOLINTNEXTLINE(bugprone-reserved-identifier, readability-identifier-naming)
INTRINSIC(__bf16, __truncsfbf2)(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  bool isNaN = (bits & 0x7fffffff) > 0x7f800000;
  bits = isNaN ? bits | 0x400000 : bits + 0x7fff + (bits >> 16 & 1);
  auto half = uint16_t(bits >> 16);
  __bf16 result;
  memcpy(&result, &half, sizeof(result));
  return result;
}

//===--- Special registers ---===//

static int threadIndex(int dimension) {
  const unsigned *block = Launch::get().getShape().block;
  unsigned thread = Launch::get().getThread();
  if (dimension == 0)
    return int(thread % block[0]);
  thread /= block[0];
  return int(dimension == 1 ? thread % block[1] : thread / block[1]);
}

#define DIMENSION(letter, number)                                                                  \
  INTRINSIC(int, halftone_simt_read_ptx_sreg_tid_##letter)() { return threadIndex(number); }       \
  INTRINSIC(int, halftone_simt_read_ptx_sreg_ctaid_##letter)() {                                   \
    return int(Launch::get().getBlockIndex()[number]);                                             \
  }                                                                                                \
  INTRINSIC(int, halftone_simt_read_ptx_sreg_ntid_##letter)() {                                    \
    return int(Launch::get().getShape().block[number]);                                            \
  }                                                                                                \
  INTRINSIC(int, halftone_simt_read_ptx_sreg_nctaid_##letter)() {                                  \
    return int(Launch::get().getShape().grid[number]);                                             \
  }
DIMENSION(x, 0)
DIMENSION(y, 1)
DIMENSION(z, 2)
#undef DIMENSION

INTRINSIC(int, halftone_simt_read_ptx_sreg_laneid)() {
  return int(Launch::get().getThread() % warpSize);
}

//===--- Barriers and shuffles ---===//

INTRINSIC(void, halftone_simt_barrier_cta_sync_aligned_all)(int) { Launch::get().waitForBlock(); }

namespace {
/// What a lane brings to a shuffle, and takes home.
struct Shuffle {
  uint32_t value;
  int argument;
  uint32_t result;
  bool isInside;
};
} // namespace

/// `select(lane, argument)` is the lane that a lane reads; outside of the warp it keeps its own.
template <typename Select>
static Shuffle shuffle(const char *operation, int mask, uint32_t value, int argument,
                       Select select) {
  Shuffle own = {value, argument, 0, false};
  Launch::get().exchange(operation, unsigned(mask), &own, [&](void *const *lanes) {
    for (int lane = 0; lane < int(warpSize); ++lane) {
      auto *target = static_cast<Shuffle *>(lanes[lane]);
      if (!target)
        continue;
      int source = select(lane, target->argument);
      target->isInside = source >= 0 && source < int(warpSize) && lanes[source];
      target->result =
          target->isInside ? static_cast<Shuffle *>(lanes[source])->value : target->value;
    }
  });
  return own;
}

template <typename To, typename From> static To sameBits(From from) {
  static_assert(sizeof(To) == sizeof(From), "of one size");
  To to;
  memcpy(&to, &from, sizeof(to));
  return to;
}

namespace {
template <typename T> struct ShuffleResult {
  T value;
  bool isInside;
};
} // namespace

#define SHUFFLE(mode, type, suffix, select)                                                        \
  INTRINSIC(type, halftone_simt_shfl_sync_##mode##_##suffix)                                       \
  (int mask, type value, int argument, int) {                                                      \
    return sameBits<type>(                                                                         \
        shuffle("shfl.sync." #mode, mask, sameBits<uint32_t>(value), argument, select).result);    \
  }                                                                                                \
  INTRINSIC(void, halftone_simt_shfl_sync_##mode##_##suffix##p)                                    \
  (ShuffleResult<type> * result, int mask, type value, int argument, int) {                        \
    Shuffle own = shuffle("shfl.sync." #mode, mask, sameBits<uint32_t>(value), argument, select);  \
    *result = {sameBits<type>(own.result), own.isInside};                                          \
  }

#define SHUFFLES(mode, select) SHUFFLE(mode, int, i32, select) SHUFFLE(mode, float, f32, select)
SHUFFLES(bfly, [](int lane, int argument) { return lane ^ argument; })
SHUFFLES(idx, [](int, int argument) { return argument; })
SHUFFLES(down, [](int lane, int argument) { return lane + argument; })
SHUFFLES(up, [](int lane, int argument) { return lane - argument; })
#undef SHUFFLES
#undef SHUFFLE
