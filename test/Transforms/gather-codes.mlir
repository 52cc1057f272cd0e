// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-gather-codes | FileCheck %s

// Codes and scales of the rows that are read; a group lies in one row.
// CHECK-LABEL: @gathers_codes_and_scales_of_groups
// CHECK:         %[[Q:.*]] = halftone.gather %{{.*}} {axis = 0 : i64} : (tensor<4x6xi4>, tensor<?xi64>) -> tensor<?x6xi4>
// CHECK:         %[[S:.*]] = halftone.gather %{{.*}} {axis = 0 : i64} : (tensor<4x2xf32>, tensor<?xi64>) -> tensor<?x2xf32>
// CHECK:         %[[Y:.*]] = halftone.dequantize %[[Q]], %[[S]], %{{.*}} {blocks = array<i64: 1, 3>}
// CHECK:         return %[[Y]]
func.func @gathers_codes_and_scales_of_groups(%i: tensor<?xi64>) -> tensor<?x6xf32> {
  %q = halftone.constant dense<1> : tensor<4x6xi4>
  %s = halftone.constant dense<0.5> : tensor<4x2xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 1, 3>} : (tensor<4x6xi4>, tensor<4x2xf32>, tensor<i4>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<?xi64>) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// One scale per row: a dimension of 1 makes it broadcast to what is read.
// CHECK-LABEL: @gathers_scales_of_rows
// CHECK:         %[[S:.*]] = halftone.gather %{{.*}} : (tensor<4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
// CHECK:         %[[U:.*]] = halftone.unsqueeze %[[S]] {axes = array<i64: 2>}
// CHECK:         halftone.dequantize %{{.*}}, %[[U]], %{{.*}} : (tensor<2x3x6xi8>, tensor<2x3x1xf32>, tensor<i8>) -> tensor<2x3x6xf32>
func.func @gathers_scales_of_rows(%i: tensor<2x3xi64>) -> tensor<2x3x6xf32> {
  %q = halftone.constant dense<1> : tensor<4x6xi8>
  %s = halftone.constant dense<0.5> : tensor<4xf32>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z {axis = 0 : i64} : (tensor<4x6xi8>, tensor<4xf32>, tensor<i8>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<2x3xi64>) -> tensor<2x3x6xf32>
  return %y : tensor<2x3x6xf32>
}

// Scales of the other dimension are those of every row.
// CHECK-LABEL: @keeps_scales_of_columns
// CHECK:         halftone.dequantize %{{.*}}, %{{.*}}, %{{.*}} {axis = 2 : i64} : (tensor<2x3x6xi8>, tensor<6xf32>, tensor<i8>)
func.func @keeps_scales_of_columns(%i: tensor<2x3xi64>) -> tensor<2x3x6xf32> {
  %q = halftone.constant dense<1> : tensor<4x6xi8>
  %s = halftone.constant dense<0.5> : tensor<6xf32>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z {axis = 1 : i64} : (tensor<4x6xi8>, tensor<6xf32>, tensor<i8>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<2x3xi64>) -> tensor<2x3x6xf32>
  return %y : tensor<2x3x6xf32>
}

// Scales that are codes themselves are gathered as codes.
// CHECK-LABEL: @gathers_every_level_of_scales
// CHECK:         halftone.gather %{{.*}} : (tensor<4x6xf4E2M1FN>, tensor<2xi64>) -> tensor<2x6xf4E2M1FN>
// CHECK:         halftone.gather %{{.*}} : (tensor<4x2xf8E8M0FNU>, tensor<2xi64>) -> tensor<2x2xf8E8M0FNU>
// CHECK:         %[[S:.*]] = halftone.dequantize %{{.*}} : (tensor<2x2xf8E8M0FNU>
// CHECK:         halftone.dequantize %{{.*}}, %[[S]], %{{.*}} {blocks = array<i64: 1, 3>} : (tensor<2x6xf4E2M1FN>
func.func @gathers_every_level_of_scales(%i: tensor<2xi64>) -> tensor<2x6xf32> {
  %q = halftone.constant dense<1.0> : tensor<4x6xf4E2M1FN>
  %e = halftone.constant dense<1.0> : tensor<4x2xf8E8M0FNU>
  %one = halftone.constant dense<1.0> : tensor<f32>
  %none = halftone.constant dense<1.0> : tensor<f8E8M0FNU>
  %z = halftone.constant dense<0.0> : tensor<f4E2M1FN>
  %s = halftone.dequantize %e, %one, %none : (tensor<4x2xf8E8M0FNU>, tensor<f32>, tensor<f8E8M0FNU>) -> tensor<4x2xf32>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 1, 3>} : (tensor<4x6xf4E2M1FN>, tensor<4x2xf32>, tensor<f4E2M1FN>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<2xi64>) -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}

// CHECK-LABEL: @gathers_scales_before_they_are_converted
// CHECK:         %[[H:.*]] = halftone.gather %{{.*}} : (tensor<4x2xf16>, tensor<2xi64>) -> tensor<2x2xf16>
// CHECK:         halftone.cast %[[H]] {to = f32} : (tensor<2x2xf16>) -> tensor<2x2xf32>
func.func @gathers_scales_before_they_are_converted(%i: tensor<2xi64>) -> tensor<2x6xf32> {
  %q = halftone.constant dense<1> : tensor<4x6xi4>
  %h = halftone.constant dense<0.5> : tensor<4x2xf16>
  %z = halftone.constant dense<0> : tensor<i4>
  %s = halftone.cast %h {to = f32} : (tensor<4x2xf16>) -> tensor<4x2xf32>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 1, 3>} : (tensor<4x6xi4>, tensor<4x2xf32>, tensor<i4>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<2xi64>) -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}

// CHECK-LABEL: @gathers_indices_of_codebooks
// CHECK:         halftone.gather %{{.*}} : (tensor<4x1x4xf32>, tensor<2xi64>) -> tensor<2x1x4xf32>
// CHECK:         halftone.gather %{{.*}} : (tensor<4x6xui2>, tensor<2xi64>) -> tensor<2x6xui2>
// CHECK:         halftone.lookup {{.*}} {blocks = array<i64: 1, 6>}
func.func @gathers_indices_of_codebooks(%i: tensor<2xi64>) -> tensor<2x6xf32> {
  %q = halftone.constant dense<1> : tensor<4x6xui2>
  %t = halftone.constant dense<0.5> : tensor<4x1x4xf32>
  %w = halftone.lookup %q, %t {blocks = array<i64: 1, 6>} : (tensor<4x6xui2>, tensor<4x1x4xf32>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<2xi64>) -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}

// CHECK-LABEL: @gathers_planes
// CHECK:         halftone.gather %{{.*}} {axis = 1 : i64} : (tensor<2x4x6xi1>, tensor<3xi64>) -> tensor<2x3x6xi1>
// CHECK:         halftone.gather %{{.*}} {axis = 1 : i64} : (tensor<2x4x1xf32>, tensor<3xi64>) -> tensor<2x3x1xf32>
// CHECK:         halftone.gather %{{.*}} : (tensor<4x1xf32>, tensor<3xi64>) -> tensor<3x1xf32>
// CHECK:         halftone.binary_decode
func.func @gathers_planes(%i: tensor<3xi64>) -> tensor<3x6xf32> {
  %p = halftone.constant dense<true> : tensor<2x4x6xi1>
  %s = halftone.constant dense<0.5> : tensor<2x4x1xf32>
  %o = halftone.constant dense<0.0> : tensor<4x1xf32>
  %w = halftone.binary_decode %p, %s, %o {blocks = array<i64: 1, 6>} : (tensor<2x4x6xi1>, tensor<2x4x1xf32>, tensor<4x1xf32>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<3xi64>) -> tensor<3x6xf32>
  return %y : tensor<3x6xf32>
}

// A block of two rows has one scale for both: that of row i is i / 2, where i counts from the end if it is negative.
// CHECK-LABEL: @finds_the_block_of_a_row
// CHECK-SAME:    (%[[I:.*]]: tensor<2xi64>)
// CHECK:         %[[CODES:.*]] = halftone.gather %{{.*}}, %[[I]] {{.*}} -> tensor<2x6xi4>
// CHECK:         %[[FOUR:.*]] = halftone.constant dense<4> : tensor<i64>
// CHECK:         %[[FROM_END:.*]] = halftone.add %[[I]], %[[FOUR]]
// CHECK:         %[[ROWS:.*]] = halftone.where %{{.*}}, %[[FROM_END]], %[[I]]
// CHECK:         %[[TWO:.*]] = halftone.constant dense<2> : tensor<i64>
// CHECK:         %[[BLOCKS:.*]] = halftone.div %[[ROWS]], %[[TWO]]
// CHECK:         %[[SCALES:.*]] = halftone.gather %{{.*}}, %[[BLOCKS]] {{.*}} -> tensor<2x6xf32>
// CHECK:         halftone.dequantize %[[CODES]], %[[SCALES]], %{{.*}} {blocks = array<i64: 1, 1>}
func.func @finds_the_block_of_a_row(%i: tensor<2xi64>) -> tensor<2x6xf32> {
  %q = halftone.constant dense<1> : tensor<4x6xi4>
  %s = halftone.constant dense<0.5> : tensor<2x6xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 2, 1>} : (tensor<4x6xi4>, tensor<2x6xf32>, tensor<i4>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<2xi64>) -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}

// A block as large as the table is one scale, whichever rows are read.
// CHECK-LABEL: @block_of_all_rows
// CHECK:         %[[CODES:.*]] = halftone.gather %{{.*}} -> tensor<9x6xi4>
// CHECK:         %[[SCALE:.*]] = halftone.squeeze %{{.*}} -> tensor<f32>
// CHECK:         halftone.dequantize %[[CODES]], %[[SCALE]], %{{[0-9]+}} : (tensor<9x6xi4>, tensor<f32>, tensor<i4>)
func.func @block_of_all_rows(%i: tensor<9xi64>) -> tensor<9x6xf32> {
  %q = halftone.constant dense<1> : tensor<4x6xi4>
  %s = halftone.constant dense<0.5> : tensor<1x1xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 64, 64>} : (tensor<4x6xi4>, tensor<1x1xf32>, tensor<i4>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<9xi64>) -> tensor<9x6xf32>
  return %y : tensor<9x6xf32>
}

// Activations are decoded anyway.
// CHECK-LABEL: @declines_codes_that_are_not_constant
// CHECK:         %[[W:.*]] = halftone.dequantize
// CHECK:         halftone.gather %[[W]]
func.func @declines_codes_that_are_not_constant(%q: tensor<4x6xi8>, %i: tensor<2xi64>) -> tensor<2x6xf32> {
  %s = halftone.constant dense<0.5> : tensor<f32>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z : (tensor<4x6xi8>, tensor<f32>, tensor<i8>) -> tensor<4x6xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<4x6xf32>, tensor<2xi64>) -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}
