// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels | FileCheck %s

// Each step widens a register of codes once, for all rows; the scales wait outside of the loop over
// k. The last 4 of 20 columns are masked only where they are stored: panels are padded.
// CHECK-LABEL: @widens_codes_once_per_step
// CHECK: %[[LAST:.*]] = vector.create_mask
// CHECK: scf.for
// CHECK-COUNT-2: vector.load {{.*}} memref<1x8x32xi8>, vector<16xi8>
// CHECK-NOT: vector.load {{.*}}xi8
// CHECK: math.fma
// CHECK: scf.yield
// CHECK: vector.load {{.*}} memref<20xf32>, vector<16xf32>
// CHECK: vector.maskedload {{.*}}, %[[LAST]], {{.*}} memref<20xf32>
// CHECK: arith.mulf {{.*}} : vector<16xf32>
// CHECK: vector.store
// CHECK: arith.mulf {{.*}} : vector<16xf32>
// CHECK: vector.maskedstore {{.*}}, %[[LAST]],
func.func @widens_codes_once_per_step(%x: memref<2x8xf32>, %w: memref<1x8x32x1xi8>, %s: memref<20xf32>, %y: memref<2x20xf32>) {
  halftone.contract ins(%x, %w : memref<2x8xf32>, memref<1x8x32x1xi8>) epilogue_ins(%s : memref<20xf32>) outs(%y : memref<2x20xf32>) attributes {epilogue_maps = [affine_map<(m, n) -> (n)>], packing = #halftone.packing<"f32s8-fma-avx512", nr = 32, kr = 1, k = 8, n = 20>} {
  ^bb0(%acc: f32, %scale: f32):
    %scaled = arith.mulf %acc, %scale : f32
    halftone.yield %scaled : f32
  }
  return
}

// How codes become floats, without instructions of any one CPU.
// CHECK-LABEL: @converts_in_registers
// CHECK: %[[CODES:.*]] = vector.load {{.*}}, vector<4xi8>
// CHECK: %[[WIDE:.*]] = arith.extsi %[[CODES]] : vector<4xi8> to vector<4xi32>
// CHECK: %[[VALUES:.*]] = arith.sitofp %[[WIDE]] : vector<4xi32> to vector<4xf32>
// CHECK: arith.mulf %{{.*}}, %[[VALUES]] : vector<4xf32>
func.func @converts_in_registers(%x: memref<1x8xf32>, %w: memref<1x8x4x1xi8>, %y: memref<1x4xf32>) {
  halftone.contract ins(%x, %w : memref<1x8xf32>, memref<1x8x4x1xi8>) outs(%y : memref<1x4xf32>) attributes {epilogue_maps = [], packing = #halftone.packing<"f32s8-generic", nr = 4, kr = 1, k = 8, n = 4>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// With rows that only the run time counts, every number of rows below a tile has its loop.
// CHECK-LABEL: @counts_rows_at_run_time
// CHECK: scf.for
// CHECK: scf.index_switch
// CHECK: case 1
// CHECK: arith.sitofp {{.*}} : vector<16xi32> to vector<16xf32>
// CHECK: case 2
// CHECK: arith.sitofp {{.*}} : vector<16xi32> to vector<16xf32>
func.func @counts_rows_at_run_time(%x: memref<?x8xf32>, %w: memref<1x8x32x1xi8>, %s: memref<32xf32>, %y: memref<?x32xf32>) {
  halftone.contract ins(%x, %w : memref<?x8xf32>, memref<1x8x32x1xi8>) epilogue_ins(%s : memref<32xf32>) outs(%y : memref<?x32xf32>) attributes {epilogue_maps = [affine_map<(m, n) -> (n)>], packing = #halftone.packing<"f32s8-fma-avx512", nr = 32, kr = 1, k = 8, n = 32>} {
  ^bb0(%acc: f32, %scale: f32):
    %scaled = arith.mulf %acc, %scale : f32
    halftone.yield %scaled : f32
  }
  return
}
