// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --verify-diagnostics --split-input-file

// Four-bit integers have no memory of their own yet.
func.func @declines_narrow_arithmetic(%a: tensor<4xi4>) -> tensor<4xi4> {
  // expected-error @+1 {{failed to legalize operation 'halftone.add'}}
  %0 = halftone.add %a, %a : (tensor<4xi4>, tensor<4xi4>) -> tensor<4xi4>
  return %0 : tensor<4xi4>
}
