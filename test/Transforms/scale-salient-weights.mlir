// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-scale-salient-weights=power-of-two | FileCheck %s
// RUN: quant-opt %s --split-input-file --halftone-scale-salient-weights | FileCheck %s --check-prefix=FREE

// The first input is 16 times larger. In steps of 1, which the weight 7 asks for, its weight .4 becomes 0, at an error of .4^2 * 256 = 41.
// Factors 4 and 1/4 make it 1.6 in steps of .25, and then 1.5: .025^2 * 256 = .16. They go into the gain. The matrix is used up, and
// what has observed the input is gone.
// CHECK-LABEL: @the_weights_of_large_inputs_get_finer_steps
// CHECK-DAG: %[[G:.*]] = halftone.constant dense<[2.500000e-01, 4.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[W:.*]] = halftone.constant dense<{{\[}}[1.600000e+00], [1.750000e+00]]> : tensor<2x1xf32>
// CHECK: %[[N:.*]] = halftone.mul %arg0, %[[G]]
// CHECK: halftone.matmul %[[N]], %[[W]]
// CHECK-NOT: gram_matrix
// CHECK: return
// Without powers of two the exponents in between are tried, too.
// FREE-LABEL: @the_weights_of_large_inputs_get_finer_steps
// FREE: halftone.constant dense<[0.287{{[0-9]*}}, 3.482{{[0-9]*}}]> : tensor<2xf32>
func.func @the_weights_of_large_inputs_get_finer_steps(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
  %gain = halftone.constant dense<1.0> : tensor<2xf32>
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  %n = halftone.mul %x, %gain : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  %o = halftone.observe %n {tensor = "n"} : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %y = halftone.matmul %o, %w {halftone.gram_matrix = dense<[[256.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>,
      halftone.scheme = {weights = {format = "int4"}}} : (tensor<3x2xf32>, tensor<2x1xf32>) -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// -----

// Weights that their codes hold exactly lose nothing, so nothing is done.
// CHECK-LABEL: @what_loses_nothing_stays
// CHECK-NOT: halftone.mul
// CHECK: halftone.matmul %arg0
func.func @what_loses_nothing_stays(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
  %w = halftone.constant dense<[[1.0], [7.0]]> : tensor<2x1xf32>
  %y = halftone.matmul %x, %w {halftone.gram_matrix = dense<[[256.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>,
      halftone.scheme = {weights = {format = "int4"}}} : (tensor<3x2xf32>, tensor<2x1xf32>) -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// -----

// Larger weights of large inputs make smaller inputs, which int8 activations would lose.
// CHECK-LABEL: @quantized_activations_stay
// CHECK-NOT: halftone.mul
// CHECK: halftone.matmul %arg0
func.func @quantized_activations_stay(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
  %w = halftone.constant dense<[[0.4], [7.0]]> : tensor<2x1xf32>
  %y = halftone.matmul %x, %w {halftone.gram_matrix = dense<[[256.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>,
      halftone.scheme = {weights = {format = "int4"}, activations = {format = "int8", when = "dynamic"}}}
      : (tensor<3x2xf32>, tensor<2x1xf32>) -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}
