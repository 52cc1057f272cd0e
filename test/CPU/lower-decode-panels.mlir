// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels | FileCheck %s

// Nibbles of two rows share a byte, which is read once for both. A group of 4 rows is a loop over two
// such steps with its scales outside.
// CHECK-LABEL: @loads_scales_once_for_a_group
// CHECK: scf.for
// CHECK:   vector.load {{.*}} : memref<1x2x16xf32>
// CHECK:   scf.for
// CHECK-COUNT-1: vector.load {{.*}} : memref<1x4x16xi8>
// CHECK-NOT: vector.load
// CHECK-COUNT-2: vector.store {{.*}} : memref<1x8x16xf32>
// CHECK-NOT: vector.store
func.func @loads_scales_once_for_a_group(%codes: memref<1x4x16xi8>, %scales: memref<1x2x16xf32>, %init: memref<1x8x16xf32>) {
  halftone.decode_panels ins(%codes : memref<1x4x16xi8>) decoder_ins(%scales : memref<1x2x16xf32>) outs(%init : memref<1x8x16xf32>)
      attributes {decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>]>,
        packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 2, k = 8, n = 16>,
        sizes = array<i64: 8>, padded = array<i64: 8>, strides = array<i64: 1>}
  return
}

// A row of padding is decoded and dropped.
// CHECK-LABEL: @drops_padding
// CHECK: %[[EXISTS:.*]] = arith.cmpi ult
// CHECK: scf.if %[[EXISTS]]
// CHECK: vector.store
func.func @drops_padding(%codes: memref<1x8x16xi8>, %init: memref<1x6x16xf32>) {
  halftone.decode_panels ins(%codes : memref<1x8x16xi8>) outs(%init : memref<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>,
        sizes = array<i64: 2, 3>, padded = array<i64: 2, 4>, strides = array<i64: 3, 1>}
  return
}

// Panels of large weights are tasks.
// CHECK-LABEL: @decodes_panels_in_parallel
// CHECK: scf.forall (%{{.*}}) in (32)
func.func @decodes_panels_in_parallel(%codes: memref<32x512x16xi8>, %init: memref<32x512x16xf32>) {
  halftone.decode_panels ins(%codes : memref<32x512x16xi8>) outs(%init : memref<32x512x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 1, k = 512, n = 512>,
        sizes = array<i64: 512>, padded = array<i64: 512>, strides = array<i64: 1>}
  return
}
