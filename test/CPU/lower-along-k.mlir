// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels | FileCheck %s

// One row: the tables of four columns are in registers for a group of 128 k, and the sums of lanes are added at its end.
// CHECK-LABEL: @one_row
// CHECK: scf.for {{.*}} iter_args
// CHECK-COUNT-4: vector.load {{.*}} : memref<2x16x16xf32>, vector<16xf32>
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.avx512.permvar.sf.512"
// CHECK: vector.load {{.*}} : memref<1x256xf32>, vector<16xf32>
// CHECK-COUNT-4: math.fma
// CHECK-NOT: vector.load {{.*}} : memref<2x16x16xf32>
// CHECK: vector.shuffle {{.*}} [8, 9, 10, 11, 12, 13, 14, 15]
func.func @one_row(%x: memref<1x256xf32>, %codes: memref<16x8x16xi8>, %tables: memref<2x16x16xf32>, %init: memref<1x16xf32>) {
  halftone.contract ins(%x, %codes : memref<1x256xf32>, memref<16x8x16xi8>) decoder_ins(%tables : memref<2x16x16xf32>) outs(%init : memref<1x16xf32>)
      attributes {epilogue_maps = [],
        packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 2, k = 256, n = 16, along_k = true>,
        decoder = #halftone.decoder<ui4, inputs = [<"table", f32, group = 128, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// Several rows: numbers are decoded once for all of them, 8 rows in two tiles of 4 rows and 4 columns. Planes become a table.
// CHECK-LABEL: @many_rows
// CHECK: %[[LANES:.*]] = memref.alloca() {{.*}} : memref<12x16x16xf32>
// CHECK: arith.xori
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.permvar.sf.512"
// CHECK: vector.store {{.*}}, %[[LANES]]
// CHECK: scf.for {{.*}} step %c4
// CHECK: scf.for {{.*}} step %c4
// CHECK-NOT: call_intrinsic
// CHECK-COUNT-16: math.fma
// CHECK-NOT: math.fma
func.func @many_rows(%x: memref<8x64xf32>, %codes: memref<16x1x16xi8>, %plane: memref<16x1x1xf32>, %offset: memref<16x1x1xf32>,
                     %init: memref<8x16xf32>) {
  halftone.contract ins(%x, %codes : memref<8x64xf32>, memref<16x1x16xi8>)
      decoder_ins(%plane, %plane, %offset : memref<16x1x1xf32>, memref<16x1x1xf32>, memref<16x1x1xf32>) outs(%init : memref<8x16xf32>)
      attributes {epilogue_maps = [],
        packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 4, k = 64, n = 16, along_k = true>,
        decoder = #halftone.decoder<ui2, inputs = [<"plane", f32, group = 0, columns = 1>, <"plane", f32, group = 0, columns = 1>,
          <"offset", f32, group = 0, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// 64 numbers of a table with 256 entries: each of their bytes from two pairs of registers, then put together.
// CHECK-LABEL: @bytes_of_a_table
// CHECK-COUNT-16: vector.load {{.*}} : memref<1x1x4x256xi8>, vector<64xi8>
// CHECK-COUNT-8: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// CHECK-NOT: llvm.call_intrinsic
// CHECK-COUNT-4: vector.bitcast {{.*}} : vector<32xi16> to vector<16xf32>
// CHECK-COUNT-4: math.fma
func.func @bytes_of_a_table(%x: memref<1x64xf32>, %codes: memref<16x1x64xi8>, %table: memref<1x1x4x256xi8>, %init: memref<1x16xf32>) {
  halftone.contract ins(%x, %codes : memref<1x64xf32>, memref<16x1x64xi8>) decoder_ins(%table : memref<1x1x4x256xi8>) outs(%init : memref<1x16xf32>)
      attributes {epilogue_maps = [],
        packing = #halftone.packing<"f32codes-fma-avx512vbmi", nr = 64, kr = 1, k = 64, n = 16, along_k = true>,
        decoder = #halftone.decoder<ui8, inputs = [<"table_bytes", i8, group = 0, columns = 0>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// Numbers of 6 bits have a byte of zeros or two, which nothing looks up.
// CHECK-LABEL: @bytes_of_numbers
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"
// CHECK-NOT: llvm.call_intrinsic
// CHECK-COUNT-4: math.fma
func.func @bytes_of_numbers(%x: memref<1x4xf32>, %codes: memref<1x1x192xi8>, %init: memref<1x64xf32>) {
  halftone.contract ins(%x, %codes : memref<1x4xf32>, memref<1x1x192xi8>) outs(%init : memref<1x64xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-fma-avx512vbmi", nr = 64, kr = 4, k = 4, n = 64>,
        decoder = #halftone.decoder<f6E3M2FN>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// A NaN is looked for unless there is none.
// CHECK-LABEL: @finite
// CHECK-NOT: arith.cmpi eq
// CHECK: math.fma
// CHECK-LABEL: @maybe_not_finite
// CHECK: arith.cmpi eq
// CHECK: math.fma
func.func @finite(%x: memref<1x4xf32>, %codes: memref<1x4x16xi8>, %init: memref<1x16xf32>) {
  halftone.contract ins(%x, %codes : memref<1x4xf32>, memref<1x4x16xi8>) outs(%init : memref<1x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 1, k = 4, n = 16>,
        decoder = #halftone.decoder<f8E4M3FN finite = true>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}
func.func @maybe_not_finite(%x: memref<1x4xf32>, %codes: memref<1x4x16xi8>, %init: memref<1x16xf32>) {
  halftone.contract ins(%x, %codes : memref<1x4xf32>, memref<1x4x16xi8>) outs(%init : memref<1x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 1, k = 4, n = 16>,
        decoder = #halftone.decoder<f8E4M3FN>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}
