// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-scale-salient-weights --verify-diagnostics

// It is of another input.
func.func @the_matrix_must_be_that_of_the_inputs(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
  %w = halftone.constant dense<1.0> : tensor<2x1xf32>
  // expected-error @below {{the Gram matrix of its inputs is 'tensor<1x1xf32>', expected 'tensor<2x2xf32>'}}
  %y = halftone.matmul %x, %w {halftone.gram_matrix = dense<1.0> : tensor<1x1xf32>, halftone.scheme = {weights = {format = "int4"}}}
      : (tensor<3x2xf32>, tensor<2x1xf32>) -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// -----

// No code is near an infinity.
func.func @weights_must_be_finite(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
  %w = halftone.constant dense<[[0x7F800000], [1.0]]> : tensor<2x1xf32>
  // expected-error @below {{cannot quantize the weights: }}
  %y = halftone.matmul %x, %w {halftone.gram_matrix = dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>,
      halftone.scheme = {weights = {format = "int4"}}} : (tensor<3x2xf32>, tensor<2x1xf32>) -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}
