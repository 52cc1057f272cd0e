// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-select-kernels=target=x86-64-v4 --canonicalize --verify-diagnostics | FileCheck %s

// The rows are decoded when they are read; nothing of the gathers is left.
// CHECK-LABEL: @decodes_rows
// CHECK-DAG: %[[CODES:.*]] = halftone.constant {{.*}} : tensor<100x1x16xi8>
// CHECK-DAG: %[[SCALES:.*]] = halftone.constant {{.*}} : tensor<100x2xf32>
// CHECK-NOT: halftone.gather
// CHECK: halftone.decode_rows ins(%[[CODES]], %arg0 : {{.*}}) decoder_ins(%[[SCALES]] : {{.*}}) outs(%{{.*}} : tensor<?x32xf32>)
// CHECK-SAME: decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 1, columns = 16>]>
// CHECK-SAME: packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 2, k = 100, n = 32>
// CHECK-NOT: halftone.dequantize
func.func @decodes_rows(%i: tensor<?xi64>) -> tensor<?x32xf32> {
  %q = halftone.constant dense<3> : tensor<100x32xi4>
  %s = halftone.constant dense<0.5> : tensor<100x2xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %rows = halftone.gather %q, %i {axis = 0 : i64} : (tensor<100x32xi4>, tensor<?xi64>) -> tensor<?x32xi4>
  %scales = halftone.gather %s, %i {axis = 0 : i64} : (tensor<100x2xf32>, tensor<?xi64>) -> tensor<?x2xf32>
  %y = halftone.dequantize %rows, %scales, %z {blocks = array<i64: 1, 16>} : (tensor<?x32xi4>, tensor<?x2xf32>, tensor<i4>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// A scale for each row, a table for all; indices of any rank are one list.
// CHECK-LABEL: @indices_of_two_dimensions
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %arg0 {{\[}}[0, 1]{{\]}} : tensor<2x3xi64> into tensor<6xi64>
// CHECK: %[[ROWS:.*]] = halftone.decode_rows ins(%{{.*}}, %[[FLAT]] : tensor<100x1x16xi8>, tensor<6xi64>)
// CHECK-SAME: inputs = [<"table", f32, group = 0, columns = 0>, <"scale", f32, group = 1, columns = 0>]
// CHECK: tensor.expand_shape %[[ROWS]] {{\[}}[0, 1], [2]{{\]}} {{.*}} : tensor<6x32xf32> into tensor<2x3x32xf32>
func.func @indices_of_two_dimensions(%i: tensor<2x3xi64>) -> tensor<2x3x32xf32> {
  %q = halftone.constant dense<3> : tensor<100x32xui4>
  %s = halftone.constant dense<0.5> : tensor<100xf32>
  %t = halftone.constant dense<2.0> : tensor<16xf32>
  %z = halftone.constant dense<0.0> : tensor<f32>
  %rows = halftone.gather %q, %i {axis = 0 : i64} : (tensor<100x32xui4>, tensor<2x3xi64>) -> tensor<2x3x32xui4>
  %numbers = halftone.lookup %rows, %t : (tensor<2x3x32xui4>, tensor<16xf32>) -> tensor<2x3x32xf32>
  %scales = halftone.gather %s, %i {axis = 0 : i64} : (tensor<100xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  %column = halftone.unsqueeze %scales {axes = array<i64: 2>} : (tensor<2x3xf32>) -> tensor<2x3x1xf32>
  %y = halftone.dequantize %numbers, %column, %z : (tensor<2x3x32xf32>, tensor<2x3x1xf32>, tensor<f32>) -> tensor<2x3x32xf32>
  return %y : tensor<2x3x32xf32>
}

// Scales of 1 bit for 2 numbers are a stream of bits.
// CHECK-LABEL: @streams_narrow_parameters
// CHECK: halftone.decode_rows ins(%{{.*}}, %{{.*}} : tensor<10x1x32xi8>, tensor<1xi32>)
// CHECK-SAME: decoder_ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<40xi8>, tensor<1x1x2xf32>, tensor<10x4xi8>)
// CHECK-SAME: <"scale", ui1, group = 1, columns = 2>, <"scale_table", f32, group = 0, columns = 0>, <"scale", f8E8M0FNU, group = 1, columns = 16>
func.func @streams_narrow_parameters(%i: tensor<i32>) -> tensor<64xf32> {
  %q = halftone.constant dense<3> : tensor<10x64xi4>
  %m = halftone.constant dense<1> : tensor<10x32xui1>
  %t = halftone.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %e = halftone.constant dense<1.0> : tensor<10x4xf8E8M0FNU>
  %one = halftone.constant dense<1.0> : tensor<f32>
  %ze = halftone.constant dense<1.0> : tensor<f8E8M0FNU>
  %zf = halftone.constant dense<0.0> : tensor<f32>
  %zq = halftone.constant dense<0> : tensor<i4>
  %rows = halftone.gather %q, %i {axis = 0 : i64} : (tensor<10x64xi4>, tensor<i32>) -> tensor<64xi4>
  %fine = halftone.gather %m, %i {axis = 0 : i64} : (tensor<10x32xui1>, tensor<i32>) -> tensor<32xui1>
  %halves = halftone.lookup %fine, %t : (tensor<32xui1>, tensor<2xf32>) -> tensor<32xf32>
  %coarse = halftone.gather %e, %i {axis = 0 : i64} : (tensor<10x4xf8E8M0FNU>, tensor<i32>) -> tensor<4xf8E8M0FNU>
  %powers = halftone.dequantize %coarse, %one, %ze : (tensor<4xf8E8M0FNU>, tensor<f32>, tensor<f8E8M0FNU>) -> tensor<4xf32>
  %scales = halftone.dequantize %halves, %powers, %zf {blocks = array<i64: 8>} : (tensor<32xf32>, tensor<4xf32>, tensor<f32>) -> tensor<32xf32>
  %y = halftone.dequantize %rows, %scales, %zq {blocks = array<i64: 2>} : (tensor<64xi4>, tensor<32xf32>, tensor<i4>) -> tensor<64xf32>
  return %y : tensor<64xf32>
}

// 250 codes become 256, with 16 scales; 5 of them have one.
// CHECK-LABEL: @fills_rows_up
// CHECK: halftone.decode_rows ins(%{{.*}}, %{{.*}} : tensor<100x1x128xi8>, tensor<4xi64>)
// CHECK-SAME: decoder_ins(%{{.*}} : tensor<100x52xf32>) outs(%{{.*}} : tensor<4x250xf32>)
// CHECK-SAME: nr = 128, kr = 2, k = 100, n = 250
func.func @fills_rows_up(%i: tensor<4xi64>) -> tensor<4x250xf32> {
  %q = halftone.constant dense<3> : tensor<100x250xi4>
  %s = halftone.constant dense<0.5> : tensor<100x50xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %rows = halftone.gather %q, %i {axis = 0 : i64} : (tensor<100x250xi4>, tensor<4xi64>) -> tensor<4x250xi4>
  %scales = halftone.gather %s, %i {axis = 0 : i64} : (tensor<100x50xf32>, tensor<4xi64>) -> tensor<4x50xf32>
  %y = halftone.dequantize %rows, %scales, %z {blocks = array<i64: 1, 5>} : (tensor<4x250xi4>, tensor<4x50xf32>, tensor<i4>) -> tensor<4x250xf32>
  return %y : tensor<4x250xf32>
}

// Eight rows have one scale, whose number comes from theirs.
// CHECK-LABEL: @blocks_of_rows
// CHECK-NOT: halftone.gather
// CHECK: halftone.decode_rows ins(%{{.*}}, %arg0
// CHECK-SAME: <"scale", f32, group = 8, columns = 16>
func.func @blocks_of_rows(%i: tensor<4xi64>) -> tensor<4x32xf32> {
  %q = halftone.constant dense<3> : tensor<96x32xi4>
  %s = halftone.constant dense<0.5> : tensor<12x2xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %zero = halftone.constant dense<0> : tensor<i64>
  %all = halftone.constant dense<96> : tensor<i64>
  %eight = halftone.constant dense<8> : tensor<i64>
  %rows = halftone.gather %q, %i {axis = 0 : i64} : (tensor<96x32xi4>, tensor<4xi64>) -> tensor<4x32xi4>
  %isNegative = halftone.less %i, %zero : (tensor<4xi64>, tensor<i64>) -> tensor<4xi1>
  %fromEnd = halftone.add %i, %all : (tensor<4xi64>, tensor<i64>) -> tensor<4xi64>
  %row = halftone.where %isNegative, %fromEnd, %i : (tensor<4xi1>, tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64>
  %block = halftone.div %row, %eight : (tensor<4xi64>, tensor<i64>) -> tensor<4xi64>
  %scales = halftone.gather %s, %block {axis = 0 : i64} : (tensor<12x2xf32>, tensor<4xi64>) -> tensor<4x2xf32>
  %y = halftone.dequantize %rows, %scales, %z {blocks = array<i64: 1, 16>} : (tensor<4x32xi4>, tensor<4x2xf32>, tensor<i4>) -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// 24 codes of 4 bits would become 32; other rows' scales are not those of the codes.
// CHECK-LABEL: @declines
// CHECK-NOT: halftone.decode_rows
// CHECK-COUNT-2: halftone.dequantize
func.func @declines(%i: tensor<4xi64>, %j: tensor<4xi64>) -> (tensor<4x24xf32>, tensor<4x32xf32>) {
  %q = halftone.constant dense<3> : tensor<100x24xi4>
  %p = halftone.constant dense<3> : tensor<100x32xi4>
  %s = halftone.constant dense<0.5> : tensor<100x1xf32>
  %z = halftone.constant dense<0> : tensor<i4>
  %ragged = halftone.gather %q, %i {axis = 0 : i64} : (tensor<100x24xi4>, tensor<4xi64>) -> tensor<4x24xi4>
  %rows = halftone.gather %p, %i {axis = 0 : i64} : (tensor<100x32xi4>, tensor<4xi64>) -> tensor<4x32xi4>
  %own = halftone.gather %s, %i {axis = 0 : i64} : (tensor<100x1xf32>, tensor<4xi64>) -> tensor<4x1xf32>
  %others = halftone.gather %s, %j {axis = 0 : i64} : (tensor<100x1xf32>, tensor<4xi64>) -> tensor<4x1xf32>
  %0 = halftone.dequantize %ragged, %own, %z : (tensor<4x24xi4>, tensor<4x1xf32>, tensor<i4>) -> tensor<4x24xf32>
  %1 = halftone.dequantize %rows, %others, %z : (tensor<4x32xi4>, tensor<4x1xf32>, tensor<i4>) -> tensor<4x32xf32>
  return %0, %1 : tensor<4x24xf32>, tensor<4x32xf32>
}
