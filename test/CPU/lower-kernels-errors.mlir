// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels --verify-diagnostics

func.func @unknown_kernel(%x: memref<4x8xf32>, %w: memref<1x8x16x1xf32>, %y: memref<4x16xf32>) {
  // Kernels are named by rows of the instruction table.
  // expected-error @+1 {{names kernel 'f32-abacus', which the instruction table does not have}}
  halftone.contract ins(%x, %w : memref<4x8xf32>, memref<1x8x16x1xf32>) outs(%y : memref<4x16xf32>) attributes {epilogue_maps = [], packing = #halftone.packing<"f32-abacus", nr = 16, kr = 1, k = 8, n = 16>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// -----

func.func @decodes_with_no_such_kernel(%codes: memref<1x6x16xi8>, %init: memref<1x6x16xf32>) {
  // expected-error @+1 {{names kernel 'f32-generic', which decodes no codes}}
  halftone.decode_panels ins(%codes : memref<1x6x16xi8>) outs(%init : memref<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32-generic", nr = 16, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1, 3>}
  return
}

// -----

func.func @decodes_half_a_register(%codes: memref<2x6x8xi8>, %init: memref<2x6x8xf32>) {
  // expected-error @+1 {{expects panels of whole registers of 16 columns, not 8 columns}}
  halftone.decode_panels ins(%codes : memref<2x6x8xi8>) outs(%init : memref<2x6x8xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-fma-avx512", nr = 8, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1, 3>}
  return
}
