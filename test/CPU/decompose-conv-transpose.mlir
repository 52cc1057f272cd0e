// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-decompose-conv-transpose | FileCheck %s

// Each output lies in one of two phases per dimension: 2 * 2 * 1 channels, with the filter's elements 0 and 2, last first,
// in phase 0, and element 1 alone in phase 1.
// CHECK-LABEL: @has_a_channel_for_each_phase
// CHECK: %[[FILTER:.*]] = halftone.constant dense<{{\[\[\[\[}}9.000000e+00, 7.000000e+00], [3.000000e+00, 1.000000e+00]]], {{\[}}{{\[}}[0.000000e+00, 8.000000e+00], [0.000000e+00, 2.000000e+00]]], {{\[}}{{\[}}[0.000000e+00, 0.000000e+00], [6.000000e+00, 4.000000e+00]]], {{\[}}{{\[}}[0.000000e+00, 0.000000e+00], [0.000000e+00, 5.000000e+00]]]]>
// CHECK: %[[PHASES:.*]] = halftone.conv %arg0, %[[FILTER]] {{.*}}pads = array<i64: 1, 1, 1, 1>{{.*}} -> tensor<?x4x6x8xf32>
// CHECK: %[[IMAGE:.*]] = halftone.depth_to_space %[[PHASES]] {blocksize = 2 : i64} : (tensor<?x4x6x8xf32>) -> tensor<?x1x12x16xf32>
// CHECK: %[[STARTS:.*]] = halftone.constant dense<1> : tensor<2xi64>
// CHECK: %[[ENDS:.*]] = halftone.constant dense<-1> : tensor<2xi64>
// CHECK: halftone.slice %[[IMAGE]], %[[STARTS]], %[[ENDS]]{{.*}} -> tensor<?x1x10x14xf32>
func.func @has_a_channel_for_each_phase(%x: tensor<?x1x5x7xf32>) -> tensor<?x1x10x14xf32> {
  %w = halftone.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %y = halftone.conv_transpose %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, output_padding = array<i64: 1, 1>} : (tensor<?x1x5x7xf32>, tensor<1x1x3x3xf32>) -> tensor<?x1x10x14xf32>
  return %y : tensor<?x1x10x14xf32>
}

// With stride 1 the only phase is the output.
// CHECK-LABEL: @is_a_convolution_with_stride_one
// CHECK: halftone.conv {{.*}} -> tensor<1x2x?x8xf32>
// CHECK-NOT: halftone.depth_to_space
// CHECK: halftone.slice {{.*}} -> tensor<1x2x?x8xf32>
func.func @is_a_convolution_with_stride_one(%x: tensor<1x3x?x7xf32>) -> tensor<1x2x?x8xf32> {
  %w = halftone.constant dense<1.0> : tensor<3x2x2x2xf32>
  %y = halftone.conv_transpose %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>} : (tensor<1x3x?x7xf32>, tensor<3x2x2x2xf32>) -> tensor<1x2x?x8xf32>
  return %y : tensor<1x2x?x8xf32>
}

// Padding behind the last phase takes one more convolution output.
// CHECK-LABEL: @pads_the_output
// CHECK: halftone.conv {{.*}}pads = array<i64: 0, 0, 1, 1>{{.*}} -> tensor<1x4x6x6xf32>
// CHECK: halftone.slice {{.*}} -> tensor<1x1x11x11xf32>
func.func @pads_the_output(%x: tensor<1x1x5x5xf32>) -> tensor<1x1x11x11xf32> {
  %w = halftone.constant dense<1.0> : tensor<1x1x2x2xf32>
  %y = halftone.conv_transpose %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 1, 1>} : (tensor<1x1x5x5xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x11x11xf32>
  return %y : tensor<1x1x11x11xf32>
}

// CHECK-LABEL: @keeps_other_filters
// CHECK: halftone.conv_transpose
// CHECK-NOT: halftone.depth_to_space
func.func @keeps_other_filters(%x: tensor<1x1x5x5xf32>, %w: tensor<1x1x2x2xf32>) -> tensor<1x1x10x10xf32> {
  %y = halftone.conv_transpose %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>} : (tensor<1x1x5x5xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x10x10xf32>
  return %y : tensor<1x1x10x10xf32>
}
