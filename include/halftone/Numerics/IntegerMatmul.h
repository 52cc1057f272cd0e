// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_INTEGERMATMUL_H
#define HALFTONE_NUMERICS_INTEGERMATMUL_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace halftone {

/// The integers that a factor of a product can be.
struct IntegerRange {
  int64_t min;
  int64_t max;
};

inline constexpr IntegerRange int8Range = {-128, 127};
inline constexpr IntegerRange uint8Range = {0, 255};

/// The largest K for which a sum of K products of factors in `lhs` and `rhs` always fits in i32:
/// 131071 for s8·s8, 65793 for u8·s8, 33025 for u8·u8. A longer reduction is split and its parts
/// are added in i64 or float. At least one range must hold something else than 0.
int64_t maxReduction(IntegerRange lhs, IntegerRange rhs);

// With X [M, K] and W [K, N] stored as codes qx, qw with zero points zx, zw,
//   sum_k (qx - zx)(qw - zw) = D - zx * colsum(qw) - zw * rowsum(qx) + K * zx * zw
// where D is the product of the codes. Sums and corrections are in i32: at K = 4096 they exceed
// 2^24, and f32 would drop the very bits that cancel. They wrap around, so the result is exact
// whenever it fits in i32, even if a term of it does not.

/// One entry of the right-hand side.
int32_t correctAccumulator(int32_t codeProduct, int32_t lhsZeroPoint, int32_t rhsColumnSum,
                           int32_t rhsZeroPoint, int32_t lhsRowSum, int64_t reduction);

/// The sums of the columns and of the rows of a row-major matrix.
std::vector<int32_t> columnSums(llvm::ArrayRef<int8_t> codes, int64_t rows, int64_t columns);
std::vector<int32_t> columnSums(llvm::ArrayRef<uint8_t> codes, int64_t rows, int64_t columns);
std::vector<int32_t> rowSums(llvm::ArrayRef<int8_t> codes, int64_t rows, int64_t columns);
std::vector<int32_t> rowSums(llvm::ArrayRef<uint8_t> codes, int64_t rows, int64_t columns);

} // namespace halftone

#endif // HALFTONE_NUMERICS_INTEGERMATMUL_H
