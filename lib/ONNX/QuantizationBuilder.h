// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Codes and their scales as ONNX and other domains have them.
#ifndef HALFTONE_LIB_ONNX_QUANTIZATIONBUILDER_H
#define HALFTONE_LIB_ONNX_QUANTIZATIONBUILDER_H

#include "NodeImporter.h"

namespace mlir::halftone {

/// Codes, their scale and their zero point, which may be null for 0.
struct Quantized {
  Value codes, scale, zeroPoint;
};

Value orZero(NodeImporter &node, Value zeroPoint, Type elementType);
/// The exact product in i32; the right side has a zero point per column, or one for all.
Value buildIntegerProduct(NodeImporter &node, const Quantized &lhs, const Quantized &rhs);
/// The accumulator times both scales; that of the right side may vary over the columns.
Value buildScaledSum(NodeImporter &node, Value sum, Value lhsScale, Value rhsScale,
                     double factor = 1);

struct Grid {
  Value scale, zeroPoint;
};

struct BlockAxis {
  int64_t axis = 0, size = 1;
};

/// The op's sizes of blocks: `block.size` along its axis and 1 elsewhere.
SmallVector<int64_t> getBlockSizes(int64_t rank, const BlockAxis &block);
Value buildDequantizedBlocks(NodeImporter &node, Value codes, const Grid &grid,
                             const BlockAxis &block);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_QUANTIZATIONBUILDER_H
