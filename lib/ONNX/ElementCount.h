// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How large the constants may be that importers make up.
#ifndef HALFTONE_LIB_ONNX_ELEMENTCOUNT_H
#define HALFTONE_LIB_ONNX_ELEMENTCOUNT_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"

#include <algorithm>
#include <cstdint>

namespace mlir::halftone {

/// Beyond it, constants would take too much memory.
inline constexpr int64_t kMaxConstantElements = int64_t(1) << 24;

/// The product of the sizes; more than kMaxConstantElements if it, or one of them, is larger, or
/// one is negative.
inline int64_t countElements(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape) {
    if (size < 0 || size > kMaxConstantElements ||
        product > kMaxConstantElements / std::max<int64_t>(size, 1))
      return kMaxConstantElements + 1;
    product *= size;
  }
  return product;
}

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_ELEMENTCOUNT_H
