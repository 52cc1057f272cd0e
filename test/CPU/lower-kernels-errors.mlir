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
