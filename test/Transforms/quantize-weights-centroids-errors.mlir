// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-quantize-weights --verify-diagnostics

func.func @inputs_are_needed(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{its weights are rounded by 'centroids', but no calibration data says what its inputs are}}
  // expected-note @below {{give calibration data, or 'rounding: nearest'}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "kmeans2", granularity = "channel", rounding = "centroids"}}}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @they_are_numbers(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{cannot quantize the weights: the Gram matrix of the inputs has elements that are not finite; skip this node}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "kmeans2", granularity = "channel", rounding = "centroids"}},
      halftone.gram_matrix = dense<[[1.0, 0.0], [0.0, 0x7FC00000]]> : tensor<2x2xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @weights_are_numbers(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0x7F800000], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{cannot quantize the weights: cannot quantize a tensor with 1 elements that are not finite; skip this node}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "kmeans2", granularity = "channel", rounding = "centroids"}},
      halftone.gram_matrix = dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}
