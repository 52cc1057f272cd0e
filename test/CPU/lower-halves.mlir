// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels | FileCheck %s

// Two products of bf16 in each lane at a time; behind the last pair of seven k there is a zero.
// CHECK-LABEL: @pairs
// CHECK: %[[WORD:.*]] = vector.bitcast %{{.*}} : vector<2xbf16> to vector<1xi32>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"{{.*}} : (vector<16xf32>, vector<32xbf16>, vector<32xbf16>) -> vector<16xf32>
// CHECK: %[[LAST:.*]] = memref.load %{{.*}} : memref<1x7xbf16>
// CHECK: %[[BITS:.*]] = arith.bitcast %[[LAST]] : bf16 to i16
// CHECK: arith.extui %[[BITS]] : i16 to i32
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// CHECK: arith.truncf %{{.*}} : vector<16xf32> to vector<16xbf16>
func.func @pairs(%x: memref<1x7xbf16>, %w: memref<1x4x16x2xbf16>, %y: memref<1x16xbf16>) {
  halftone.contract ins(%x, %w : memref<1x7xbf16>, memref<1x4x16x2xbf16>) outs(%y : memref<1x16xbf16>) attributes {epilogue_maps = [], packing = #halftone.packing<"bf16-dot-avx512", nr = 16, kr = 2, k = 7, n = 16>} {
  ^bb0(%acc: f32):
    %half = arith.truncf %acc : f32 to bf16
    halftone.yield %half : bf16
  }
  return
}

// Elsewhere both sides become f32 in registers.
// CHECK-LABEL: @widened
// CHECK: arith.extf %{{.*}} : vector<8xbf16> to vector<8xf32>
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: math.fma {{.*}} : vector<8xf32>
func.func @widened(%x: memref<1x7xbf16>, %w: memref<1x7x8x1xbf16>, %y: memref<1x8xf32>) {
  halftone.contract ins(%x, %w : memref<1x7xbf16>, memref<1x7x8x1xbf16>) outs(%y : memref<1x8xf32>) attributes {epilogue_maps = [], packing = #halftone.packing<"bf16-fma-avx2", nr = 8, kr = 1, k = 7, n = 8>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}
