// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64-v4 --canonicalize | FileCheck %s
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64-v3 --canonicalize | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64 --canonicalize | FileCheck %s --check-prefix=ANY

// Weights stay codes in memory, 20 columns padded to a panel; each output is scaled once.
// CHECK: #[[$COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @keeps_codes
// CHECK-DAG: %[[SCALES:.*]] = halftone.constant dense<5.000000e-01> : tensor<20xf32>
// CHECK-DAG: %[[CODES:.*]] = halftone.constant dense{{.*}} : tensor<1x8x32x1xi8>
// CHECK-NOT: halftone.dequantize
// CHECK: halftone.contract ins(%{{.*}}, %[[CODES]] : tensor<?x8xf32>, tensor<1x8x32x1xi8>) epilogue_ins(%[[SCALES]] : tensor<20xf32>)
// CHECK-SAME: epilogue_maps = [#[[$COLUMN]]], packing = #halftone.packing<"f32s8-fma-avx512", nr = 32, kr = 1, k = 8, n = 20>
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32, %[[SCALE:.*]]: f32):
// CHECK-NEXT:   %[[Y:.*]] = arith.mulf %[[ACC]], %[[SCALE]]
// CHECK-NEXT:   halftone.yield %[[Y]]
// AVX2-LABEL: @keeps_codes
// AVX2: "f32s8-fma-avx2"
// ANY-LABEL: @keeps_codes
// ANY: "f32s8-generic"
func.func @keeps_codes(%x: tensor<?x8xf32>) -> tensor<?x20xf32> {
  %q = halftone.constant dense<3> : tensor<8x20xi8>
  %s = halftone.constant dense<0.5> : tensor<20xf32>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z {axis = 1 : i64} : (tensor<8x20xi8>, tensor<20xf32>, tensor<i8>) -> tensor<8x20xf32>
  %0 = halftone.matmul %x, %w : (tensor<?x8xf32>, tensor<8x20xf32>) -> tensor<?x20xf32>
  return %0 : tensor<?x20xf32>
}

// Many rows share a conversion in high and narrow tiles; for one row wide panels hide the latency of
// the sums. Where only the run time knows, neither may suffer.
// CHECK-LABEL: @chooses_panels_by_rows
// CHECK: "f32s8-fma-avx512", nr = 32
// CHECK: "f32s8-fma-avx512", nr = 64
// CHECK: "f32s8-fma-avx512", nr = 48
func.func @chooses_panels_by_rows(%many: tensor<128x2xf32>, %one: tensor<1x2xf32>, %some: tensor<?x2xf32>) -> (tensor<128x192xf32>, tensor<1x192xf32>, tensor<?x192xf32>) {
  %q = halftone.constant dense<3> : tensor<2x192xi8>
  %s = halftone.constant dense<0.5> : tensor<f32>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z : (tensor<2x192xi8>, tensor<f32>, tensor<i8>) -> tensor<2x192xf32>
  %0 = halftone.matmul %many, %w : (tensor<128x2xf32>, tensor<2x192xf32>) -> tensor<128x192xf32>
  %1 = halftone.matmul %one, %w : (tensor<1x2xf32>, tensor<2x192xf32>) -> tensor<1x192xf32>
  %2 = halftone.matmul %some, %w : (tensor<?x2xf32>, tensor<2x192xf32>) -> tensor<?x192xf32>
  return %0, %1, %2 : tensor<128x192xf32>, tensor<1x192xf32>, tensor<?x192xf32>
}

// ui8 around 128 is i8 around 0: 131 is the code 3. One scale for all is one for each column.
// CHECK-LABEL: @takes_unsigned_codes_around_128
// CHECK-DAG: halftone.constant dense<2.500000e-01> : tensor<16xf32>
// CHECK-DAG: halftone.constant dense<3> : tensor<1x8x16x1xi8>
// CHECK: "f32s8-fma-avx512"
func.func @takes_unsigned_codes_around_128(%x: tensor<1x8xf32>) -> tensor<1x16xf32> {
  %q = halftone.constant dense<131> : tensor<8x16xui8>
  %s = halftone.constant dense<0.25> : tensor<f32>
  %z = halftone.constant dense<128> : tensor<ui8>
  %w = halftone.dequantize %q, %s, %z : (tensor<8x16xui8>, tensor<f32>, tensor<ui8>) -> tensor<8x16xf32>
  %0 = halftone.matmul %x, %w : (tensor<1x8xf32>, tensor<8x16xf32>) -> tensor<1x16xf32>
  return %0 : tensor<1x16xf32>
}

// The rows of a transposed matrix are the columns of the product.
// CHECK-LABEL: @sees_through_a_transpose
// CHECK: halftone.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: packing = #halftone.packing<"f32s8-fma-avx512", nr = 16, kr = 1, k = 3, n = 2>
func.func @sees_through_a_transpose(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %q = halftone.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8>
  %s = halftone.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %z = halftone.constant dense<0> : tensor<2x1xi8>
  %w = halftone.dequantize %q, %s, %z : (tensor<2x3xi8>, tensor<2x1xf32>, tensor<2x1xi8>) -> tensor<2x3xf32>
  %t = halftone.transpose %w {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %0 = halftone.matmul %x, %t : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// CHECK-LABEL: @convolution
// CHECK: halftone.contract {{.*}} tensor<1x27x16x1xi8>) epilogue_ins(%{{.*}} : tensor<5xf32>)
// CHECK-SAME: packing = #halftone.packing<"f32s8-fma-avx512", nr = 16, kr = 1, k = 27, n = 5>, window
func.func @convolution(%x: tensor<1x8x8x3xf32>) -> tensor<1x4x4x5xf32> {
  %q = halftone.constant dense<3> : tensor<5x3x3x3xi8>
  %s = halftone.constant dense<0.5> : tensor<5xf32>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z : (tensor<5x3x3x3xi8>, tensor<5xf32>, tensor<i8>) -> tensor<5x3x3x3xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 1 : i64} : (tensor<1x8x8x3xf32>, tensor<5x3x3x3xf32>) -> tensor<1x4x4x5xf32>
  return %0 : tensor<1x4x4x5xf32>
}

// CHECK-LABEL: @depthwise_convolution
// CHECK: halftone.depthwise {{.*}} tensor<1x3x3x16x1xi8>) epilogue_ins(%{{.*}} : tensor<5xf32>)
// CHECK-SAME: packing = #halftone.packing<"f32s8-fma-avx512", nr = 16, kr = 1, k = 9, n = 5>
func.func @depthwise_convolution(%x: tensor<1x8x8x5xf32>) -> tensor<1x6x6x5xf32> {
  %q = halftone.constant dense<3> : tensor<5x1x3x3xi8>
  %s = halftone.constant dense<0.5> : tensor<5xf32>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z : (tensor<5x1x3x3xi8>, tensor<5xf32>, tensor<i8>) -> tensor<5x1x3x3xf32>
  %0 = halftone.conv %x, %w {layout = 1 : i32, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 5 : i64} : (tensor<1x8x8x5xf32>, tensor<5x1x3x3xf32>) -> tensor<1x6x6x5xf32>
  return %0 : tensor<1x6x6x5xf32>
}

// A scale that varies along k cannot leave the sum: a decoder applies it to each code.
// CHECK-LABEL: @scales_along_the_reduction
// CHECK-NOT: halftone.dequantize
// CHECK: halftone.contract {{.*}} decoder_ins({{.*}} : tensor<16x1xf32>)
// CHECK-SAME: decoder = #halftone.decoder<i8, inputs = [<"scale", f32, group = 1, columns = 0>]>
// CHECK-SAME: "f32codes-fma-avx512", nr = 16, kr = 1, k = 16, n = 16
func.func @scales_along_the_reduction(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %q = halftone.constant dense<3> : tensor<16x16xi8>
  %s = halftone.constant dense<0.5> : tensor<16xf32>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z {axis = 0 : i64} : (tensor<16x16xi8>, tensor<16xf32>, tensor<i8>) -> tensor<16x16xf32>
  %0 = halftone.matmul %x, %w : (tensor<4x16xf32>, tensor<16x16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// A correction for a zero point would be a difference of large floats, so it is subtracted from the codes.
// CHECK-LABEL: @zero_points
// CHECK-NOT: halftone.dequantize
// CHECK: decoder_ins({{.*}} : tensor<1x1xi8>, tensor<1x1x16xf32>)
// CHECK-SAME: inputs = [<"zero_point", i8, group = 0, columns = 0>, <"scale", f32, group = 0, columns = 1>]
func.func @zero_points(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %q = halftone.constant dense<3> : tensor<8x16xi8>
  %s = halftone.constant dense<0.5> : tensor<16xf32>
  %z = halftone.constant dense<1> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z {axis = 1 : i64} : (tensor<8x16xi8>, tensor<16xf32>, tensor<i8>) -> tensor<8x16xf32>
  %0 = halftone.matmul %x, %w : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// CHECK-LABEL: @declines_scales_of_the_run_time
// CHECK: halftone.dequantize
// CHECK: "f32-fma-avx512", nr = 0
func.func @declines_scales_of_the_run_time(%x: tensor<4x8xf32>, %s: tensor<16xf32>) -> tensor<4x16xf32> {
  %q = halftone.constant dense<3> : tensor<8x16xi8>
  %z = halftone.constant dense<0> : tensor<i8>
  %w = halftone.dequantize %q, %s, %z {axis = 1 : i64} : (tensor<8x16xi8>, tensor<16xf32>, tensor<i8>) -> tensor<8x16xf32>
  %0 = halftone.matmul %x, %w : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// Two rows of 4 bits share a byte: 8 rows are 4 steps of 16 columns. The scales of both groups follow each other.
// CHECK-LABEL: @groups_of_4_bits
// CHECK: ins(%{{.*}} : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins({{.*}} : tensor<1x2x16xf32>)
// CHECK-SAME: decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>]>
// CHECK-SAME: nr = 16, kr = 2, k = 8, n = 5
func.func @groups_of_4_bits(%x: tensor<4x8xf32>) -> tensor<4x5xf32> {
  %q = halftone.constant dense<3> : tensor<8x5xi4>
  %s = halftone.constant dense<0.5> : tensor<2x5xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 4, 1>} : (tensor<8x5xi4>, tensor<2x5xf32>, tensor<i4>) -> tensor<8x5xf32>
  %0 = halftone.matmul %x, %w : (tensor<4x8xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Scales that are codes stay codes, and the weights [N, K] are packed as what their transpose is.
// CHECK-LABEL: @scales_of_scales
// CHECK-NOT: halftone.transpose
// CHECK: decoder_ins({{.*}} : tensor<1x1x16xi8>, tensor<1x1x16xf32>)
// CHECK-SAME: inputs = [<"scale", ui4, group = 4, columns = 1>, <"scale", f32, group = 0, columns = 1>]
func.func @scales_of_scales(%x: tensor<4x8xf32>) -> tensor<4x5xf32> {
  %q = halftone.constant dense<3> : tensor<5x8xi4>
  %sq = halftone.constant dense<7> : tensor<5x2xui4>
  %g = halftone.constant dense<0.5> : tensor<5x1xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %zs = halftone.constant dense<0> : tensor<ui4>
  %s = halftone.dequantize %sq, %g, %zs {blocks = array<i64: 1, 2>} : (tensor<5x2xui4>, tensor<5x1xf32>, tensor<ui4>) -> tensor<5x2xf32>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 1, 4>} : (tensor<5x8xi4>, tensor<5x2xf32>, tensor<i4>) -> tensor<5x8xf32>
  %t = halftone.transpose %w {permutation = array<i64: 1, 0>} : (tensor<5x8xf32>) -> tensor<8x5xf32>
  %0 = halftone.matmul %x, %t : (tensor<4x8xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// A table for all codes is one operand, and its scales another.
// CHECK-LABEL: @table
// CHECK: decoder_ins({{.*}} : tensor<1x1x4xf32>, tensor<1x1x16xf32>)
// CHECK-SAME: decoder = #halftone.decoder<ui2, inputs = [<"table", f32, group = 0, columns = 0>, <"scale", f32, group = 0, columns = 1>]>
func.func @table(%x: tensor<4x8xf32>) -> tensor<4x5xf32> {
  %q = halftone.constant dense<3> : tensor<8x5xui2>
  %t = halftone.constant dense<[-1.0, 0.0, 0.5, 1.0]> : tensor<4xf32>
  %s = halftone.constant dense<0.5> : tensor<1x5xf32>
  %z = halftone.constant dense<0.0> : tensor<f32>
  %v = halftone.lookup %q, %t : (tensor<8x5xui2>, tensor<4xf32>) -> tensor<8x5xf32>
  %w = halftone.dequantize %v, %s, %z {blocks = array<i64: 8, 1>} : (tensor<8x5xf32>, tensor<1x5xf32>, tensor<f32>) -> tensor<8x5xf32>
  %0 = halftone.matmul %x, %w : (tensor<4x8xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Two planes are codes of two bits.
// CHECK-LABEL: @planes
// CHECK: ins(%{{.*}} : tensor<4x8xf32>, tensor<1x2x16xi8>)
// CHECK-SAME: decoder = #halftone.decoder<ui2, inputs = [<"plane", f32, group = 4, columns = 1>, <"plane", f32, group = 4, columns = 1>, <"offset", f32, group = 4, columns = 1>]>
func.func @planes(%x: tensor<4x8xf32>) -> tensor<4x5xf32> {
  %p = halftone.constant dense<true> : tensor<2x8x5xi1>
  %s = halftone.constant dense<0.5> : tensor<2x2x5xf32>
  %o = halftone.constant dense<0.25> : tensor<2x5xf32>
  %w = halftone.binary_decode %p, %s, %o {blocks = array<i64: 4, 1>} : (tensor<2x8x5xi1>, tensor<2x2x5xf32>, tensor<2x5xf32>) -> tensor<8x5xf32>
  %0 = halftone.matmul %x, %w : (tensor<4x8xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Of the scales' codes a zero point would have to be subtracted first.
// CHECK-LABEL: @declines_zero_points_of_scales
// CHECK: halftone.dequantize
// CHECK: "f32-fma-avx512", nr = 0
func.func @declines_zero_points_of_scales(%x: tensor<4x8xf32>) -> tensor<4x5xf32> {
  %q = halftone.constant dense<3> : tensor<8x5xi4>
  %sq = halftone.constant dense<7> : tensor<2x5xui4>
  %g = halftone.constant dense<0.5> : tensor<1x5xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %zs = halftone.constant dense<1> : tensor<ui4>
  %s = halftone.dequantize %sq, %g, %zs {blocks = array<i64: 2, 1>} : (tensor<2x5xui4>, tensor<1x5xf32>, tensor<ui4>) -> tensor<2x5xf32>
  %w = halftone.dequantize %q, %s, %z {blocks = array<i64: 4, 1>} : (tensor<8x5xi4>, tensor<2x5xf32>, tensor<i4>) -> tensor<8x5xf32>
  %0 = halftone.matmul %x, %w : (tensor<4x8xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}
