// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// CHECK-DAG: #[[$ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$CHANNEL:.*]] = affine_map<(d0, d1) -> (d0)>

// Limits before the conversion, so that no input overflows; NaN last.
// CHECK-LABEL: @quantizes_in_f32
// CHECK:           %[[RATIO:.*]] = arith.divf
// CHECK:           %[[ROUND:.*]] = math.roundeven %[[RATIO]]
// CHECK:           arith.addf %[[ROUND]]
// CHECK:           arith.cmpf olt
// CHECK:           arith.cmpf ogt
// CHECK:           arith.cmpf uno
// CHECK:           arith.fptosi %{{.*}} : f32 to i32
// CHECK:           arith.trunci %{{.*}} : i32 to i8
func.func @quantizes_in_f32(%x: tensor<2x8xf32>, %scale: tensor<f32>, %zp: tensor<ui8>) -> tensor<2x8xui8> {
  %0 = halftone.quantize %x, %scale, %zp : (tensor<2x8xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x8xui8>
  return %0 : tensor<2x8xui8>
}

// CHECK-LABEL: @reads_one_scale_per_channel
// CHECK:         indexing_maps = [#[[$ID]], #[[$CHANNEL]], #[[$CHANNEL]], #[[$ID]]]
func.func @reads_one_scale_per_channel(%x: tensor<2x8xi8>, %scale: tensor<2xf32>, %zp: tensor<2xi8>) -> tensor<2x8xf32> {
  %0 = halftone.dequantize %x, %scale, %zp {axis = 0 : i64} : (tensor<2x8xi8>, tensor<2xf32>, tensor<2xi8>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// One pass for the range, one per token for the scale, one for the codes.
// CHECK-LABEL: @finds_one_scale_per_token
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK:           math.absf
// CHECK:           arith.maximumf
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK:           arith.divf
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK:           math.roundeven
// CHECK:         tensor.expand_shape
func.func @finds_one_scale_per_token(%x: tensor<?x8xf32>) -> (tensor<?x8xi8>, tensor<?x1xf32>, tensor<?x1xi8>) {
  %0, %1, %2 = halftone.dynamic_quantize %x {axes = array<i64: 1>, symmetric = true, to = i8}
      : (tensor<?x8xf32>) -> (tensor<?x8xi8>, tensor<?x1xf32>, tensor<?x1xi8>)
  return %0, %1, %2 : tensor<?x8xi8>, tensor<?x1xf32>, tensor<?x1xi8>
}

// Groups that fit are a dimension of the loop, so that their scale is read by a map.
// CHECK-LABEL: @splits_dimensions_into_whole_blocks
// CHECK:         tensor.expand_shape %{{.*}} {{\[\[}}0, 1], [2]] output_shape [2, 32, 8]
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel"]
// CHECK-NOT:       linalg.index
// CHECK:         tensor.collapse_shape
func.func @splits_dimensions_into_whole_blocks(%q: tensor<64x8xi8>, %s: tensor<2x8xf32>) -> tensor<64x8xf32> {
  %z = halftone.constant dense<0> : tensor<i8>
  %0 = halftone.dequantize %q, %s, %z {blocks = array<i64: 32, 1>} : (tensor<64x8xi8>, tensor<2x8xf32>, tensor<i8>) -> tensor<64x8xf32>
  return %0 : tensor<64x8xf32>
}

// A shorter last group leaves only the index of the element to tell which group it is in.
// CHECK-LABEL: @computes_the_block_of_a_ragged_dimension
// CHECK-DAG:     %[[SIZE:.*]] = arith.constant 32 : index
// CHECK:         linalg.generic
// CHECK:           %[[ROW:.*]] = linalg.index 0
// CHECK:           %[[BLOCK:.*]] = arith.divui %[[ROW]], %[[SIZE]]
// CHECK:           tensor.extract %{{.*}}[%[[BLOCK]], %{{.*}}]
func.func @computes_the_block_of_a_ragged_dimension(%q: tensor<50x8xi8>, %s: tensor<2x8xf32>) -> tensor<50x8xf32> {
  %z = halftone.constant dense<0> : tensor<i8>
  %0 = halftone.dequantize %q, %s, %z {blocks = array<i64: 32, 1>} : (tensor<50x8xi8>, tensor<2x8xf32>, tensor<i8>) -> tensor<50x8xf32>
  return %0 : tensor<50x8xf32>
}

// Nothing proves that there are enough scales, so the run does.
// CHECK-LABEL: @checks_the_number_of_blocks_at_run_time
// CHECK:         cf.assert %{{.*}}, "not one parameter per block
func.func @checks_the_number_of_blocks_at_run_time(%q: tensor<?x8xi8>, %s: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %z = halftone.constant dense<0> : tensor<i8>
  %0 = halftone.dequantize %q, %s, %z {blocks = array<i64: 32, 1>} : (tensor<?x8xi8>, tensor<?x8xf32>, tensor<i8>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// Powers of two have no zero: the zero point is not subtracted.
// CHECK-LABEL: @scales_are_powers_of_two
// CHECK-NOT:     arith.subf
// CHECK:         return
func.func @scales_are_powers_of_two(%q: tensor<4xf8E8M0FNU>) -> tensor<4xf32> {
  %z = halftone.constant dense<1.0> : tensor<f8E8M0FNU>
  %s = halftone.constant dense<1.0> : tensor<f32>
  %0 = halftone.dequantize %q, %s, %z : (tensor<4xf8E8M0FNU>, tensor<f32>, tensor<f8E8M0FNU>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
