// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_ONNX_WINDOWS_H
#define HALFTONE_LIB_ONNX_WINDOWS_H

#include "NodeImporter.h"

namespace mlir::halftone {

/// The attributes that convolutions and pools share, with defaults filled in: one value per spatial
/// dimension, `pads` [begins…, ends…].
struct Window {
  SmallVector<int64_t> kernel, strides, dilations, pads;
  /// VALID and NOTSET are gone: what remains says how padding is computed.
  enum class AutoPad { None, SameUpper, SameLower } autoPad = AutoPad::None;
};

/// Reads them for an input [N, C, spatial…]. `filterDims` are the spatial dimensions of the filter,
/// maybe dynamic; empty for pools, which need kernel_shape. nullopt after an error.
std::optional<Window> readWindow(NodeImporter &node, Value input, ArrayRef<int64_t> filterDims);

/// Splits what SAME_* and output_shape leave to compute into the pads of each side.
void splitPadding(Window &window, ArrayRef<int64_t> totals);

/// Replaces SAME_* by the pads it stands for, which may need static spatial dimensions.
void resolveAutoPad(NodeImporter &node, Value input, Window &window);

/// Where the maxima of a pool were, counted over all elements of the input; `pooled` is its result,
/// of which only the shape counts.
Value buildMaxIndices(NodeImporter &node, Value input, Value pooled, const Window &window,
                      bool columnMajor);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_WINDOWS_H
