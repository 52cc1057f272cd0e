// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-choose-formats --verify-diagnostics

// Without data nothing says what the inputs are, and nothing is made up.
func.func @a_gram_matrix_is_needed(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{its format is chosen by 'output-mse', but no calibration data says what its inputs are}}
  // expected-note @below {{give calibration data, or 'by: tensor-mse'}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int4", granularity = "channel",
      alternatives = [{format = "fp4_e2m1", granularity = "channel"}], choice = "output-mse"}}}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @it_is_that_of_the_inputs(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  // expected-error @below {{the Gram matrix of its inputs is 'tensor<3x3xf32>', expected 'tensor<2x2xf32>'}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int4", granularity = "channel",
      alternatives = [{format = "fp4_e2m1", granularity = "channel"}], choice = "output-mse"}},
      halftone.gram_matrix = dense<1.0> : tensor<3x3xf32>}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// -----

func.func @weights_are_finite(%x: tensor<5x2xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [0x7F800000]]> : tensor<2x1xf32>
  // expected-error @below {{cannot quantize the weights: cannot quantize a tensor with 1 elements that are not finite; skip this node}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int4", granularity = "channel",
      alternatives = [{format = "fp4_e2m1", granularity = "channel"}]}}}
      : (tensor<5x2xf32>, tensor<2x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}
