// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64-v4+avx512vnni --canonicalize | FileCheck %s

// Weights are packed in panels of the target's vectors.
// CHECK-LABEL: @packs_constant_weights
// CHECK: halftone.contract {{.*}} packing = #halftone.packing<"f32-fma-avx512", nr = 32, kr = 1, k = 8, n = 20>
func.func @packs_constant_weights(%x: tensor<?x8xf32>) -> tensor<?x20xf32> {
  %w = halftone.constant dense<1.0> : tensor<8x20xf32>
  %0 = halftone.matmul %x, %w : (tensor<?x8xf32>, tensor<8x20xf32>) -> tensor<?x20xf32>
  return %0 : tensor<?x20xf32>
}

// The constant part of the zero-point corrections is one vector: -7 * 27 * 3 in each column.
// CHECK-LABEL: @folds_constant_corrections
// CHECK-DAG: dense<-567> : tensor<5xi32>
// CHECK: halftone.contract {{.*}} packing = #halftone.packing<"u8s8-vnni-avx512", nr = 16, kr = 4, k = 36, n = 5>
// CHECK: arith.addi
func.func @folds_constant_corrections(%x: tensor<1x8x8x3xui8>) -> tensor<1x4x4x5xi32> {
  %w = halftone.constant dense<3> : tensor<5x3x3x3xi8>
  %z = halftone.constant dense<7> : tensor<ui8>
  %zr = halftone.constant dense<0> : tensor<i8>
  %0 = halftone.conv_integer %x, %w, %z, %zr {layout = 1 : i32, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 1 : i64} : (tensor<1x8x8x3xui8>, tensor<5x3x3x3xi8>, tensor<ui8>, tensor<i8>) -> tensor<1x4x4x5xi32>
  return %0 : tensor<1x4x4x5xi32>
}

// Two batches that are equal only at run time may have to be broadcast.
// CHECK-LABEL: @declines_unknown_batches
// CHECK: halftone.matmul
func.func @declines_unknown_batches(%x: tensor<?x4x8xf32>, %y: tensor<?x8x4xf32>) -> tensor<?x4x4xf32> {
  %0 = halftone.matmul %x, %y : (tensor<?x4x8xf32>, tensor<?x8x4xf32>) -> tensor<?x4x4xf32>
  return %0 : tensor<?x4x4xf32>
}

// The filter's zero point takes the sum of each window: a product with ones, added times -2 (130 less the 128 that makes
// the codes signed).
// CHECK-LABEL: @sums_windows_for_the_zero_point_of_a_filter
// CHECK: %[[SUMS:.*]] = halftone.contract {{.*}} n = 1>{{.*}}
// CHECK: -> tensor<1x6x6x1xi32>
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %{{.*}} {{\[}}[0], [1], [2, 3]{{\]}} : tensor<1x6x6x1xi32> into tensor<1x6x6xi32>
// CHECK: halftone.contract {{.*}} epilogue_ins({{.*}}%[[FLAT]]{{.*}} n = 5>
func.func @sums_windows_for_the_zero_point_of_a_filter(%x: tensor<1x8x8x4xui8>) -> tensor<1x6x6x5xi32> {
  %w = halftone.constant dense<131> : tensor<5x4x3x3xui8>
  %z = halftone.constant dense<7> : tensor<ui8>
  %zr = halftone.constant dense<130> : tensor<ui8>
  %0 = halftone.conv_integer %x, %w, %z, %zr {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x8x8x4xui8>, tensor<5x4x3x3xui8>, tensor<ui8>, tensor<ui8>) -> tensor<1x6x6x5xi32>
  return %0 : tensor<1x6x6x5xi32>
}

// An image one pixel wide is turned, so that a tile of the product holds many pixels.
// CHECK-LABEL: @turns_columns
// CHECK: %[[ROW:.*]] = tensor.expand_shape {{.*}} into tensor<?x1x512x16xf32>
// CHECK: halftone.contract ins(%[[ROW]], {{.*}} window = #halftone.window<kernel = [1, 5], strides = [1, 1], dilations = [1, 1]>
// CHECK: tensor.expand_shape {{.*}} into tensor<?x508x1x32xf32>
func.func @turns_columns(%x: tensor<?x512x1x16xf32>) -> tensor<?x508x1x32xf32> {
  %w = halftone.constant dense<1.0> : tensor<32x16x5x1xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<?x512x1x16xf32>, tensor<32x16x5x1xf32>) -> tensor<?x508x1x32xf32>
  return %0 : tensor<?x508x1x32xf32>
}

// Sums are f32, whatever is made of them.
// CHECK-LABEL: @halves
// CHECK: halftone.contract {{.*}}tensor<?x7xbf16>, tensor<1x7x32x1xbf16>{{.*}} packing = #halftone.packing<"bf16-fma-avx512", nr = 32, kr = 1, k = 7, n = 20>
// CHECK-NEXT: ^bb0(%[[SUM:.*]]: f32):
// CHECK-NEXT: %[[HALF:.*]] = arith.truncf %[[SUM]] : f32 to bf16
// CHECK-NEXT: halftone.yield %[[HALF]]
func.func @halves(%x: tensor<?x7xbf16>) -> tensor<?x20xbf16> {
  %w = halftone.constant dense<1.0> : tensor<7x20xbf16>
  %0 = halftone.matmul %x, %w : (tensor<?x7xbf16>, tensor<7x20xbf16>) -> tensor<?x20xbf16>
  return %0 : tensor<?x20xbf16>
}

// CHECK-LABEL: @halves_of_ieee
// CHECK: halftone.contract {{.*}} packing = #halftone.packing<"f16-fma-avx512", nr = 32, kr = 1, k = 7, n = 20>
// CHECK: arith.truncf {{.*}} : f32 to f16
func.func @halves_of_ieee(%x: tensor<?x7xf16>) -> tensor<?x20xf16> {
  %w = halftone.constant dense<1.0> : tensor<7x20xf16>
  %0 = halftone.matmul %x, %w : (tensor<?x7xf16>, tensor<7x20xf16>) -> tensor<?x20xf16>
  return %0 : tensor<?x20xf16>
}

// f32 that were bf16 on both sides: multiplied as what they were, and the sum stays f32.
// CHECK-LABEL: @decoded_halves
// CHECK: halftone.contract {{.*}}tensor<4x7xbf16>, tensor<1x7x32x1xbf16>{{.*}} outs({{.*}} : tensor<4x20xf32>) {{.*}}"bf16-fma-avx512"
// CHECK-NEXT: ^bb0(%[[SUM:.*]]: f32):
// CHECK-NEXT: halftone.yield %[[SUM]]
func.func @decoded_halves(%x: tensor<4x7xbf16>) -> tensor<4x20xf32> {
  %w = halftone.constant dense<1.0> : tensor<7x20xbf16>
  %s = halftone.constant dense<1.0> : tensor<f32>
  %z = halftone.constant dense<0.0> : tensor<bf16>
  %a = halftone.dequantize %x, %s, %z : (tensor<4x7xbf16>, tensor<f32>, tensor<bf16>) -> tensor<4x7xf32>
  %b = halftone.dequantize %w, %s, %z : (tensor<7x20xbf16>, tensor<f32>, tensor<bf16>) -> tensor<7x20xf32>
  %0 = halftone.matmul %a, %b : (tensor<4x7xf32>, tensor<7x20xf32>) -> tensor<4x20xf32>
  return %0 : tensor<4x20xf32>
}

// Activations of f32 are not rounded because the weights are.
// CHECK-LABEL: @weights_alone
// CHECK: halftone.contract {{.*}}<"f32codes-fma-avx512"
func.func @weights_alone(%x: tensor<4x7xf32>) -> tensor<4x20xf32> {
  %w = halftone.constant dense<1.0> : tensor<7x20xbf16>
  %s = halftone.constant dense<1.0> : tensor<f32>
  %z = halftone.constant dense<0.0> : tensor<bf16>
  %b = halftone.dequantize %w, %s, %z : (tensor<7x20xbf16>, tensor<f32>, tensor<bf16>) -> tensor<7x20xf32>
  %0 = halftone.matmul %x, %b : (tensor<4x7xf32>, tensor<7x20xf32>) -> tensor<4x20xf32>
  return %0 : tensor<4x20xf32>
}

// CHECK-LABEL: @filter_alone
// CHECK-NOT: "bf16
// CHECK: halftone.contract {{.*}}<"f32-fma-avx512"
func.func @filter_alone(%x: tensor<1x8x8x3xf32>) -> tensor<1x6x6x5xf32> {
  %w = halftone.constant dense<3.0> : tensor<5x3x3x3xbf16>
  %s = halftone.constant dense<1.0> : tensor<f32>
  %z = halftone.constant dense<0.0> : tensor<bf16>
  %f = halftone.dequantize %w, %s, %z : (tensor<5x3x3x3xbf16>, tensor<f32>, tensor<bf16>) -> tensor<5x3x3x3xf32>
  %0 = halftone.conv %x, %f {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x8x8x3xf32>, tensor<5x3x3x3xf32>) -> tensor<1x6x6x5xf32>
  return %0 : tensor<1x6x6x5xf32>
}

// Windows of an image whose size only a run knows have to fit into it.
// CHECK-LABEL: @size_of_a_run
// CHECK: %[[WINDOWS:.*]] = affine.apply
// CHECK: %[[FITS:.*]] = arith.cmpi sge, %[[WINDOWS]], %c1
// CHECK: cf.assert %[[FITS]], "window larger than its padded input"
func.func @size_of_a_run(%x: tensor<1x?x8x3xf32>) -> tensor<1x?x6x5xf32> {
  %w = halftone.constant dense<3.0> : tensor<5x3x3x3xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 1 : i64} : (tensor<1x?x8x3xf32>, tensor<5x3x3x3xf32>) -> tensor<1x?x6x5xf32>
  return %0 : tensor<1x?x6x5xf32>
}
