// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-quantize-weights --verify-diagnostics | FileCheck %s

// 9 bits have room for the codes and one of three inputs in f16 (16 / 3 bits). The second input is the
// strongest and its weight lies between two codes: it stays. The others go together with it, so that it takes
// up what they lose: .4 of the first input, as strong as half of the second.
// CHECK-LABEL: @the_weak_input_stays
// CHECK-SAME: bytes = 16
// CHECK-SAME: weak_inputs = 1
// CHECK-DAG: %[[CODES:.*]] = halftone.constant dense<{{\[}}[0], [0], [7]]> : tensor<3x1xi4>
// CHECK-DAG: %[[KEPT:.*]] = halftone.constant dense<6.{{.*}}> : tensor<1x1xf16>
// CHECK-DAG: %[[INPUTS:.*]] = halftone.constant dense<1> : tensor<1xi64>
// CHECK-DAG: %[[REST:.*]] = halftone.dequantize %[[CODES]]
// CHECK-DAG: %[[WEIGHTS:.*]] = halftone.dequantize %[[KEPT]]
// CHECK: %[[DENSE:.*]] = halftone.matmul %arg0, %[[REST]]
// CHECK: %[[WEAK:.*]] = halftone.gather %arg0, %[[INPUTS]] {axis = 1 : i64} : (tensor<5x3xf32>, tensor<1xi64>) -> tensor<5x1xf32>
// CHECK: %[[PART:.*]] = halftone.matmul %[[WEAK]], %[[WEIGHTS]]
// CHECK: %[[SUM:.*]] = halftone.add %[[DENSE]], %[[PART]]
// CHECK: return %[[SUM]]
func.func @the_weak_input_stays(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [6.4], [7.0]]> : tensor<3x1xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq", owq_bits = 9.4}},
      halftone.gram_matrix = dense<[[1.0, 2.0, 0.0], [2.0, 4.1, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("fc")
  return %y : tensor<5x1xf32>
}

// 5 bits leave 1 beyond the codes, and an input of three takes 16 / 3.
// CHECK-LABEL: @without_room_all_weights_become_codes
// CHECK-NOT: halftone.gather
// CHECK: return
func.func @without_room_all_weights_become_codes(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [6.4], [7.0]]> : tensor<3x1xf32>
  // expected-remark @below {{all its weights become codes: 5.000000e+00 bits have no room for one input of 3 in f16}}
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq", owq_bits = 5.0}},
      halftone.gram_matrix = dense<[[1.0, 2.0, 0.0], [2.0, 4.1, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// The weights of an input of a filter are spread over its windows.
// CHECK-LABEL: @filters_become_codes
// CHECK-NOT: halftone.gather
// CHECK: return
func.func @filters_become_codes(%x: tensor<1x1x9xf32>) -> tensor<1x1x7xf32> {
  %w = halftone.constant dense<[[[0.4, 0.4, 7.0]]]> : tensor<1x1x3xf32>
  // expected-remark @below {{all its weights become codes: 'owq' keeps those of the inputs of products}}
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>,
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq", owq_bits = 12.0}},
      halftone.gram_matrix = dense<[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<1x1x9xf32>, tensor<1x1x3xf32>) -> tensor<1x1x7xf32>
  return %y : tensor<1x1x7xf32>
}
