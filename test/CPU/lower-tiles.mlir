// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels --canonicalize --split-input-file | FileCheck %s

// Four tiles accumulate: each of the two loaded left-hand sides meets each of the two right-hand
// sides. The epilogue reads the sums from memory, the only place where tiles can be taken apart.
// CHECK-LABEL:   @multiplies_two_by_two_tiles
// CHECK:         llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilezero"
// CHECK:         scf.for
// CHECK-COUNT-2:   llvm.call_intrinsic "llvm.x86.tileloadd64"
// CHECK-COUNT-4:   llvm.call_intrinsic "llvm.x86.tdpbusd"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK:         vector.load %{{.*}} : memref<{{.*}}xi32>, vector<16xi32>
// CHECK:         arith.sitofp %{{.*}} : vector<16xi32> to vector<16xf32>
// CHECK:         llvm.call_intrinsic "llvm.x86.tilerelease"
// CHECK-NOT:     halftone.contract
func.func @multiplies_two_by_two_tiles(%x: memref<32x128xi8>, %w: memref<1x32x32x4xi8>, %y: memref<32x32xf32>) {
  halftone.contract ins(%x, %w : memref<32x128xi8>, memref<1x32x32x4xi8>) outs(%y : memref<32x32xf32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"u8s8-amx", nr = 32, kr = 4, k = 128, n = 32>} {
  ^bb0(%acc: i32):
    %0 = arith.sitofp %acc : i32 to f32
    halftone.yield %0 : f32
  }
  return
}

// -----

// Rows beyond the last whole pair of tiles: the tiles are configured again with as many as there are.
// CHECK-LABEL: @configures_tiles_for_the_last_rows
// CHECK:       scf.forall
// CHECK:         llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK:         scf.for
// CHECK:           llvm.call_intrinsic "llvm.x86.tdpbusd"
// CHECK:         scf.if
// CHECK:           llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK:           llvm.call_intrinsic "llvm.x86.tdpbusd"
func.func @configures_tiles_for_the_last_rows(%x: memref<?x64xi8>, %w: memref<1x16x32x4xi8>, %y: memref<?x32xi32>) {
  halftone.contract ins(%x, %w : memref<?x64xi8>, memref<1x16x32x4xi8>) outs(%y : memref<?x32xi32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"u8s8-amx", nr = 32, kr = 4, k = 64, n = 32>} {
  ^bb0(%acc: i32):
    halftone.yield %acc : i32
  }
  return
}

// -----

// Sums that are the outputs are stored where they belong, and a large right-hand side is fetched a
// panel ahead.
// CHECK-LABEL: @stores_sums_without_a_detour
// CHECK-NOT:     memref.alloca() {{.*}}xi32
// CHECK:         memref.prefetch %{{.*}}, read, locality<2>, data
// CHECK:         llvm.call_intrinsic "llvm.x86.tdpbusd"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK-NOT:     vector.load
// CHECK:         return
func.func @stores_sums_without_a_detour(%x: memref<128x512xi8>, %w: memref<32x128x32x4xi8>, %y: memref<128x1024xi32>) {
  halftone.contract ins(%x, %w : memref<128x512xi8>, memref<32x128x32x4xi8>) outs(%y : memref<128x1024xi32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"u8s8-amx", nr = 32, kr = 4, k = 512, n = 1024>} {
  ^bb0(%acc: i32):
    halftone.yield %acc : i32
  }
  return
}

// -----

// bf16: a row of 32 k has 64 bytes, as 16 rows of pairs of the right-hand side have; the sums are f32 and leave the tiles as they are.
// CHECK-LABEL:   @multiplies_halves
// CHECK:         dense<[1, 0, {{(0, )*}}64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, {{(0, )*}}16, 16, {{(0, )*}}0]>
// CHECK:         scf.for %{{.*}} to %c4
// CHECK-COUNT-2:   llvm.call_intrinsic "llvm.x86.tileloadd64"(%{{.*}}, %{{.*}}, %c128_i64)
// CHECK:           llvm.call_intrinsic "llvm.x86.tileloadd64"(%{{.*}}, %{{.*}}, %c256_i64)
// CHECK-COUNT-2:   llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// CHECK:           llvm.call_intrinsic "llvm.x86.tileloadd64"(%{{.*}}, %{{.*}}, %c256_i64)
// CHECK-COUNT-2:   llvm.call_intrinsic "llvm.x86.tdpbf16ps"
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.tilestored64"
// CHECK-NOT:     vector.load {{.*}}xf32
func.func @multiplies_halves(%x: memref<32x128xbf16>, %w: memref<1x64x32x2xbf16>, %y: memref<32x32xf32>) {
  halftone.contract ins(%x, %w : memref<32x128xbf16>, memref<1x64x32x2xbf16>) outs(%y : memref<32x32xf32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"bf16-amx", nr = 32, kr = 2, k = 128, n = 32>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}
