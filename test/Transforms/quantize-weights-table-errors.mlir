// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-quantize-weights --verify-diagnostics

// A table has a number for each code.
func.func @it_has_a_number_for_each_code(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{its scheme names no format of weights: 'table'}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "table", granularity = "channel", table = array<f32: 0.0, 1.0, 2.0>}}}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @weights_are_numbers(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0x7FC00000], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{cannot quantize the weights: cannot quantize a tensor with 1 elements that are not finite; skip this node}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "table", granularity = "channel", table = array<f32: 0.0, 1.0>}}}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}
