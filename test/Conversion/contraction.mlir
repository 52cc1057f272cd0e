// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// The columns are the innermost loop: contiguous in both the right-hand side and the result.
// CHECK-DAG: #[[$LHS:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[$RHS:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[$OUT:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-LABEL: @multiplies_with_columns_innermost
// CHECK:         linalg.generic {indexing_maps = [#[[$LHS]], #[[$RHS]], #[[$OUT]]], iterator_types = ["parallel", "reduction", "parallel"]}
func.func @multiplies_with_columns_innermost(%a: tensor<?x8xf32>, %b: tensor<8x4xf32>) -> tensor<?x4xf32> {
  %0 = halftone.matmul %a, %b : (tensor<?x8xf32>, tensor<8x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: @accumulates_codes_in_i32
// CHECK:           %[[A:.*]] = arith.extui %{{.*}} : i8 to i32
// CHECK:           arith.subi %[[A]]
// CHECK:           %[[B:.*]] = arith.extsi %{{.*}} : i8 to i32
// CHECK:           arith.muli %{{.*}}, %[[B]]
func.func @accumulates_codes_in_i32(%a: tensor<2x8xui8>, %b: tensor<8x4xi8>, %za: tensor<ui8>) -> tensor<2x4xi32> {
  %zb = halftone.constant dense<0> : tensor<i8>
  %0 = halftone.matmul_integer %a, %b, %za, %zb : (tensor<2x8xui8>, tensor<8x4xi8>, tensor<ui8>, tensor<i8>) -> tensor<2x4xi32>
  return %0 : tensor<2x4xi32>
}

// Padding with the zero point contributes nothing.
// CHECK-LABEL: @pads_codes_with_their_zero_point
// CHECK-SAME:    %{{.*}}: tensor<1x1x4x4xi8>, %{{.*}}: tensor<1x1x3x3xi8>, %[[Z:.*]]: tensor<i8>
// CHECK:         %[[ZERO:.*]] = tensor.extract %[[Z]][]
// CHECK:         linalg.fill ins(%[[ZERO]] : i8)
func.func @pads_codes_with_their_zero_point(%x: tensor<1x1x4x4xui8>, %w: tensor<1x1x3x3xi8>, %z: tensor<ui8>) -> tensor<1x1x4x4xi32> {
  %zw = halftone.constant dense<0> : tensor<i8>
  %0 = halftone.conv_integer %x, %w, %z, %zw {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x1x4x4xui8>, tensor<1x1x3x3xi8>, tensor<ui8>, tensor<i8>) -> tensor<1x1x4x4xi32>
  return %0 : tensor<1x1x4x4xi32>
}

// CHECK-LABEL: @splits_channels_by_group
// CHECK:         tensor.expand_shape %{{.*}} output_shape [1, 2, 2, 5, 5]
// CHECK:         tensor.expand_shape %{{.*}} output_shape [2, 3, 2, 3, 3]
// CHECK:         tensor.collapse_shape %{{.*}} : tensor<1x2x3x3x3xf32> into tensor<1x6x3x3xf32>
func.func @splits_channels_by_group(%x: tensor<1x4x5x5xf32>, %w: tensor<6x2x3x3xf32>) -> tensor<1x6x3x3xf32> {
  %0 = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
      : (tensor<1x4x5x5xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x3x3xf32>
  return %0 : tensor<1x6x3x3xf32>
}

// Padded elements never win, not even against the lowest value.
// CHECK-LABEL: @pads_maxima_with_infinity
// CHECK:         %[[LOWEST:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         linalg.fill ins(%[[LOWEST]] : f32)
// CHECK:           arith.maximumf
func.func @pads_maxima_with_infinity(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32> {
  %0 = halftone.max_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>}
      : (tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32>
  return %0 : tensor<1x1x2x2xf32>
}
