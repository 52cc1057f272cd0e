// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_BINARYPLANES_H
#define HALFTONE_NUMERICS_BINARYPLANES_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace halftone {

/// Values as offset + sum_p (bit p of the code ? 1 : -1) * scales[p]: binary-coding quantization
/// (LUT-GEMM, arXiv 2206.09557).
struct BinaryPlanes {
  /// One per plane, positive or zero, descending.
  std::vector<float> scales;
  float offset = 0;
  /// One per value.
  std::vector<uint8_t> codes;

  /// The sum in the order of the planes, in f32.
  float decode(uint8_t code) const;
  double squaredError(llvm::ArrayRef<float> values) const;
};

/// Plane by plane: the signs of what is left, and their best scale, the mean of the magnitudes.
/// The offset is the mean of the values, or 0.
BinaryPlanes fitGreedily(llvm::ArrayRef<float> values, unsigned numPlanes, bool withOffset);

/// In turn the scales with the least squared error for the codes, and the nearest codes for the
/// scales, until nothing improves; from the greedy solution, and from the linear grid between the
/// least and the largest value (without offset: between plus and minus the largest magnitude). The
/// better result, so never worse than either start.
BinaryPlanes fitAlternating(llvm::ArrayRef<float> values, unsigned numPlanes, bool withOffset);

} // namespace halftone

#endif // HALFTONE_NUMERICS_BINARYPLANES_H
