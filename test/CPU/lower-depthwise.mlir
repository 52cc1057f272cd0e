// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-lower-kernels --canonicalize --split-input-file | FileCheck %s

// A filter's column of 16 channels stays in registers while a row of windows passes by, whose
// accumulators share the pixels they overlap in: 15 pixels are loaded for 27 products.
// CHECK-LABEL: @keeps_filter_in_registers
// CHECK-COUNT-9:  vector.load %{{.*}} : memref<1x3x3x16xf32>, vector<16xf32>
// CHECK-COUNT-27: math.fma {{.*}} : vector<16xf32>
// CHECK-NOT:      math.fma
// CHECK:          %[[BIAS:.*]] = vector.load %arg2
// CHECK-COUNT-3:  arith.addf %{{.*}}, %[[BIAS]] : vector<16xf32>
// CHECK-NOT:      halftone.depthwise
func.func @keeps_filter_in_registers(%x: memref<1x5x5x16xf32>, %w: memref<1x3x3x16x1xf32>, %b: memref<16xf32>, %y: memref<1x3x3x16xf32>) {
  halftone.depthwise ins(%x, %w : memref<1x5x5x16xf32>, memref<1x3x3x16x1xf32>) epilogue_ins(%b : memref<16xf32>) outs(%y : memref<1x3x3x16xf32>)
    attributes {epilogue_maps = [affine_map<(a, b, c, d) -> (d)>], packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 9, n = 16>,
                window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: f32, %c: f32):
    %0 = arith.addf %acc, %c : f32
    halftone.yield %0 : f32
  }
  return
}

// -----

// Three image rows of 96 channels are more than the first-level cache holds: a strip of pixels is read
// with all its channels before the next strip.
// CHECK-LABEL: @reads_pixels_in_order
// CHECK:       scf.for %{{.*}} = %c0{{.*}} to %c42{{.*}} step %c7
// CHECK:         scf.for %[[BLOCK:.*]] = %c0{{.*}} to %c6
// CHECK-COUNT-9:   vector.load %{{.*}} : memref<6x3x3x16xf32>, vector<16xf32>
// CHECK-COUNT-63:  math.fma {{.*}} : vector<16xf32>
func.func @reads_pixels_in_order(%x: memref<1x3x44x96xf32>, %w: memref<6x3x3x16x1xf32>, %y: memref<1x1x42x96xf32>) {
  halftone.depthwise ins(%x, %w : memref<1x3x44x96xf32>, memref<6x3x3x16x1xf32>) outs(%y : memref<1x1x42x96xf32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 9, n = 96>,
                window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// -----

// The last three of 19 channels: nothing beyond them is read or written.
// CHECK-LABEL: @masks_the_last_channels
// CHECK:       %[[MASK:.*]] = vector.constant_mask [3] : vector<16xi1>
// CHECK:       vector.maskedload %arg0[{{.*}}], %[[MASK]]
// CHECK:       vector.maskedstore %arg2[{{.*}}], %[[MASK]]
// CHECK-NOT:   vector.store
func.func @masks_the_last_channels(%x: memref<1x3x3x19xf32>, %w: memref<2x3x3x16x1xf32>, %y: memref<1x1x1x19xf32>) {
  halftone.depthwise ins(%x, %w : memref<1x3x3x19xf32>, memref<2x3x3x16x1xf32>) outs(%y : memref<1x1x1x19xf32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 9, n = 19>,
                window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  }
  return
}

// -----

// Three rows of codes become one vector of fours in three shuffles, of which two only place rows; the fourth, which the
// window does not have, repeats the first.
// CHECK-LABEL: @interleaves_rows_of_codes
// CHECK:       %[[A:.*]] = vector.load %arg0{{.*}} vector<16xi8>
// CHECK:       %[[B:.*]] = vector.load %arg0{{.*}} vector<16xi8>
// CHECK:       %[[C:.*]] = vector.load %arg0{{.*}} vector<16xi8>
// CHECK:       %[[LOWER:.*]] = vector.shuffle %[[A]], %[[B]] [0, 1, {{.*}}, 30, 31, -1, {{.*}}] : vector<16xi8>, vector<16xi8>
// CHECK:       %[[UPPER:.*]] = vector.shuffle %[[C]], %[[C]] [0, 1, {{.*}}] : vector<16xi8>, vector<16xi8>
// CHECK:       vector.shuffle %[[LOWER]], %[[UPPER]] [0, 16, 64, 0, 1, 17, 65, 1, {{.*}}, 15, 31, 79, 15] : vector<64xi8>, vector<64xi8>
func.func @interleaves_rows_of_codes(%x: memref<1x3x3x16xi8>, %w: memref<1x3x1x16x4xi8>, %y: memref<1x1x1x16xi32>) {
  halftone.depthwise ins(%x, %w : memref<1x3x3x16xi8>, memref<1x3x1x16x4xi8>) outs(%y : memref<1x1x1x16xi32>)
    attributes {epilogue_maps = [], packing = #halftone.packing<"u8s8-vnni-avx512", nr = 16, kr = 4, k = 12, n = 16>,
                window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: i32):
    halftone.yield %acc : i32
  }
  return
}
