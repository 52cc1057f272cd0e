// RUN: quant-opt %s --halftone-lower-kernels --split-input-file | FileCheck %s

// Tasks are cut by shapes. What exists of the scores are 4 rows of a block of 256 keys, beside the
// block itself, on the stack: 8 * 256 + 4 * 256 + 16 + 2 * 96 elements.
// CHECK-LABEL: @blocks_of_keys
// CHECK: scf.forall
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<3280xf32>
// CHECK-NOT: memref.alloc
// CHECK: vector.shuffle
// CHECK: math.exp {{.*}} : vector<4xf32>
// CHECK-NOT: halftone.attention
func.func @blocks_of_keys(%q: memref<1x4x512x8xf32>, %k: memref<1x4x512x8xf32>, %v: memref<1x4x512x8xf32>, %y: memref<1x4x512x8xf32>) {
  halftone.attention ins(%q, %k, %v : memref<1x4x512x8xf32>, memref<1x4x512x8xf32>, memref<1x4x512x8xf32>) outs(%y : memref<1x4x512x8xf32>) {kernel = "f32-generic", scale = 1.0 : f32}
  return
}

// -----

// Instructions are those of the row: one rounding here, two there.
// CHECK-LABEL: @with_fma
// CHECK: math.fma {{.*}} : vector<8xf32>
// CHECK-NOT: arith.addf {{.*}} : vector<4xf32>
func.func @with_fma(%q: memref<1x1x8x8xf32>, %k: memref<1x1x8x8xf32>, %v: memref<1x1x8x8xf32>, %y: memref<1x1x8x8xf32>) {
  halftone.attention ins(%q, %k, %v : memref<1x1x8x8xf32>, memref<1x1x8x8xf32>, memref<1x1x8x8xf32>) outs(%y : memref<1x1x8x8xf32>) {kernel = "f32-fma-avx2", scale = 1.0 : f32}
  return
}
// CHECK-LABEL: @without_fma
// CHECK-NOT: math.fma
// CHECK: return
func.func @without_fma(%q: memref<1x1x8x8xf32>, %k: memref<1x1x8x8xf32>, %v: memref<1x1x8x8xf32>, %y: memref<1x1x8x8xf32>) {
  halftone.attention ins(%q, %k, %v : memref<1x1x8x8xf32>, memref<1x1x8x8xf32>, memref<1x1x8x8xf32>) outs(%y : memref<1x1x8x8xf32>) {kernel = "f32-generic", scale = 1.0 : f32}
  return
}

// -----

// Heads of 7 elements are 4, 2 and 1: no load reads past the end of a row.
// CHECK-LABEL: @odd_heads
// CHECK: vector.load {{.*}} : memref<1x1x?x7xf32>, vector<4xf32>
// CHECK: vector.load {{.*}} : memref<1x1x?x7xf32>, vector<2xf32>
// CHECK: vector.load {{.*}} : memref<1x1x?x7xf32>, vector<1xf32>
func.func @odd_heads(%q: memref<1x1x?x7xf32>, %k: memref<1x1x?x7xf32>, %v: memref<1x1x?x7xf32>, %y: memref<1x1x?x7xf32>) {
  halftone.attention ins(%q, %k, %v : memref<1x1x?x7xf32>, memref<1x1x?x7xf32>, memref<1x1x?x7xf32>) outs(%y : memref<1x1x?x7xf32>) {kernel = "f32-generic", scale = 1.0 : f32}
  return
}

// -----

// From the end of a block, columns that the mask hides from all rows of a tile are left out.
// CHECK-LABEL: @hidden_columns
// CHECK: scf.while
// CHECK: arith.cmpf oeq, %{{.*}}, %{{.*}} : vector<4xf32>
// CHECK: vector.reduction <and>
func.func @hidden_columns(%q: memref<1x1x64x8xf32>, %k: memref<1x1x64x8xf32>, %v: memref<1x1x64x8xf32>, %m: memref<1x1x64x64xf32>, %y: memref<1x1x64x8xf32>) {
  halftone.attention ins(%q, %k, %v : memref<1x1x64x8xf32>, memref<1x1x64x8xf32>, memref<1x1x64x8xf32>) mask(%m : memref<1x1x64x64xf32>) outs(%y : memref<1x1x64x8xf32>) {kernel = "f32-generic", scale = 1.0 : f32}
  return
}
