// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/IntegerMatmul.h"

#include <algorithm>
#include <cassert>
#include <limits>

using namespace halftone;

int64_t halftone::maxReduction(IntegerRange lhs, IntegerRange rhs) {
  int64_t products[] = {lhs.min * rhs.min, lhs.min * rhs.max, lhs.max * rhs.min, lhs.max * rhs.max};
  int64_t lowest = *std::min_element(std::begin(products), std::end(products));
  int64_t highest = *std::max_element(std::begin(products), std::end(products));
  assert((lowest < 0 || highest > 0) && "a product that is always 0 has no bound");
  int64_t bound = std::numeric_limits<int64_t>::max();
  if (highest > 0)
    bound = std::numeric_limits<int32_t>::max() / highest;
  if (lowest < 0)
    bound = std::min(bound, std::numeric_limits<int32_t>::min() / lowest);
  return bound;
}

int32_t halftone::correctAccumulator(int32_t codeProduct, int32_t lhsZeroPoint,
                                     int32_t rhsColumnSum, int32_t rhsZeroPoint, int32_t lhsRowSum,
                                     int64_t reduction) {
  // Unsigned arithmetic wraps around.
  uint32_t result = uint32_t(codeProduct);
  result -= uint32_t(lhsZeroPoint) * uint32_t(rhsColumnSum);
  result -= uint32_t(rhsZeroPoint) * uint32_t(lhsRowSum);
  result += uint32_t(reduction) * uint32_t(lhsZeroPoint) * uint32_t(rhsZeroPoint);
  return int32_t(result);
}

template <typename Code>
static std::vector<int32_t> sumColumns(llvm::ArrayRef<Code> codes, int64_t rows, int64_t columns) {
  assert(int64_t(codes.size()) == rows * columns && "one code per entry");
  std::vector<int32_t> sums(columns, 0);
  for (int64_t row = 0; row != rows; ++row)
    for (int64_t column = 0; column != columns; ++column)
      sums[column] += codes[row * columns + column];
  return sums;
}

template <typename Code>
static std::vector<int32_t> sumRows(llvm::ArrayRef<Code> codes, int64_t rows, int64_t columns) {
  assert(int64_t(codes.size()) == rows * columns && "one code per entry");
  std::vector<int32_t> sums(rows, 0);
  for (int64_t row = 0; row != rows; ++row)
    for (int64_t column = 0; column != columns; ++column)
      sums[row] += codes[row * columns + column];
  return sums;
}

std::vector<int32_t> halftone::columnSums(llvm::ArrayRef<int8_t> codes, int64_t rows,
                                          int64_t columns) {
  return sumColumns(codes, rows, columns);
}

std::vector<int32_t> halftone::columnSums(llvm::ArrayRef<uint8_t> codes, int64_t rows,
                                          int64_t columns) {
  return sumColumns(codes, rows, columns);
}

std::vector<int32_t> halftone::rowSums(llvm::ArrayRef<int8_t> codes, int64_t rows,
                                       int64_t columns) {
  return sumRows(codes, rows, columns);
}

std::vector<int32_t> halftone::rowSums(llvm::ArrayRef<uint8_t> codes, int64_t rows,
                                       int64_t columns) {
  return sumRows(codes, rows, columns);
}
