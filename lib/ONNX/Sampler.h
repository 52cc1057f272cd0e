// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading images between their pixels.
#ifndef HALFTONE_LIB_ONNX_SAMPLER_H
#define HALFTONE_LIB_ONNX_SAMPLER_H

#include "Compose.h"

namespace mlir::halftone {

/// What lies outside of the image.
enum class Outside { Zeros, Border, Reflection };
enum class Interpolation { Nearest, Linear, Cubic };

struct Sampler {
  Interpolation interpolation = Interpolation::Linear;
  Outside outside = Outside::Zeros;
  /// Whether reflection is at the centers of the outermost pixels, not at their outer borders.
  bool alignCorners = false;
  /// Takes the largest weighted neighbour instead of their sum, as RoiAlign's maximum does.
  bool takesMax = false;
};

/// Samples [N, C, spatial…] at positions in pixels, one tensor of f32 [N, P] for each spatial
/// dimension. Returns [N, C, P].
Value buildSamples(NodeImporter &node, Value image, ArrayRef<Value> positions,
                   const Sampler &sampler);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_SAMPLER_H
