// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// Callers pack two elements into a byte; inside each has a byte of its own, extended by its sign.
// CHECK-LABEL: @unpacks_signed_nibbles
// CHECK-SAME:    (%[[X:.*]]: tensor<6xi8>) -> tensor<6xf32>
// CHECK:         arith.divui
// CHECK:         tensor.extract %[[X]]
// CHECK:         arith.shli
// CHECK:         arith.shrsi
// CHECK:         arith.sitofp
func.func @unpacks_signed_nibbles(%x: tensor<6xi4>) -> tensor<6xf32> {
  %y = halftone.cast %x {to = f32} : (tensor<6xi4>) -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// Bytes behind the packed ones are zero; the last one may be half full.
// CHECK-LABEL: @packs_unsigned_codes
// CHECK-SAME:    -> tensor<?x3xi8>
// CHECK:         arith.fptosi
// CHECK:         arith.minui
// CHECK:         arith.ori
func.func @packs_unsigned_codes(%x: tensor<?x3xf32>, %s: tensor<f32>) -> tensor<?x3xui4> {
  %z = halftone.constant dense<3> : tensor<ui4>
  %q = halftone.quantize %x, %s, %z : (tensor<?x3xf32>, tensor<f32>, tensor<ui4>) -> tensor<?x3xui4>
  return %q : tensor<?x3xui4>
}

// Integers below 8 bits keep their lowest bits.
// CHECK-LABEL: @wraps_to_two_bits
// CHECK:         arith.trunci {{.*}} : i32 to i8
// CHECK:         arith.shli
// CHECK:         arith.shrsi
func.func @wraps_to_two_bits(%x: tensor<8xi32>) -> tensor<8xi2> {
  %y = halftone.cast %x {to = i2} : (tensor<8xi32>) -> tensor<8xi2>
  return %y : tensor<8xi2>
}

// 8-bit floats are their codes: decoding moves the bits to their place in f32 and scales.
// CHECK-LABEL: @decodes_f8
// CHECK-SAME:    (%{{.*}}: tensor<4xi8>) -> tensor<4xf32>
// CHECK-DAG:     %[[FACTOR:.*]] = arith.constant 1.329228E+36 : f32
// CHECK:         arith.extui {{.*}} : i8 to i32
// CHECK:         %[[RAW:.*]] = arith.bitcast {{.*}} : i32 to f32
// CHECK:         arith.mulf %[[RAW]], %[[FACTOR]] : f32
func.func @decodes_f8(%x: tensor<4xf8E4M3FN>) -> tensor<4xf32> {
  %y = halftone.cast %x {to = f32} : (tensor<4xf8E4M3FN>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// Saturating: what is beyond 448 (code 126) becomes it.
// CHECK-LABEL: @encodes_f8
// CHECK-DAG:     %[[LARGEST:.*]] = arith.constant 126 : i32
// CHECK:         %[[BEYOND:.*]] = arith.cmpi sgt, %[[CODE:.*]], %[[LARGEST]]
// CHECK:         arith.select %[[BEYOND]], %[[LARGEST]], %[[CODE]]
func.func @encodes_f8(%x: tensor<4xf32>) -> tensor<4xf8E4M3FN> {
  %y = halftone.cast %x {to = f8E4M3FN} : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  return %y : tensor<4xf8E4M3FN>
}

// CHECK-LABEL: @reads_bits
// CHECK:         arith.bitcast {{.*}} : f32 to i32
func.func @reads_bits(%x: tensor<4xf32>) -> tensor<4xui32> {
  %y = halftone.bitcast %x {to = ui32} : (tensor<4xf32>) -> tensor<4xui32>
  return %y : tensor<4xui32>
}
