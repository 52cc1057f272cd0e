// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-expand-codebooks -verify-diagnostics

func.func @says_both_sizes() -> tensor<4x2xf32> {
  %codes = halftone.constant dense<1> : tensor<4x2xui2>
  %table = halftone.constant dense<0.5> : tensor<2x2x4xf32>
  // expected-remark @+1 {{codes and codebooks of 66 bytes are 32 bytes as floats, which the program holds: larger groups, or fewer bits, take less}}
  %y = halftone.lookup %codes, %table {blocks = array<i64: 2, 1>} : (tensor<4x2xui2>, tensor<2x2x4xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
