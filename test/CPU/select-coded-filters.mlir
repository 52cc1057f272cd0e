// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64-v4 --canonicalize | FileCheck %s

// A kernel that reads the filter once for every row of the image wants numbers: they are decoded into its panels when the
// program runs. A group of 18 weights is two channels of 3 x 3, in the order of the filter; the window wants channels last.
// CHECK-LABEL: @decodes_into_panels
// CHECK-DAG: %[[CODES:.*]] = halftone.constant {{.*}} : tensor<1x18x32xi8>
// CHECK-DAG: %[[SCALES:.*]] = halftone.constant {{.*}} : tensor<1x2x32xf32>
// CHECK-NOT: halftone.dequantize
// CHECK: %[[W:.*]] = halftone.decode_panels ins(%[[CODES]] : {{.*}}) decoder_ins(%[[SCALES]] : {{.*}}) outs({{.*}} : tensor<1x36x32xf32>)
// CHECK-SAME: decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 18, columns = 1>]>
// CHECK-SAME: padded = array<i64: 4, 3, 3>, sizes = array<i64: 4, 3, 3>, strides = array<i64: 1, 12, 4>
// CHECK: %[[RHS:.*]] = tensor.expand_shape %[[W]] {{.*}} into tensor<1x36x32x1xf32>
// CHECK: halftone.contract ins(%{{.*}}, %[[RHS]]
func.func @decodes_into_panels(%x: tensor<1x8x8x4xf32>) -> tensor<1x6x6x32xf32> {
  %q = halftone.constant dense<3> : tensor<32x4x3x3xi4>
  %s = halftone.constant dense<0.5> : tensor<32x2x1x1xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 1, 2, 3, 3>} : (tensor<32x4x3x3xi4>, tensor<32x2x1x1xf32>, tensor<i4>) -> tensor<32x4x3x3xf32>
  %0 = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, layout = 1 : i32} : (tensor<1x8x8x4xf32>, tensor<32x4x3x3xf32>) -> tensor<1x6x6x32xf32>
  return %0 : tensor<1x6x6x32xf32>
}

// Pairs do not divide 3: every row of taps has a fourth one that nothing reads.
// CHECK-LABEL: @pads_blocks_that_end_within_a_row
// CHECK: halftone.decode_panels
// CHECK-SAME: <"scale", ui1, group = 2, columns = 1>, <"scale_table", f32, group = 0, columns = 0>, <"scale", f8E8M0FNU, group = 12, columns = 1>
// CHECK-SAME: padded = array<i64: 4, 3, 4>, sizes = array<i64: 4, 3, 3>
func.func @pads_blocks_that_end_within_a_row(%x: tensor<1x8x8x4xf32>) -> tensor<1x6x6x32xf32> {
  %q = halftone.constant dense<3> : tensor<32x4x3x3xi4>
  %e = halftone.constant dense<1.0> : tensor<32x4x1x1xf8E8M0FNU>
  %one = halftone.constant dense<1.0> : tensor<f32>
  %none = halftone.constant dense<1.0> : tensor<f8E8M0FNU>
  %outer = halftone.dequantize %e, %one, %none {axis = 0 : i64} : (tensor<32x4x1x1xf8E8M0FNU>, tensor<f32>, tensor<f8E8M0FNU>) -> tensor<32x4x1x1xf32>
  %b = halftone.constant dense<1> : tensor<32x4x3x2xui1>
  %t = halftone.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %n = halftone.lookup %b, %t : (tensor<32x4x3x2xui1>, tensor<2xf32>) -> tensor<32x4x3x2xf32>
  %zero = halftone.constant dense<0.0> : tensor<f32>
  %s = halftone.dequantize %n, %outer, %zero {blocks = array<i64: 1, 1, 3, 2>} : (tensor<32x4x3x2xf32>, tensor<32x4x1x1xf32>, tensor<f32>) -> tensor<32x4x3x2xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 1, 1, 1, 2>} : (tensor<32x4x3x3xi4>, tensor<32x4x3x2xf32>, tensor<i4>) -> tensor<32x4x3x3xf32>
  %0 = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, layout = 1 : i32} : (tensor<1x8x8x4xf32>, tensor<32x4x3x3xf32>) -> tensor<1x6x6x32xf32>
  return %0 : tensor<1x6x6x32xf32>
}

// CHECK-LABEL: @decodes_taps_of_channels
// CHECK: %[[W:.*]] = halftone.decode_panels {{.*}} outs({{.*}} : tensor<2x9x16xf32>)
// CHECK-SAME: strides = array<i64: 1, 1, 3>
// CHECK: tensor.expand_shape %[[W]] {{.*}} into tensor<2x3x3x16x1xf32>
// CHECK: halftone.depthwise
func.func @decodes_taps_of_channels(%x: tensor<1x8x8x20xf32>) -> tensor<1x6x6x20xf32> {
  %q = halftone.constant dense<1> : tensor<20x1x3x3xui4>
  %t = halftone.constant dense<0.5> : tensor<20x1x1x1x16xf32>
  %w = halftone.lookup %q, %t {blocks = array<i64: 1, 1, 3, 3>} : (tensor<20x1x3x3xui4>, tensor<20x1x1x1x16xf32>) -> tensor<20x1x3x3xf32>
  %0 = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 20 : i64, layout = 1 : i32} : (tensor<1x8x8x20xf32>, tensor<20x1x3x3xf32>) -> tensor<1x6x6x20xf32>
  return %0 : tensor<1x6x6x20xf32>
}

// A convolution over one dimension, behind the height that it was given.
// CHECK-LABEL: @looks_through_a_new_dimension
// CHECK: halftone.decode_panels
// CHECK-SAME: sizes = array<i64: 4, 1, 5>
func.func @looks_through_a_new_dimension(%x: tensor<1x1x8x4xf32>) -> tensor<1x1x4x32xf32> {
  %q = halftone.constant dense<1> : tensor<32x4x5xi4>
  %s = halftone.constant dense<0.5> : tensor<32xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %n = halftone.dequantize %q, %s, %z {axis = 0 : i64} : (tensor<32x4x5xi4>, tensor<32xf32>, tensor<i4>) -> tensor<32x4x5xf32>
  %w = halftone.unsqueeze %n {axes = array<i64: 2>} : (tensor<32x4x5xf32>) -> tensor<32x4x1x5xf32>
  %0 = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, layout = 1 : i32} : (tensor<1x1x8x4xf32>, tensor<32x4x1x5xf32>) -> tensor<1x1x4x32xf32>
  return %0 : tensor<1x1x4x32xf32>
}
