// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-fuse-qdq | FileCheck %s

// Two constant scales are one multiplication: 0.5 * [2, 4].
// CHECK-LABEL: @matmul_of_codes_is_exact
// CHECK-DAG: %[[S:.*]] = halftone.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: %[[A:.*]] = halftone.matmul_integer %arg0, %arg1, %{{.*}}, %{{.*}} : (tensor<3x4xui8>, tensor<4x2xi8>, tensor<ui8>, tensor<i8>) -> tensor<3x2xi32>
// CHECK: %[[Y:.*]] = halftone.dequantize %[[A]], %[[S]], %{{.*}} {axis = 1 : i64} : (tensor<3x2xi32>, tensor<2xf32>, tensor<i32>) -> tensor<3x2xf32>
// CHECK: return %[[Y]]
func.func @matmul_of_codes_is_exact(%a: tensor<3x4xui8>, %w: tensor<4x2xi8>) -> tensor<3x2xf32> {
  %sa = halftone.constant dense<0.5> : tensor<f32>
  %za = halftone.constant dense<128> : tensor<ui8>
  %sw = halftone.constant dense<[2.0, 4.0]> : tensor<2xf32>
  %zw = halftone.constant dense<0> : tensor<i8>
  %x = halftone.dequantize %a, %sa, %za : (tensor<3x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<3x4xf32>
  %y = halftone.dequantize %w, %sw, %zw {axis = 1 : i64} : (tensor<4x2xi8>, tensor<2xf32>, tensor<i8>) -> tensor<4x2xf32>
  %z = halftone.matmul %x, %y : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  return %z : tensor<3x2xf32>
}

// A scale per token is not constant; it multiplies each row afterwards.
// CHECK-LABEL: @token_scales_multiply_rows
// CHECK: %[[A:.*]] = halftone.matmul_integer
// CHECK: %[[Y:.*]] = halftone.dequantize %[[A]]
// CHECK: halftone.mul %[[Y]], %arg2 : (tensor<?x2xf32>, tensor<?x1xf32>) -> tensor<?x2xf32>
func.func @token_scales_multiply_rows(%a: tensor<?x4xi8>, %w: tensor<4x2xi8>, %sa: tensor<?x1xf32>, %za: tensor<?x1xi8>) -> tensor<?x2xf32> {
  %sw = halftone.constant dense<[2.0, 4.0]> : tensor<2xf32>
  %zw = halftone.constant dense<0> : tensor<i8>
  %x = halftone.dequantize %a, %sa, %za : (tensor<?x4xi8>, tensor<?x1xf32>, tensor<?x1xi8>) -> tensor<?x4xf32>
  %y = halftone.dequantize %w, %sw, %zw {axis = 1 : i64} : (tensor<4x2xi8>, tensor<2xf32>, tensor<i8>) -> tensor<4x2xf32>
  %z = halftone.matmul %x, %y : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  return %z : tensor<?x2xf32>
}

// CHECK-LABEL: @conv_of_codes_is_exact
// CHECK: %[[A:.*]] = halftone.conv_integer
// CHECK-SAME: pads = array<i64: 1, 1, 1, 1>
// CHECK-SAME: -> tensor<1x2x4x4xi32>
// CHECK: halftone.dequantize %[[A]], %{{.*}}, %{{.*}} {axis = 1 : i64}
func.func @conv_of_codes_is_exact(%a: tensor<1x1x4x4xui8>, %f: tensor<2x1x3x3xi8>) -> tensor<1x2x4x4xf32> {
  %sa = halftone.constant dense<0.5> : tensor<f32>
  %za = halftone.constant dense<128> : tensor<ui8>
  %sf = halftone.constant dense<[2.0, 4.0]> : tensor<2xf32>
  %zf = halftone.constant dense<0> : tensor<i8>
  %x = halftone.dequantize %a, %sa, %za : (tensor<1x1x4x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<1x1x4x4xf32>
  %y = halftone.dequantize %f, %sf, %zf {axis = 0 : i64} : (tensor<2x1x3x3xi8>, tensor<2xf32>, tensor<i8>) -> tensor<2x1x3x3xf32>
  %z = halftone.conv %x, %y {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x1x4x4xf32>, tensor<2x1x3x3xf32>) -> tensor<1x2x4x4xf32>
  return %z : tensor<1x2x4x4xf32>
}

// A scale varying along K cannot leave the sum, so the float matmul must stay.
// CHECK-LABEL: @declines_scale_along_reduction
// CHECK: halftone.matmul %
// CHECK-NOT: halftone.matmul_integer
func.func @declines_scale_along_reduction(%a: tensor<3x4xui8>, %w: tensor<4x2xi8>) -> tensor<3x2xf32> {
  %sa = halftone.constant dense<0.5> : tensor<f32>
  %za = halftone.constant dense<128> : tensor<ui8>
  %sw = halftone.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zw = halftone.constant dense<0> : tensor<i8>
  %x = halftone.dequantize %a, %sa, %za : (tensor<3x4xui8>, tensor<f32>, tensor<ui8>) -> tensor<3x4xf32>
  %y = halftone.dequantize %w, %sw, %zw {axis = 0 : i64} : (tensor<4x2xi8>, tensor<4xf32>, tensor<i8>) -> tensor<4x2xf32>
  %z = halftone.matmul %x, %y : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  return %z : tensor<3x2xf32>
}

// 65794 products of ui8 and i8 can exceed i32: 255 * 128 * 65794 > 2^31.
// CHECK-LABEL: @declines_sum_that_could_overflow
// CHECK-NOT: halftone.matmul_integer
func.func @declines_sum_that_could_overflow(%a: tensor<3x65794xui8>, %w: tensor<65794x2xi8>) -> tensor<3x2xf32> {
  %sa = halftone.constant dense<0.5> : tensor<f32>
  %za = halftone.constant dense<128> : tensor<ui8>
  %zw = halftone.constant dense<0> : tensor<i8>
  %x = halftone.dequantize %a, %sa, %za : (tensor<3x65794xui8>, tensor<f32>, tensor<ui8>) -> tensor<3x65794xf32>
  %y = halftone.dequantize %w, %sa, %zw : (tensor<65794x2xi8>, tensor<f32>, tensor<i8>) -> tensor<65794x2xf32>
  %z = halftone.matmul %x, %y : (tensor<3x65794xf32>, tensor<65794x2xf32>) -> tensor<3x2xf32>
  return %z : tensor<3x2xf32>
}
