// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=w8},halftone-quantize-weights))' --verify-diagnostics

// No scale covers an infinity.
func.func @weights_must_be_finite(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = halftone.constant dense<[[1.0, 2.0], [-1.0, 0x7F800000]]> : tensor<2x2xf32>
  // expected-error @below {{cannot quantize the weights}}
  %y = halftone.matmul %x, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
