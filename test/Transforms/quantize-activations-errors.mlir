// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-quantize-activations --verify-diagnostics

// A made-up scale would be silently wrong.
func.func @static_scales_need_calibration_data(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
  // expected-error @below {{its input needs a static scale, but no calibration data says which range it has}}
  // expected-note @below {{give calibration data or an observations file, or use a dynamic recipe}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static"}}}
      : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}
