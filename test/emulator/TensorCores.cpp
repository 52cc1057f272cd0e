// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies to shared memory and products of fragments, by the tables of PTX's description ("Matrix
// fragments for mma.m16n8k16", "… mma.m16n8k32", "ldmatrix").
#include "Simt.h"

#include <cmath>
#include <cstring>

using emulator::Launch;
using emulator::warpSize;

#define INTRINSIC(result, name) extern "C" __attribute__((visibility("default"))) result name

//===--- Copies that a thread does not wait for ---===//

INTRINSIC(void, halftone_simt_cp_async_cg_shared_global_16)(char *to, const char *from) {
  Launch::get().startCopy(to, from, 16, 16);
}

INTRINSIC(void, halftone_simt_cp_async_cg_shared_global_16_s)
(char *to, const char *from, int bytes) {
  Launch::get().startCopy(to, from, size_t(unsigned(bytes)), 16);
}

INTRINSIC(void, halftone_simt_cp_async_commit_group)() { Launch::get().closeCopyGroup(); }

INTRINSIC(void, halftone_simt_cp_async_wait_group)(int pending) {
  Launch::get().waitForCopies(size_t(pending));
}

//===--- Matrices of 8 rows of 16 bytes ---===//

namespace {
struct Matrices {
  const uint32_t *row; // that this lane has the address of
  uint32_t registers[4];
};
} // namespace

/// Lane l gets the word l % 4 of row l / 4 of each matrix; the rows of matrix i are those whose
/// addresses lanes 8 i to 8 i + 7 have.
INTRINSIC(void, halftone_simt_ldmatrix_sync_aligned_m8n8_x4_b16_p3)
(uint32_t *result, const uint32_t *row) {
  Matrices own = {row, {}};
  Launch::get().checkAccess(reinterpret_cast<uintptr_t>(row), 16, 16);
  Launch::get().exchange("ldmatrix", ~0u, &own, [](void *const *lanes) {
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned matrix = 0; matrix < 4; ++matrix) {
        auto *source = static_cast<Matrices *>(lanes[8 * matrix + lane / 4]);
        static_cast<Matrices *>(lanes[lane])->registers[matrix] = source->row[lane % 4];
      }
  });
  memcpy(result, own.registers, sizeof(own.registers));
}

//===--- Products ---===//

namespace {

/// A lane's registers: 16 rows of the left side, 8 columns of the right, terms packed in words.
template <typename Sum> struct Product {
  uint32_t lhs[4];
  uint32_t rhs[2];
  Sum sums[4];
};

} // namespace

/// `multiply(lhs, rhs, sum)` adds the products of the terms in two words.
template <typename Sum, typename Multiply>
static void multiply(Sum *result, Product<Sum> own, Multiply multiply) {
  static const Multiply function = multiply;
  Launch::get().exchange("mma.sync", ~0u, &own, [](void *const *lanes) {
    auto get = [&](unsigned lane) { return static_cast<Product<Sum> *>(lanes[lane]); };
    Sum sums[warpSize][4];
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned i = 0; i < 4; ++i) {
        unsigned row = lane / 4, half = i / 2, column = lane % 4 * 2 + i % 2;
        Sum sum = get(lane)->sums[i];
        // Words 0 to 3 of a row are in the first register of four lanes, 4 to 7 in a later one.
        for (unsigned word = 0; word < 8; ++word)
          sum = function(get(row * 4 + word % 4)->lhs[word / 4 * 2 + half],
                         get(column * 4 + word % 4)->rhs[word / 4], sum);
        sums[lane][i] = sum;
      }
    for (unsigned lane = 0; lane < warpSize; ++lane)
      memcpy(get(lane)->sums, sums[lane], sizeof(sums[lane]));
  });
  memcpy(result, own.sums, sizeof(own.sums));
}

template <typename Lhs, typename Rhs>
static int multiplyBytes(uint32_t lhs, uint32_t rhs, int sum) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    sum = int(unsigned(sum) + unsigned(int(Lhs(lhs >> shift)) * int(Rhs(rhs >> shift))));
  return sum;
}

static float widenHalf(uint16_t bits) {
  unsigned exponent = bits >> 10 & 31, mantissa = bits & 1023;
  float magnitude = exponent == 31 ? (mantissa ? NAN : INFINITY)
                    : exponent     ? std::ldexp(float(1024 + mantissa), int(exponent) - 25)
                                   : std::ldexp(float(mantissa), -24);
  return bits >> 15 ? -magnitude : magnitude;
}

static float widenBrain(uint16_t bits) {
  uint32_t word = uint32_t(bits) << 16;
  float value;
  memcpy(&value, &word, sizeof(value));
  return value;
}

template <float widen(uint16_t)>
static float multiplyFloats(uint32_t lhs, uint32_t rhs, float sum) {
  sum += widen(uint16_t(lhs)) * widen(uint16_t(rhs));
  return sum + widen(uint16_t(lhs >> 16)) * widen(uint16_t(rhs >> 16));
}

#define MMA(name, Sum, function)                                                                   \
  INTRINSIC(void, halftone_simt_mma_##name)                                                        \
  (Sum * result, uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3, uint32_t b0, uint32_t b1,     \
   Sum c0, Sum c1, Sum c2, Sum c3) {                                                               \
    multiply<Sum>(result, {{a0, a1, a2, a3}, {b0, b1}, {c0, c1, c2, c3}}, function);               \
  }
#define BYTES(lhs, rhs)                                                                            \
  [](uint32_t a, uint32_t b, int sum) { return multiplyBytes<lhs, rhs>(a, b, sum); }
MMA(m16n8k32_row_col_s8, int, BYTES(int8_t, int8_t))
MMA(m16n8k32_row_col_s8_u8, int, BYTES(int8_t, uint8_t))
MMA(m16n8k32_row_col_u8_s8, int, BYTES(uint8_t, int8_t))
MMA(m16n8k32_row_col_u8, int, BYTES(uint8_t, uint8_t))
MMA(m16n8k16_row_col_f32_f32, float,
    [](uint32_t a, uint32_t b, float sum) { return multiplyFloats<widenHalf>(a, b, sum); })
MMA(m16n8k16_row_col_bf16, float,
    [](uint32_t a, uint32_t b, float sum) { return multiplyFloats<widenBrain>(a, b, sum); })
#undef BYTES
#undef MMA
