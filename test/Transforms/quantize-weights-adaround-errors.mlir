// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-quantize-weights --verify-diagnostics

// Without samples that it has not seen nothing says whether the layer got worse.
func.func @held_back_samples_are_needed(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{its weights are rounded by 'adaround', but no calibration data says what its inputs are}}
  // expected-note @below {{give calibration data, or 'rounding: nearest'}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "adaround"}},
      halftone.gram_matrix = dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @they_are_of_the_same_inputs(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{the Gram matrix of its inputs is 'tensor<3x3xf32>', expected 'tensor<2x2xf32>'}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "adaround"}},
      halftone.gram_matrix = dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>,
      halftone.held_back_gram_matrix = dense<1.0> : tensor<3x3xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @they_are_numbers(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{cannot quantize the weights: the Gram matrix of the inputs has elements that are not finite; skip this node}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "adaround"}},
      halftone.gram_matrix = dense<[[1.0, 0.0], [0.0, 0x7FC00000]]> : tensor<2x2xf32>,
      halftone.held_back_gram_matrix = dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}
