// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_LIB_NUMERICS_FLOATSUMMARY_H
#define HALFTONE_LIB_NUMERICS_FLOATSUMMARY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/bit.h"

#include <cstdint>

namespace halftone {

inline constexpr int32_t magnitudeMask = 0x7fffffff;
inline constexpr int32_t infinityBits = 0x7f800000;

/// Smallest, largest and number of zeros of some floats. Floats compare like the integers that
/// `orderKey` makes of them, NaNs lying outside the infinities on both sides; integer minima
/// vectorize where float ones would need fast-math.
struct FloatSummary {
  int32_t minKey = INT32_MAX;
  int32_t maxKey = INT32_MIN;
  int32_t numZeros = 0;

  /// Flips the magnitude bits of negative numbers. Its own inverse.
  static int32_t orderKey(int32_t bits) { return bits ^ ((bits >> 31) & magnitudeMask); }

  /// True if there is no infinity and no NaN.
  bool isFinite() const { return minKey > orderKey(int32_t(0xff800000)) && maxKey < infinityBits; }
  // Adding zero makes -0 the same as 0, whichever came first.
  float min() const { return llvm::bit_cast<float>(orderKey(minKey)) + 0.0f; }
  float max() const { return llvm::bit_cast<float>(orderKey(maxKey)) + 0.0f; }
};

/// Fewer than 2^31 values.
inline FloatSummary summarize(llvm::ArrayRef<float> values) {
  int32_t minKey = INT32_MAX, maxKey = INT32_MIN, numZeros = 0;
  for (float value : values) {
    auto bits = llvm::bit_cast<int32_t>(value);
    int32_t key = FloatSummary::orderKey(bits);
    minKey = key < minKey ? key : minKey;
    maxKey = key > maxKey ? key : maxKey;
    numZeros += (bits & magnitudeMask) == 0;
  }
  return {minKey, maxKey, numZeros};
}

} // namespace halftone

#endif // HALFTONE_LIB_NUMERICS_FLOATSUMMARY_H
