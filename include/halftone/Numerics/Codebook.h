// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_CODEBOOK_H
#define HALFTONE_NUMERICS_CODEBOOK_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace halftone {

/// Ascending values with the least squared error that Lloyd's algorithm reaches from the linear
/// grid between the least and the largest of `values` (Deep Compression, arXiv 1510.00149): in
/// turn each value goes to its nearest centroid, and each centroid to the mean of its values, until
/// nothing changes. A centroid without values stays. Deterministic; the error never exceeds that of
/// the grid.
std::vector<float> fitCodebook(llvm::ArrayRef<float> values, unsigned numCentroids);

/// The index of the entry of an ascending codebook that is nearest to `value`; of two equally near
/// ones the even.
uint8_t findNearest(llvm::ArrayRef<float> codebook, float value);

} // namespace halftone

#endif // HALFTONE_NUMERICS_CODEBOOK_H
