// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-quantize-cache | FileCheck %s
// RUN: quant-opt %s --halftone-quantize-cache=format=fp8_e4m3 | FileCheck %s --check-prefix=FP8
// RUN: quant-opt %s --halftone-quantize-cache=format=int4 | FileCheck %s --check-prefix=INT4

// What comes new is rounded once, with a scale for each head of each token; what was kept stays as it is. Who reads the keys sees
// what was kept of them.
// CHECK-LABEL: func.func @attend
// CHECK-SAME: (%[[QUERY:.*]]: tensor<1x4x1x8xf32>, %[[PAST:.*]]: tensor<1x4x?x8xi8> {halftone.dim_names = ["", "", "past", ""], halftone.name = "past"}, %[[NEW:.*]]: tensor<1x4x1x8xf32>,
// CHECK-SAME: %[[PAST_SCALES:.*]]: tensor<1x4x?x1xf32> {halftone.dim_names = ["", "", "past", ""], halftone.name = "past.scale"})
// CHECK-SAME: -> (tensor<1x4x1x?xf32>, tensor<1x4x?x8xi8> {halftone.name = "present"}, tensor<4xi64>, tensor<1x4x?x1xf32> {halftone.name = "present.scale"})
// CHECK: %[[ZERO:.*]] = halftone.constant dense<0> : tensor<i8>
// CHECK: %[[ABS:.*]] = halftone.abs %[[NEW]]
// CHECK: %[[LARGEST:.*]] = halftone.reduce %[[ABS]] {axes = array<i64: 3>, keepdims = true, kind = 2 : i32}
// CHECK: %[[MOST:.*]] = halftone.constant dense<1.270000e+02> : tensor<f32>
// CHECK: %[[RATIO:.*]] = halftone.div %[[LARGEST]], %[[MOST]]
// CHECK: %[[SCALES:.*]] = halftone.where %{{.*}}, %{{.*}}, %[[RATIO]]
// CHECK: %[[CODES:.*]] = halftone.quantize %[[NEW]], %[[SCALES]], %[[ZERO]]
// CHECK: %[[ALL_CODES:.*]] = halftone.concat %[[PAST]], %[[CODES]] {axis = 2 : i64}
// CHECK: %[[ALL_SCALES:.*]] = halftone.concat %[[PAST_SCALES]], %[[SCALES]] {axis = 2 : i64}
// CHECK: %[[KEYS:.*]] = halftone.dequantize %[[ALL_CODES]], %[[ALL_SCALES]], %[[ZERO]]
// CHECK: halftone.transpose %[[KEYS]]
// CHECK: return %{{.*}}, %[[ALL_CODES]], %{{.*}}, %[[ALL_SCALES]]
// FP8: tensor<1x4x?x8xf8E4M3FN> {halftone.dim_names
// FP8: dense<4.480000e+02>
// INT4: tensor<1x4x?x8xi4> {halftone.dim_names
// INT4: dense<7.000000e+00>
func.func @attend(%query: tensor<1x4x1x8xf32>, %past: tensor<1x4x?x8xf32> {halftone.name = "past", halftone.dim_names = ["", "", "past", ""]}, %new: tensor<1x4x1x8xf32>)
    -> (tensor<1x4x1x?xf32>, tensor<1x4x?x8xf32> {halftone.name = "present"}, tensor<4xi64>) {
  %shape = halftone.shape %past {start = 0 : i64, end = 4 : i64} : (tensor<1x4x?x8xf32>) -> tensor<4xi64>
  %keys = halftone.concat %past, %new {axis = 2 : i64} : (tensor<1x4x?x8xf32>, tensor<1x4x1x8xf32>) -> tensor<1x4x?x8xf32>
  %t = halftone.transpose %keys {permutation = array<i64: 0, 1, 3, 2>} : (tensor<1x4x?x8xf32>) -> tensor<1x4x8x?xf32>
  %scores = halftone.matmul %query, %t : (tensor<1x4x1x8xf32>, tensor<1x4x8x?xf32>) -> tensor<1x4x1x?xf32>
  return %scores, %keys, %shape : tensor<1x4x1x?xf32>, tensor<1x4x?x8xf32>, tensor<4xi64>
}

// A function that an entry calls has the caches of its caller.
// CHECK-LABEL: func.func private @helper
// CHECK-NOT: halftone.quantize
// CHECK: return
func.func private @helper(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
