// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-widen-convolutions=target=x86-64-v4 | FileCheck %s

// Four pixels of three channels are twelve of sixteen lanes; three wide windows of a stride of 1 cover six columns. The bias
// goes with each pixel.
// CHECK-LABEL: @few_channels
// CHECK-DAG:   %[[FILTER:.*]] = halftone.constant {{.*}} : tensor<12x5x3x6xf32>
// CHECK-DAG:   %[[BIAS:.*]] = halftone.constant {{.*}} : tensor<1x1x1x12xf32>
// CHECK:       %[[WIDE:.*]] = halftone.conv %{{.*}}, %[[FILTER]] {{.*}}strides = array<i64: 1, 4>{{.*}} -> tensor<?x8x2x12xf32>
// CHECK:       %[[SUM:.*]] = halftone.add %[[WIDE]], %[[BIAS]]
// CHECK:       %[[RELU:.*]] = halftone.relu %[[SUM]]
// CHECK:       halftone.reshape %[[RELU]], %{{.*}} -> tensor<?x8x8x3xf32>
// CHECK-NEXT:  return
func.func @few_channels(%x: tensor<?x8x8x5xf32>) -> tensor<?x8x8x3xf32> {
  %w = halftone.constant dense<0.5> : tensor<3x5x3x3xf32>
  %b = halftone.constant dense<[[[[1.0, 2.0, 3.0]]]]> : tensor<1x1x1x3xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 1 : i64} : (tensor<?x8x8x5xf32>, tensor<3x5x3x3xf32>) -> tensor<?x8x8x3xf32>
  %1 = halftone.add %0, %b : (tensor<?x8x8x3xf32>, tensor<1x1x1x3xf32>) -> tensor<?x8x8x3xf32>
  %2 = halftone.relu %1 : (tensor<?x8x8x3xf32>) -> tensor<?x8x8x3xf32>
  return %2 : tensor<?x8x8x3xf32>
}

// Where each pixel's filter stands, and what stands for zero around it.
// CHECK-LABEL: @places_filters
// CHECK:       halftone.constant dense<{{\[\[\[\[}}1, 2, 3, 7, 7, 7]]], {{\[\[\[}}7, 1, 2, 3, 7, 7]]], {{\[\[\[}}7, 7, 1, 2, 3, 7]]], {{\[\[\[}}7, 7, 7, 1, 2, 3]]]]> : tensor<4x1x1x6xi8>
// CHECK:       halftone.constant dense<7> : tensor<i8>
func.func @places_filters(%x: tensor<1x1x6x1xui8>) -> tensor<1x1x4x1xi32> {
  %w = halftone.constant dense<[[[[1, 2, 3]]]]> : tensor<1x1x1x3xi8>
  %z = halftone.constant dense<3> : tensor<ui8>
  %zw = halftone.constant dense<7> : tensor<1xi8>
  %0 = halftone.conv_integer %x, %w, %z, %zw {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x1x6x1xui8>, tensor<1x1x1x3xi8>, tensor<ui8>, tensor<1xi8>) -> tensor<1x1x4x1xi32>
  return %0 : tensor<1x1x4x1xi32>
}

// With a stride of 2 the windows share too little: 9 columns for 4 pixels, beside 3 for each.
// CHECK-LABEL: @declines_long_strides
// CHECK:       halftone.conv {{.*}} -> tensor<1x1x4x1xf32>
// CHECK-NEXT:  return
func.func @declines_long_strides(%x: tensor<1x1x9x1xf32>) -> tensor<1x1x4x1xf32> {
  %w = halftone.constant dense<[[[[1.0, 2.0, 3.0]]]]> : tensor<1x1x1x3xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x1x9x1xf32>, tensor<1x1x1x3xf32>) -> tensor<1x1x4x1xf32>
  return %0 : tensor<1x1x4x1xf32>
}

// Sixteen channels fill the vector.
// CHECK-LABEL: @declines_full_vectors
// CHECK:       halftone.conv {{.*}} -> tensor<1x8x8x16xf32>
// CHECK-NEXT:  return
func.func @declines_full_vectors(%x: tensor<1x8x8x5xf32>) -> tensor<1x8x8x16xf32> {
  %w = halftone.constant dense<0.5> : tensor<16x5x3x3xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 1 : i64} : (tensor<1x8x8x5xf32>, tensor<16x5x3x3xf32>) -> tensor<1x8x8x16xf32>
  return %0 : tensor<1x8x8x16xf32>
}

// A sum with another image, which has no groups of pixels.
// CHECK-LABEL: @stops_at_other_images
// CHECK:       halftone.reshape
// CHECK-NEXT:  halftone.add
func.func @stops_at_other_images(%x: tensor<1x8x8x5xf32>, %y: tensor<1x8x8x3xf32>) -> tensor<1x8x8x3xf32> {
  %w = halftone.constant dense<0.5> : tensor<3x5x3x3xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 1 : i64} : (tensor<1x8x8x5xf32>, tensor<3x5x3x3xf32>) -> tensor<1x8x8x3xf32>
  %1 = halftone.add %0, %y : (tensor<1x8x8x3xf32>, tensor<1x8x8x3xf32>) -> tensor<1x8x8x3xf32>
  return %1 : tensor<1x8x8x3xf32>
}

// The one channel goes with four others, pixel by pixel.
// CHECK-LABEL: @stops_at_broadcasts
// CHECK:       halftone.reshape
// CHECK-NEXT:  halftone.mul
func.func @stops_at_broadcasts(%x: tensor<1x8x8x5xf32>) -> tensor<1x8x8x4xf32> {
  %w = halftone.constant dense<0.5> : tensor<1x5x3x3xf32>
  %f = halftone.constant dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 1 : i64} : (tensor<1x8x8x5xf32>, tensor<1x5x3x3xf32>) -> tensor<1x8x8x1xf32>
  %1 = halftone.mul %0, %f : (tensor<1x8x8x1xf32>, tensor<1x1x1x4xf32>) -> tensor<1x8x8x4xf32>
  return %1 : tensor<1x8x8x4xf32>
}

// A reshape of the model's own may move sizes between the first two dimensions.
// CHECK-LABEL: @leaves_other_reshapes
// CHECK:       %[[OWN:.*]] = halftone.reshape %{{.*}}, %{{.*}} : (tensor<?x?x4x8xf32>, tensor<4xi64>) -> tensor<?x?x8x4xf32>
// CHECK-NEXT:  %[[RELU:.*]] = halftone.relu %[[OWN]]
// CHECK:       return %{{.*}}, %[[RELU]]
func.func @leaves_other_reshapes(%x: tensor<1x8x8x5xf32>, %y: tensor<?x?x4x8xf32>, %shape: tensor<4xi64>) -> (tensor<1x8x8x3xf32>, tensor<?x?x8x4xf32>) {
  %w = halftone.constant dense<0.5> : tensor<3x5x3x3xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 1 : i64} : (tensor<1x8x8x5xf32>, tensor<3x5x3x3xf32>) -> tensor<1x8x8x3xf32>
  %1 = halftone.reshape %y, %shape : (tensor<?x?x4x8xf32>, tensor<4xi64>) -> tensor<?x?x8x4xf32>
  %2 = halftone.relu %1 : (tensor<?x?x8x4xf32>) -> tensor<?x?x8x4xf32>
  return %0, %2 : tensor<1x8x8x3xf32>, tensor<?x?x8x4xf32>
}
