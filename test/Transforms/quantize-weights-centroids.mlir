// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-quantize-weights | FileCheck %s

// K-means puts -1 and -0.8 together at their mean. The first input is three times as large as the second, and always
// goes with it: -1 and three times -0.8 are met by the centroid (-1 - 2.4) / 4. The codes are those of nearest.
// CHECK-LABEL: @centroids_fit_the_output
// CHECK-SAME: output_sqnr = {{.*}}output_sqnr_nearest = {{.*}}rounding = "centroids"
// CHECK-DAG: %[[C:.*]] = halftone.constant dense<{{\[}}[0], [0], [3]]> : tensor<3x1xui2>
// CHECK-DAG: %[[T:.*]] = halftone.constant dense<{{\[}}{{\[}}[-8.50{{[0-9]*}}e-01, {{.*}}, 5.000000e+00]]]> : tensor<1x1x4xf32>
// CHECK: halftone.lookup %[[C]], %[[T]]
// CHECK: halftone.matmul
// CHECK-NOT: gram_matrix
func.func @centroids_fit_the_output(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[-1.0], [-0.8], [5.0]]> : tensor<3x1xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "kmeans2", granularity = "channel", rounding = "centroids"}},
      halftone.gram_matrix = dense<[[1.0, 3.0, 0.0], [3.0, 9.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("fc")
  return %y : tensor<5x1xf32>
}

// Each group of channels has inputs, and codebooks, of its own: only the first has inputs that go together.
// CHECK-LABEL: @groups_fit_their_own_inputs
// CHECK: halftone.constant dense<{{\[}}{{\[}}{{\[}}[-8.50{{.*}}]]], {{\[}}{{\[}}[-0.8999{{.*}}]]]]> : tensor<2x1x1x4xf32>
func.func @groups_fit_their_own_inputs(%x: tensor<1x2x9xf32>) -> tensor<1x2x7xf32> {
  %w = halftone.constant dense<[[[-1.0, -0.8, 5.0]], [[-1.0, -0.8, 5.0]]]> : tensor<2x1x3xf32>
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, group = 2 : i64,
      halftone.scheme = {weights = {format = "kmeans2", granularity = "channel", rounding = "centroids"}},
      halftone.gram_matrix = dense<[[[1.0, 3.0, 0.0], [3.0, 9.0, 0.0], [0.0, 0.0, 1.0]],
                                    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]> : tensor<2x3x3xf32>}
      : (tensor<1x2x9xf32>, tensor<2x1x3xf32>) -> tensor<1x2x7xf32> loc("depthwise")
  return %y : tensor<1x2x7xf32>
}

// One codebook for all channels, which see the same inputs: half way between the -0.85 of the first and the -0.8 of the second.
// CHECK-LABEL: @channels_share_a_codebook
// CHECK: halftone.constant dense<[-0.825{{[0-9]*}}, {{.*}}, 5.000000e+00]> : tensor<4xf32>
func.func @channels_share_a_codebook(%x: tensor<5x3xf32>) -> tensor<5x2xf32> {
  %w = halftone.constant dense<[[-1.0, -0.8], [-0.8, -0.8], [5.0, 5.0]]> : tensor<3x2xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "kmeans2", granularity = "tensor", rounding = "centroids"}},
      halftone.gram_matrix = dense<[[1.0, 3.0, 0.0], [3.0, 9.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x2xf32>) -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}
