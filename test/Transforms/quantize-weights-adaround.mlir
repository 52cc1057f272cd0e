// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-quantize-weights | FileCheck %s

// The first two inputs were always equal: one of the weights goes up, as one of the two learns sooner; the
// other down, as their sum is what matters.
// CHECK-LABEL: @weights_go_up_or_down
// CHECK-SAME: output_sqnr = {{.*}}output_sqnr_nearest = {{.*}}rounding = "adaround"
// CHECK: halftone.constant dense<{{\[}}[0], [1], [7]]> : tensor<3x1xi4>
// CHECK: halftone.matmul
// CHECK-NOT: gram_matrix
func.func @weights_go_up_or_down(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [0.45], [7.0]]> : tensor<3x1xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "adaround"}},
      halftone.gram_matrix = dense<[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>,
      halftone.held_back_gram_matrix = dense<[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("fc")
  return %y : tensor<5x1xf32>
}

// On the samples that were held back the two inputs are opposites: what was learned makes the error there
// larger than nearest does, and so the layer keeps nearest.
// CHECK-LABEL: @a_layer_never_gets_worse_than_nearest
// CHECK: halftone.constant dense<{{\[}}[0], [0], [7]]> : tensor<3x1xi4>
func.func @a_layer_never_gets_worse_than_nearest(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [0.45], [7.0]]> : tensor<3x1xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "adaround"}},
      halftone.gram_matrix = dense<[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>,
      halftone.held_back_gram_matrix = dense<[[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("fc")
  return %y : tensor<5x1xf32>
}

// Each group of channels learns by its own inputs.
// CHECK-LABEL: @groups_learn_by_their_own_inputs
// CHECK: halftone.constant dense<{{\[}}{{\[}}[0, 1, 7]], {{\[}}[0, 0, 7]]]> : tensor<2x1x3xi4>
func.func @groups_learn_by_their_own_inputs(%x: tensor<1x2x9xf32>) -> tensor<1x2x7xf32> {
  %w = halftone.constant dense<[[[0.4, 0.45, 7.0]], [[0.4, 0.45, 7.0]]]> : tensor<2x1x3xf32>
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, group = 2 : i64,
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "adaround", adaround = {iterations = 200, lambda = 0.3}}},
      halftone.gram_matrix = dense<[[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
                                    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]> : tensor<2x3x3xf32>,
      halftone.held_back_gram_matrix = dense<[[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
                                              [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]> : tensor<2x3x3xf32>}
      : (tensor<1x2x9xf32>, tensor<2x1x3xf32>) -> tensor<1x2x7xf32> loc("depthwise")
  return %y : tensor<1x2x7xf32>
}
