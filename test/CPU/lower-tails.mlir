// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels --canonicalize --split-input-file | FileCheck %s

// 20 columns are a whole register and four lanes of another one, which no store exceeds.
// CHECK-LABEL: @masks_the_last_columns
// CHECK:       %[[MASK:.*]] = vector.constant_mask [4] : vector<16xi1>
// CHECK:       %[[TILE:.*]]:2 = scf.for
// CHECK:       vector.store %[[TILE]]#0, %arg2[%c0, %c0]
// CHECK:       vector.maskedstore %arg2[%c0, %c16], %[[MASK]], %[[TILE]]#1
func.func @masks_the_last_columns(%x: memref<1x8xf32>, %w: memref<1x8x32x1xf32>, %y: memref<1x20xf32>) {
  halftone.contract ins(%x, %w : memref<1x8xf32>, memref<1x8x32x1xf32>) outs(%y : memref<1x20xf32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 32, kr = 1, k = 8, n = 20>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// -----

// How many rows there are is known at run time: tiles of twelve, then one tile of what is left, which
// has its own accumulators for each number of rows.
// CHECK-LABEL: @switches_over_the_last_rows
// CHECK:       %[[ROWS:.*]] = memref.dim %arg2, %c0
// CHECK:       scf.forall
// CHECK:       scf.for %{{.*}} step %c12
// CHECK:         %{{.*}}:24 = scf.for
// CHECK:       scf.index_switch
// CHECK:       case 1
// CHECK:         %{{.*}}:2 = scf.for
// CHECK:       case 11
// CHECK:         %{{.*}}:22 = scf.for
// CHECK-NOT:   case 12
func.func @switches_over_the_last_rows(%x: memref<?x8xf32>, %w: memref<1x8x32x1xf32>, %y: memref<?x32xf32>) {
  halftone.contract ins(%x, %w : memref<?x8xf32>, memref<1x8x32x1xf32>) outs(%y : memref<?x32xf32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 32, kr = 1, k = 8, n = 32>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}
