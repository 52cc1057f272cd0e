// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64-v4 --canonicalize --split-input-file | FileCheck %s --check-prefixes=CHECK,V4
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64-v4+avx512vbmi --canonicalize --split-input-file | FileCheck %s --check-prefixes=CHECK,VBMI
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64 --canonicalize --split-input-file | FileCheck %s --check-prefix=PLAIN

// A table for each column: where registers look numbers up, its k lie side by side.
// CHECK-LABEL: @own_tables
// CHECK: halftone.contract
// CHECK-SAME: decoder = #halftone.decoder<ui4, inputs = [<"table", f32, group = 0, columns = 1>]>
// CHECK-SAME: nr = 16, kr = 2, k = 32, n = 4, along_k = true>
// PLAIN-LABEL: @own_tables
// PLAIN-NOT: along_k
func.func @own_tables(%x: tensor<2x32xf32>) -> tensor<2x4xf32> {
  %codes = halftone.constant dense<1> : tensor<32x4xui4>
  %table = halftone.constant dense<[[[0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.],
                                     [1., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.],
                                     [2., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.],
                                     [3., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.]]]> : tensor<1x4x16xf32>
  %w = halftone.lookup %codes, %table {blocks = array<i64: 32, 1>} : (tensor<32x4xui4>, tensor<1x4x16xf32>) -> tensor<32x4xf32>
  %y = halftone.matmul %x, %w : (tensor<2x32xf32>, tensor<32x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// 31 k are no whole registers.
// CHECK-LABEL: @rest_of_a_register
// CHECK: halftone.contract
// CHECK-NOT: along_k
// CHECK: return
func.func @rest_of_a_register(%x: tensor<2x31xf32>) -> tensor<2x1xf32> {
  %codes = halftone.constant dense<1> : tensor<31x1xui2>
  %table = halftone.constant dense<[[[0., 1., 2., 3.]]]> : tensor<1x1x4xf32>
  %w = halftone.lookup %codes, %table {blocks = array<i64: 31, 1>} : (tensor<31x1xui2>, tensor<1x1x4xf32>) -> tensor<31x1xf32>
  %y = halftone.matmul %x, %w : (tensor<2x31xf32>, tensor<31x1xf32>) -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}

// -----

// A table that fills many registers is read byte by byte where bytes can be looked up.
// CHECK-LABEL: @large_table
// V4-NOT: along_k
// VBMI: decoder = #halftone.decoder<ui7, inputs = [<"table_bytes", i8, group = 0, columns = 0>]>
// VBMI-SAME: nr = 64, kr = 8, k = 64, n = 4, along_k = true>
// CHECK: return
func.func @large_table(%x: tensor<2x64xf32>) -> tensor<2x4xf32> {
  %codes = halftone.constant dense<1> : tensor<64x4xui7>
  %table = halftone.constant dense<0.5> : tensor<128xf32>
  %w = halftone.lookup %codes, %table : (tensor<64x4xui7>, tensor<128xf32>) -> tensor<64x4xf32>
  %y = halftone.matmul %x, %w : (tensor<2x64xf32>, tensor<64x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// No code is a NaN.
// CHECK-LABEL: @finite
// CHECK: decoder = #halftone.decoder<f8E4M3FN finite = true
// CHECK-LABEL: @not_a_number
// CHECK: decoder = #halftone.decoder<f8E4M3FN, inputs
func.func @finite(%x: tensor<2x2xf32>) -> tensor<2x1xf32> {
  %codes = halftone.constant dense<[[1.], [2.]]> : tensor<2x1xf8E4M3FN>
  %scale = halftone.constant dense<0.5> : tensor<f32>
  %zero = halftone.constant dense<0.> : tensor<f8E4M3FN>
  %w = halftone.dequantize %codes, %scale, %zero : (tensor<2x1xf8E4M3FN>, tensor<f32>, tensor<f8E4M3FN>) -> tensor<2x1xf32>
  %y = halftone.matmul %x, %w : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}
func.func @not_a_number(%x: tensor<2x2xf32>) -> tensor<2x1xf32> {
  %codes = halftone.constant dense<[[1.], [0x7F]]> : tensor<2x1xf8E4M3FN>
  %scale = halftone.constant dense<0.5> : tensor<f32>
  %zero = halftone.constant dense<0.> : tensor<f8E4M3FN>
  %w = halftone.dequantize %codes, %scale, %zero : (tensor<2x1xf8E4M3FN>, tensor<f32>, tensor<f8E4M3FN>) -> tensor<2x1xf32>
  %y = halftone.matmul %x, %w : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}
