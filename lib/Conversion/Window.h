// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The sliding window of convolutions and pools.
#ifndef HALFTONE_LIB_CONVERSION_WINDOW_H
#define HALFTONE_LIB_CONVERSION_WINDOW_H

#include "Lowering.h"

namespace mlir::halftone {

struct Window {
  SmallVector<int64_t> kernel, strides, dilations;
  /// Before each spatial dimension, then after each.
  SmallVector<int64_t> pads;
  Layout layout = Layout::ChannelsFirst;

  size_t spatial() const { return strides.size(); }
  int64_t channelDim() const { return layout == Layout::ChannelsFirst ? 1 : spatial() + 1; }
  int64_t spatialDim(size_t i) const { return layout == Layout::ChannelsFirst ? i + 2 : i + 1; }
  /// Number of input elements from the first to the last that one window sees.
  int64_t extent(size_t i) const { return dilations[i] * (kernel[i] - 1) + 1; }

  /// Sizes of the spatial dimensions of `result`; the run ends where one is not positive.
  Sizes outputSizes(Lowering &b, Value input, OpResult result, bool ceil = false) const;
  Value pad(Lowering &b, Value input, Value value) const;
  /// Also pads after the input as far as the last window of `output` (spatial sizes) reaches.
  Value padTo(Lowering &b, Value input, Value value, ArrayRef<OpFoldResult> output) const;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_CONVERSION_WINDOW_H
