// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-raise-convolutions | FileCheck %s

// Between the convolutions the height stays; the bias is a constant of its own rank.
// CHECK-LABEL: @keeps_the_height_between_convolutions
// CHECK-DAG: %[[F:.*]] = halftone.constant dense<1.000000e+00> : tensor<4x3x1x5xf32>
// CHECK-DAG: %[[BIAS:.*]] = halftone.constant {{.*}} : tensor<4x1x1xf32>
// CHECK: %[[X:.*]] = halftone.unsqueeze %arg0 {axes = array<i64: 2>} : (tensor<?x3x?xf32>) -> tensor<?x3x1x?xf32>
// CHECK: %[[Y:.*]] = halftone.conv %[[X]], %[[F]] {dilations = array<i64: 1, 2>, pads = array<i64: 0, 4, 0, 3>, strides = array<i64: 1, 2>} {{.*}} -> tensor<?x4x1x?xf32>
// CHECK: %[[SUM:.*]] = halftone.add %[[Y]], %[[BIAS]] : (tensor<?x4x1x?xf32>, tensor<4x1x1xf32>) -> tensor<?x4x1x?xf32>
// CHECK: %[[RELU:.*]] = halftone.relu %[[SUM]]
// CHECK: %[[Z:.*]] = halftone.conv %[[RELU]], {{.*}}group = 4 : i64{{.*}} -> tensor<?x4x1x?xf32>
// CHECK: %[[ROW:.*]] = halftone.squeeze %[[Z]] {axes = array<i64: 2>}
// CHECK: return %[[ROW]] : tensor<?x4x?xf32>
func.func @keeps_the_height_between_convolutions(%x: tensor<?x3x?xf32>) -> tensor<?x4x?xf32> {
  %f = halftone.constant dense<1.0> : tensor<4x3x5xf32>
  %bias = halftone.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>
  %g = halftone.constant dense<2.0> : tensor<4x1x1xf32>
  %0 = halftone.conv %x, %f {strides = array<i64: 2>, dilations = array<i64: 2>, pads = array<i64: 4, 3>} : (tensor<?x3x?xf32>, tensor<4x3x5xf32>) -> tensor<?x4x?xf32>
  %1 = halftone.add %0, %bias : (tensor<?x4x?xf32>, tensor<4x1xf32>) -> tensor<?x4x?xf32>
  %2 = halftone.relu %1 : (tensor<?x4x?xf32>) -> tensor<?x4x?xf32>
  %3 = halftone.conv %2, %g {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, group = 4 : i64} : (tensor<?x4x?xf32>, tensor<4x1x1xf32>) -> tensor<?x4x?xf32>
  return %3 : tensor<?x4x?xf32>
}

// One scale per tensor stays one when there is another dimension of size 1.
// CHECK-LABEL: @keeps_the_height_of_codes
// CHECK: %[[P:.*]] = halftone.max_pool {{.*}}kernel = array<i64: 1, 2>
// CHECK: %[[Q:.*]], %[[S:.*]], %[[Z:.*]] = halftone.dynamic_quantize %[[P]] {axes = array<i64: 0, 1, 2, 3>{{.*}} -> (tensor<1x3x1x4xui8>, tensor<f32>, tensor<ui8>)
// CHECK: halftone.conv_integer %[[Q]], {{.*}} -> tensor<1x2x1x4xi32>
func.func @keeps_the_height_of_codes(%x: tensor<1x3x8xf32>) -> (tensor<1x2x4xi32>, tensor<f32>) {
  %f = halftone.constant dense<1> : tensor<2x3x1xi8>
  %zero = halftone.constant dense<0> : tensor<i8>
  %0 = halftone.max_pool %x {kernel = array<i64: 2>, strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 0, 0>} : (tensor<1x3x8xf32>) -> tensor<1x3x4xf32>
  %q, %s, %z = halftone.dynamic_quantize %0 {axes = array<i64: 0, 1, 2>, symmetric = false, to = ui8} : (tensor<1x3x4xf32>) -> (tensor<1x3x4xui8>, tensor<f32>, tensor<ui8>)
  %1 = halftone.conv_integer %q, %f, %z, %zero {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>} : (tensor<1x3x4xui8>, tensor<2x3x1xi8>, tensor<ui8>, tensor<i8>) -> tensor<1x2x4xi32>
  return %1, %s : tensor<1x2x4xi32>, tensor<f32>
}

// A scale per column moves with its dimension.
// CHECK-LABEL: @moves_the_axis_of_scales
// CHECK: halftone.quantize %{{.*}} {axis = 3 : i64} : (tensor<1x3x1x4xf32>, tensor<4xf32>, tensor<4xi8>) -> tensor<1x3x1x4xi8>
func.func @moves_the_axis_of_scales(%x: tensor<1x3x8xf32>, %scale: tensor<4xf32>, %zero: tensor<4xi8>) -> tensor<1x3x4xi8> {
  %0 = halftone.average_pool %x {kernel = array<i64: 2>, strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 0, 0>} : (tensor<1x3x8xf32>) -> tensor<1x3x4xf32>
  %1 = halftone.quantize %0, %scale, %zero {axis = 2 : i64} : (tensor<1x3x4xf32>, tensor<4xf32>, tensor<4xi8>) -> tensor<1x3x4xi8>
  return %1 : tensor<1x3x4xi8>
}

// Images have a height.
// CHECK-LABEL: @leaves_others
// CHECK-NOT: halftone.unsqueeze
// CHECK: return
func.func @leaves_others(%x: tensor<1x3x8x8xf32>, %f: tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32> {
  %0 = halftone.conv %x, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  return %0 : tensor<1x4x8x8xf32>
}
