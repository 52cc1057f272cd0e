// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --verify-diagnostics --split-input-file

// Four-bit integers have no place of their own in memory.
func.func @refuses_narrow_integers(%a: tensor<4xi4>) -> tensor<4xi4> {
  // expected-error @+2 {{'halftone.add' op on elements of type 'i4' is not supported}}
  // expected-note @+1 {{supported are i1, integers of 8 to 64 bits, f16, bf16, f32 and f64}}
  %0 = halftone.add %a, %a : (tensor<4xi4>, tensor<4xi4>) -> tensor<4xi4>
  return %0 : tensor<4xi4>
}

// -----

// f32, in which codes are computed, does not have all of them.
func.func @refuses_wide_codes(%x: tensor<4xf32>, %s: tensor<f32>, %z: tensor<i32>) -> tensor<4xi32> {
  // expected-error @+1 {{'halftone.quantize' op to codes of more than 16 bits is not supported}}
  %0 = halftone.quantize %x, %s, %z : (tensor<4xf32>, tensor<f32>, tensor<i32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
