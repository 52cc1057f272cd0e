// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-record-work --mlir-print-debuginfo | FileCheck %s

#row = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (j)>

// 4 x 16 results of 8 products each; 4*8 + 8*16 + 16 + 4*16 floats. The bias is named as well: it was fused.
// CHECK-LABEL: @kernels_multiply_depth_times_results
func.func @kernels_multiply_depth_times_results(%x: memref<4x8xf32>, %w: memref<1x8x16x1xf32>, %b: memref<16xf32>, %y: memref<4x16xf32>) {
  halftone.contract ins(%x, %w : memref<4x8xf32>, memref<1x8x16x1xf32>) epilogue_ins(%b : memref<16xf32>)
      outs(%y : memref<4x16xf32>) attributes {epilogue_maps = [affine_map<(m, n) -> (n)>],
        packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>} {
  ^bb0(%acc: f32, %bias: f32):
    %sum = arith.addf %acc, %bias : f32 loc("bias")
    halftone.yield %sum : f32 loc("bias")
  } loc("product")
  return
}

// Sizes that only a run knows make the bytes unknown. Nothing is multiplied and added up.
// CHECK-LABEL: @unknown_sizes_are_unknown_bytes
func.func @unknown_sizes_are_unknown_bytes(%x: memref<?xf32>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %n = arith.negf %a : f32 loc("negate")
    linalg.yield %n : f32 loc("negate")
  } loc("negate")
  return
}

// CHECK-LABEL: @sums_of_products_multiply
func.func @sums_of_products_multiply(%x: memref<3x5xf32>, %w: memref<5xf32>, %y: memref<3xf32>) {
  linalg.generic {indexing_maps = [#row, #column, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : memref<3x5xf32>, memref<5xf32>) outs(%y : memref<3xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32 loc("dot")
    %s = arith.addf %acc, %p : f32 loc("dot")
    linalg.yield %s : f32 loc("dot")
  } loc("dot")
  return
}

// CHECK-LABEL: @graph_loops_are_control
func.func @graph_loops_are_control(%x: memref<4xf32>, %y: memref<4xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    memref.copy %x, %y : memref<4xf32> to memref<4xf32> loc("move")
  } loc("loop")
  return
}

// CHECK-DAG: #[[PRODUCT:loc[0-9]+]] = loc("product")
// CHECK-DAG: #[[BIAS:loc[0-9]+]] = loc("bias")
// CHECK-DAG: loc(fused<array<i64: 0, 512, 960, 12>>[#[[PRODUCT]], #[[BIAS]]])
// CHECK-DAG: #[[NEGATE:loc[0-9]+]] = loc("negate")
// CHECK-DAG: loc(fused<array<i64: 0, 0, -1, 0>>[#[[NEGATE]]])
// CHECK-DAG: #[[DOT:loc[0-9]+]] = loc("dot")
// CHECK-DAG: loc(fused<array<i64: 0, 15, 92, 12>>[#[[DOT]]])
// CHECK-DAG: #[[LOOP:loc[0-9]+]] = loc("loop")
// CHECK-DAG: loc(fused<"control">[#[[LOOP]]])
// CHECK-DAG: #[[MOVE:loc[0-9]+]] = loc("move")
// CHECK-DAG: loc(fused<array<i64: 0, 0, 32, 0>>[#[[MOVE]]])
