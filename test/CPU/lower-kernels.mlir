// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels | FileCheck %s

// Four rows of one register are carried by the loop over k.
// CHECK-LABEL: @emits_register_tile
// CHECK-COUNT-4: math.fma {{.*}} : vector<16xf32>
// CHECK-COUNT-4: vector.store
// CHECK-NOT: halftone.contract
func.func @emits_register_tile(%x: memref<4x8xf32>, %w: memref<1x8x16x1xf32>, %y: memref<4x16xf32>) {
  halftone.contract ins(%x, %w : memref<4x8xf32>, memref<1x8x16x1xf32>) outs(%y : memref<4x16xf32>) attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}
