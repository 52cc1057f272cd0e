// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: printf 'weights: {format: int8}\nskip: [spared]\n' > %t.yaml
// RUN: quant-opt %s --halftone-assign-schemes="recipe=%t.yaml" --verify-diagnostics | FileCheck %s

// What the recipe asks for and does not get is said; what it does not ask for is not.
// CHECK-LABEL: @a_transposed_convolution_stays_float
// CHECK-NOT: halftone.scheme
func.func @a_transposed_convolution_stays_float(%x: tensor<1x3x4xf32>) -> (tensor<1x5x8xf32>, tensor<1x5x8xf32>) {
  %w = halftone.constant dense<1.0> : tensor<3x5x2xf32>
  // expected-remark @below {{stays float: transposed convolutions have no quantized weights}}
  %y = halftone.conv_transpose %x, %w {strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 0, 0>,
      output_padding = array<i64: 0>} : (tensor<1x3x4xf32>, tensor<3x5x2xf32>) -> tensor<1x5x8xf32>
  %z = halftone.conv_transpose %x, %w {strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 0, 0>,
      output_padding = array<i64: 0>} : (tensor<1x3x4xf32>, tensor<3x5x2xf32>) -> tensor<1x5x8xf32> loc("spared")
  return %y, %z : tensor<1x5x8xf32>, tensor<1x5x8xf32>
}
