// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-quantize-weights --verify-diagnostics

// Without data nothing says what the inputs are, and nothing is made up.
func.func @a_gram_matrix_is_needed(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{no calibration data says what its inputs are}}
  // expected-note @below {{give calibration data, or 'rounding: nearest'}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}}}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @it_is_that_of_the_inputs(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{the Gram matrix of its inputs is 'tensor<3x3xf32>', expected 'tensor<2x2xf32>'}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<1.0> : tensor<3x3xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

// No inputs have these products.
func.func @it_is_positive_definite(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{not positive definite with a damping of 0.5: give more damping or more calibration data}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq", gptq = {damping = 0.5}}},
      halftone.gram_matrix = dense<[[1.0, 2.0], [2.0, 1.0]]> : tensor<2x2xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @weights_are_finite(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [0x7F800000]]> : tensor<2x1xf32>
  // expected-error @below {{cannot quantize the weights: cannot quantize a tensor with 1 elements that are not finite; skip this node}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

// The second layer cannot have the first one's matrix: it has other inputs.
func.func @each_layer_fits_its_matrix(%x: tensor<5x2xf32>, %z: tensor<5x3xf32>) -> (tensor<5x1xf32>, tensor<5x1xf32>) {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  %v = halftone.constant dense<[[0.4], [7.0], [1.0]]> : tensor<3x1xf32>
  %0 = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[2.0, 1.0], [1.0, 3.0]]> : tensor<2x2xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  // expected-error @below {{the Gram matrix of its inputs is 'tensor<2x2xf32>', expected 'tensor<3x3xf32>'}}
  %1 = halftone.matmul %z, %v {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[2.0, 1.0], [1.0, 3.0]]> : tensor<2x2xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32>
  return %0, %1 : tensor<5x1xf32>, tensor<5x1xf32>
}
