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

// A panel of 589 kB would not stay in the cache: the sums of a task's 14 rows wait in memory while a
// part of each row of the window goes through all of them.
// CHECK-LABEL: @cuts_window_into_blocks
// CHECK: memref.alloca{{.*}}memref<15x64xf32>
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c3{{.*}} step %c1
// CHECK: scf.for %[[BEGIN:.*]] = %c0{{.*}} to %c768{{.*}} step %c110
// CHECK: scf.for
// CHECK-COUNT-20: vector.load
// CHECK: scf.for {{.*}} iter_args
// CHECK-COUNT-20: math.fma {{.*}} : vector<16xf32>
func.func @cuts_window_into_blocks(%x: memref<1x6x16x256xf32>, %w: memref<1x2304x64x1xf32>, %y: memref<1x4x14x64xf32>) {
  halftone.contract ins(%x, %w : memref<1x6x16x256xf32>, memref<1x2304x64x1xf32>) outs(%y : memref<1x4x14x64xf32>) attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 64, kr = 1, k = 2304, n = 64>, window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// The output is an image with a border, the input one without: tiles of four rows go through its
// pixels all the same, and only the place of a result is found by division.
// CHECK-LABEL: @rows_of_bordered_image
// CHECK: scf.for %[[ROW:.*]] = %c0{{.*}} to %c48{{.*}} step %c6
// CHECK-COUNT-24: math.fma {{.*}} : vector<16xf32>
// CHECK: %[[Y:.*]] = arith.divui %[[ROW]], %c7
// CHECK: vector.store {{.*}}[%c0{{.*}}, %[[Y]],
func.func @rows_of_bordered_image(%x: memref<1x7x7x8xf32>, %w: memref<1x8x64x1xf32>, %y: memref<1x7x7x64xf32, strided<[5184, 576, 64, 1], offset: 640>>) {
  halftone.contract ins(%x, %w : memref<1x7x7x8xf32>, memref<1x8x64x1xf32>) outs(%y : memref<1x7x7x64xf32, strided<[5184, 576, 64, 1], offset: 640>>) attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 64, kr = 1, k = 8, n = 64>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// The same with a residual of which nothing says that its batch is the output's: 1.
// CHECK-LABEL: @residual_of_unknown_batch
// CHECK: %[[RESIDUAL:.*]] = memref.collapse_shape %arg3 {{.*}} into memref<?x49x64xf32>
// CHECK: scf.for %[[ROW:.*]] = %c0{{.*}} to %c48{{.*}} step %c6
// CHECK: vector.load %[[RESIDUAL]][%c0{{.*}}, %[[ROW]],
func.func @residual_of_unknown_batch(%x: memref<1x7x7x8xf32>, %w: memref<1x8x64x1xf32>, %y: memref<1x7x7x64xf32, strided<[5184, 576, 64, 1], offset: 640>>, %r: memref<?x7x7x64xf32>) {
  halftone.contract ins(%x, %w : memref<1x7x7x8xf32>, memref<1x8x64x1xf32>) epilogue_ins(%r : memref<?x7x7x64xf32>) outs(%y : memref<1x7x7x64xf32, strided<[5184, 576, 64, 1], offset: 640>>) attributes {epilogue_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], packing = #halftone.packing<"f32-fma-avx512", nr = 64, kr = 1, k = 8, n = 64>} {
  ^bb0(%acc: f32, %residual: f32):
    %sum = arith.addf %acc, %residual : f32
    halftone.yield %sum : f32
  }
  return
}
