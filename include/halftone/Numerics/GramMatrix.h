// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef HALFTONE_NUMERICS_GRAMMATRIX_H
#define HALFTONE_NUMERICS_GRAMMATRIX_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <vector>

namespace halftone {

/// The windows of an input [N, C, spatial...] that a convolution with one group reads. Each is a
/// vector of C * kernel elements, in the order of the filter's; what lies in the padding is 0.
struct ConvolutionWindows {
  llvm::SmallVector<int64_t, 3> kernel, strides, dilations;
  /// What is added before the input, then what is added behind it, for each spatial dimension.
  llvm::SmallVector<int64_t, 6> pads;

  bool operator==(const ConvolutionWindows &other) const {
    return kernel == other.kernel && strides == other.strides && dilations == other.dilations &&
           pads == other.pads;
  }
};

/// X^T X, the sum of x^T x over all vectors x that a layer's weights were multiplied with. It is
/// all that the error of the layer's output depends on: ||X (W - V)||^2 = tr((W - V)^T X^T X (W -
/// V)). Memory does not grow with the number of vectors.
class GramMatrix {
public:
  /// Of vectors of `size` elements.
  explicit GramMatrix(int64_t size);

  int64_t getSize() const { return size; }
  uint64_t getNumVectors() const { return numVectors; }
  /// What one of this size takes while it grows.
  static uint64_t countBytes(int64_t size) { return uint64_t(size) * size * sizeof(double); }

  /// Adds the vectors that `values` holds one after the other. Sums of 128 products are f32, sums
  /// of those f64. An error if the length is no multiple of the size or an element is not finite.
  llvm::Error add(llvm::ArrayRef<float> values);

  /// Adds the windows of an input of shape `dims`. Errors as of `add`, or if the input has no such
  /// windows.
  llvm::Error addWindows(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> dims,
                         const ConvolutionWindows &windows);

  /// The matrix in f32, row-major, and this one is empty afterwards.
  std::vector<float> takeFloats();

private:
  int64_t size;
  uint64_t numVectors = 0;
  /// The lower triangle, in blocks; what lies above the blocks of the diagonal is 0.
  std::vector<double> sums;
};

} // namespace halftone

#endif // HALFTONE_NUMERICS_GRAMMATRIX_H
