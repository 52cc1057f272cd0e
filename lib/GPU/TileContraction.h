// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of products that tiles can compute: what the body of a nest multiplies, and which of its
// loops are rows, columns and terms.
#ifndef HALFTONE_LIB_GPU_TILECONTRACTION_H
#define HALFTONE_LIB_GPU_TILECONTRACTION_H

#include "halftone/Conversion/LoopNest.h"

namespace mlir::halftone {

/// An element of a buffer as the body widens it.
struct WidenedInput {
  unsigned input = 0; // of the nest
  bool isUnsigned = false;
};

/// What is subtracted from codes, the same for all terms: an input, or a value of 32 bits from
/// outside of the body.
struct TileZeroPoint {
  std::optional<WidenedInput> input;
  Value value;
};

struct TileOperand : WidenedInput {
  std::optional<TileZeroPoint> zeroPoint;
};

/// output[batch, row, column] += Σ over terms of (lhs - its zero point) · (rhs - its zero point).
/// `lhs` depends on rows and `rhs` on columns, each of which may be several loops: for a
/// convolution the rows are the places of an image and the terms those of a window.
struct TileContraction {
  TileOperand lhs, rhs;
  Type elementType; // of both operands in memory
  SmallVector<unsigned> batch, rows, columns, terms;
};

std::optional<TileContraction> matchTileContraction(const LoopNest &nest);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_GPU_TILECONTRACTION_H
