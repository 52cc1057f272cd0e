// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products with weights of a few bits as ONNX Runtime's MatMulNBits.
#ifndef HALFTONE_LIB_ONNX_NBITSWEIGHTS_H
#define HALFTONE_LIB_ONNX_NBITSWEIGHTS_H

#include "NodeExporter.h"

namespace mlir::halftone {

/// Constant weights [K, N], in groups of `block` along K.
struct NBitsWeights {
  DequantizeOp dequantize;
  int64_t rows, columns, bits, block;
  int64_t countBlocks() const { return llvm::divideCeil(rows, block); }
};

/// nullopt where the op does not say it, or is not wanted.
std::optional<NBitsWeights> matchNBitsWeights(MatMulOp op, const ExportOptions &options);
LogicalResult exportMatMulNBits(NodeExporter &node, MatMulOp op, const NBitsWeights &weights);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_NBITSWEIGHTS_H
