// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --halftone-fuse-elementwise --canonicalize | FileCheck %s

// CHECK-LABEL: @fuses_a_chain
// CHECK-COUNT-1: linalg.generic
// CHECK:           arith.addf
// CHECK:           math.exp
// CHECK:           math.roundeven
// CHECK-NOT:     linalg.generic
func.func @fuses_a_chain(%a: tensor<?x8xf32>, %b: tensor<8xf32>) -> tensor<?x8xi8> {
  %scale = halftone.constant dense<0.5> : tensor<f32>
  %zero = halftone.constant dense<0> : tensor<i8>
  %0 = halftone.add %a, %b : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %1 = halftone.exp %0 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %2 = halftone.quantize %1, %scale, %zero : (tensor<?x8xf32>, tensor<f32>, tensor<i8>) -> tensor<?x8xi8>
  return %2 : tensor<?x8xi8>
}

// CHECK-LABEL: @fuses_into_a_sum
// CHECK-COUNT-1: linalg.generic
// CHECK:           math.exp
// CHECK:           arith.addf
// CHECK-NOT:     linalg.generic
func.func @fuses_into_a_sum(%a: tensor<4x8xf32>) -> tensor<4xf32> {
  %0 = halftone.exp %a : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = halftone.reduce %0 {kind = 0 : i32, axes = array<i64: 1>, keepdims = false} : (tensor<4x8xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// One exponential per column, not one per element.
// CHECK-LABEL: @declines_to_repeat_work
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK:           math.exp
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK-NOT:       math.exp
func.func @declines_to_repeat_work(%a: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = halftone.exp %b : (tensor<8xf32>) -> tensor<8xf32>
  %1 = halftone.add %a, %0 : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// The product has two users; computing it again costs a loop over memory less, but twice the work.
// CHECK-LABEL: @keeps_what_two_need
// CHECK-COUNT-3: linalg.generic
func.func @keeps_what_two_need(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = halftone.mul %a, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = halftone.add %0, %a : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = halftone.sub %0, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: @duplicates_a_broadcast
// CHECK-COUNT-2: linalg.generic
// CHECK-NOT:     linalg.generic
func.func @duplicates_a_broadcast(%a: tensor<4x8xf32>, %b: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %s = halftone.constant dense<[4, 8]> : tensor<2xi64>
  %0 = halftone.expand %b, %s : (tensor<8xf32>, tensor<2xi64>) -> tensor<4x8xf32>
  %1 = halftone.add %a, %0 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = halftone.sub %a, %0 : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}
