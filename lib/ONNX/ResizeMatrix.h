// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resizing as products with constant matrices, one per dimension: for whatever `halftone.resize`
// does not compute.
#ifndef HALFTONE_LIB_ONNX_RESIZEMATRIX_H
#define HALFTONE_LIB_ONNX_RESIZEMATRIX_H

#include "Compose.h"

namespace mlir::halftone {

struct ResizeRules {
  StringRef mode, coordinates, nearestMode; // ONNX's words
  float cubicCoefficient = -0.75f;
  bool excludeOutside = false;
  bool antialias = false;
  float extrapolationValue = 0;
};

/// One dimension that changes.
struct ResizedAxis {
  int64_t axis, inputSize, outputSize;
  float scale;
  /// The region of interest, only for tf_crop_and_resize.
  float roiStart = 0, roiEnd = 1;
};

/// Whether halftone.resize cannot compute it.
bool needsMatrices(const ResizeRules &rules);

Value buildResizeByMatrices(NodeImporter &node, Value input, ArrayRef<ResizedAxis> axes,
                            const ResizeRules &rules);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_RESIZEMATRIX_H
