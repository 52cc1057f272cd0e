// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels | FileCheck %s

// All indices are checked before the first row is read. The nibbles of a byte are 32 columns apart: they are read once. A group of
// 32 columns shares its scale.
// CHECK-LABEL: @checks_then_reads
// CHECK: %[[VALID:.*]] = scf.for
// CHECK: cf.assert %[[VALID]], "index out of range"
// CHECK: scf.for
// CHECK:   memref.load %{{.*}} : memref<4xi64>
// CHECK:   arith.select
// CHECK-COUNT-1: memref.load %{{.*}} : memref<100x2xf32>
// CHECK-COUNT-1: vector.load %{{.*}} : memref<100x1x32xi8>
// CHECK:   vector.store %{{.*}} : memref<4x64xf32>
// CHECK-COUNT-1: vector.load %{{.*}} : memref<100x1x32xi8>
// CHECK:   vector.store %{{.*}} : memref<4x64xf32>
// CHECK-COUNT-1: memref.load %{{.*}} : memref<100x2xf32>
// CHECK-NOT: vector.load
// CHECK-COUNT-2: vector.store %{{.*}} : memref<4x64xf32>
// CHECK-NOT: vector.store
func.func @checks_then_reads(%codes: memref<100x1x32xi8>, %i: memref<4xi64>, %scales: memref<100x2xf32>, %init: memref<4x64xf32>) {
  halftone.decode_rows ins(%codes, %i : memref<100x1x32xi8>, memref<4xi64>) decoder_ins(%scales : memref<100x2xf32>) outs(%init : memref<4x64xf32>)
      attributes {decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 1, columns = 32>]>,
        packing = #halftone.packing<"f32codes-fma-avx512", nr = 32, kr = 2, k = 100, n = 64>}
  return
}

// Four numbers of a register have one scale: 4 neighbours are read.
// CHECK-LABEL: @spreads_neighbours
// CHECK: %[[FOUR:.*]] = vector.load %{{.*}} : memref<100x4xf32>, vector<4xf32>
// CHECK: vector.shuffle %[[FOUR]], %[[FOUR]] [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]
func.func @spreads_neighbours(%codes: memref<100x1x16xi8>, %i: memref<1xi32>, %scales: memref<100x4xf32>, %init: memref<1x16xf32>) {
  halftone.decode_rows ins(%codes, %i : memref<100x1x16xi8>, memref<1xi32>) decoder_ins(%scales : memref<100x4xf32>) outs(%init : memref<1x16xf32>)
      attributes {decoder = #halftone.decoder<i8, inputs = [<"scale", f32, group = 1, columns = 4>]>,
        packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 1, k = 100, n = 16>}
  return
}

// Many rows, or as many as the run says, are tasks.
// CHECK-LABEL: @rows_in_parallel
// CHECK: scf.forall (%{{.*}}) in (%{{.*}})
func.func @rows_in_parallel(%codes: memref<100x1x1024xi8>, %i: memref<?xi64>, %init: memref<?x1024xf32>) {
  halftone.decode_rows ins(%codes, %i : memref<100x1x1024xi8>, memref<?xi64>) outs(%init : memref<?x1024xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-fma-avx512", nr = 1024, kr = 1, k = 100, n = 1024>}
  return
}
