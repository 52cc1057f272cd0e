// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels --split-input-file | FileCheck %s

// 2.4 MB of weights would be read from memory again for each of 14 rows of the image: a task takes a panel through several rows.
// CHECK-LABEL: @takes_panels_through_rows
// CHECK: scf.forall (%{{.*}}) in (16)
func.func @takes_panels_through_rows(%x: memref<1x16x16x256xf32>, %w: memref<4x2304x64x1xf32>, %y: memref<1x14x14x256xf32>) {
  halftone.contract ins(%x, %w : memref<1x16x16x256xf32>, memref<4x2304x64x1xf32>) outs(%y : memref<1x14x14x256xf32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 64, kr = 1, k = 2304, n = 256>,
                window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// -----

// 147 kB stay in the cache: a task takes all panels through a row, which is read once.
// CHECK-LABEL: @takes_rows_through_panels
// CHECK: scf.forall (%{{.*}}) in (56)
func.func @takes_rows_through_panels(%x: memref<1x58x58x64xf32>, %w: memref<1x576x64x1xf32>, %y: memref<1x56x56x64xf32>) {
  halftone.contract ins(%x, %w : memref<1x58x58x64xf32>, memref<1x576x64x1xf32>) outs(%y : memref<1x56x56x64xf32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 64, kr = 1, k = 576, n = 64>,
                window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}
