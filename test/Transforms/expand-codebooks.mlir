// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-expand-codebooks | FileCheck %s

// 8 codes of 2 bits and 4 tables of 4 floats are 66 bytes, the numbers are 32. Blocks are two rows of one column.
// CHECK-LABEL: @expands
// CHECK-NOT: halftone.lookup
// CHECK: halftone.constant dense<{{\[}}[1.000000e+00, 1.300000e+01], [2.000000e+00, 1.200000e+01], [2.300000e+01, 3.000000e+01], [2.200000e+01, 3.300000e+01]]>
func.func @expands() -> tensor<4x2xf32> {
  %codes = halftone.constant dense<[[1, 3], [2, 2], [3, 0], [2, 3]]> : tensor<4x2xui2>
  %table = halftone.constant dense<[[[0.0, 1.0, 2.0, 3.0], [10.0, 11.0, 12.0, 13.0]], [[20.0, 21.0, 22.0, 23.0], [30.0, 31.0, 32.0, 33.0]]]> : tensor<2x2x4xf32>
  %y = halftone.lookup %codes, %table {blocks = array<i64: 2, 1>} : (tensor<4x2xui2>, tensor<2x2x4xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// 32 codes of 2 bits and 2 tables are 40 bytes, the numbers 128; one table for all; codes that only a run knows.
// CHECK-LABEL: @keeps
// CHECK-COUNT-3: halftone.lookup
func.func @keeps(%x: tensor<4x2xui2>) -> (tensor<16x2xf32>, tensor<2xf32>, tensor<4x2xf32>) {
  %codes = halftone.constant dense<1> : tensor<16x2xui2>
  %few = halftone.constant dense<1> : tensor<2xui2>
  %tables = halftone.constant dense<0.5> : tensor<1x2x4xf32>
  %table = halftone.constant dense<0.5> : tensor<4xf32>
  %own = halftone.constant dense<0.5> : tensor<4x2x4xf32>
  %0 = halftone.lookup %codes, %tables {blocks = array<i64: 16, 1>} : (tensor<16x2xui2>, tensor<1x2x4xf32>) -> tensor<16x2xf32>
  %1 = halftone.lookup %few, %table : (tensor<2xui2>, tensor<4xf32>) -> tensor<2xf32>
  %2 = halftone.lookup %x, %own {blocks = array<i64: 1, 1>} : (tensor<4x2xui2>, tensor<4x2x4xf32>) -> tensor<4x2xf32>
  return %0, %1, %2 : tensor<16x2xf32>, tensor<2xf32>, tensor<4x2xf32>
}
