// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-quantize-activations | FileCheck %s

// The range [-1, 1.55] gives the zero point 100 and the scale 2.55 / 255, or rather the next float whose reciprocal quantizes
// without a division; the residual add sees the same rounded values.
// CHECK-LABEL: @static_codes_replace_the_observer_for_all_users
// CHECK-DAG: %[[S:.*]] = halftone.constant dense<0.0100000221> : tensor<f32>
// CHECK-DAG: %[[Z:.*]] = halftone.constant dense<100> : tensor<ui8>
// CHECK: %[[Q:.*]] = halftone.quantize %{{.*}}, %[[S]], %[[Z]] : (tensor<2x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x4xui8>
// CHECK: %[[X:.*]] = halftone.dequantize %[[Q]], %[[S]], %[[Z]]
// CHECK: halftone.matmul %[[X]], %{{[0-9a-z_]+}} :
// CHECK: halftone.add %{{.*}}, %[[X]]
func.func @static_codes_replace_the_observer_for_all_users(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %o = halftone.observe %x {tensor = "x", range = array<f32: -1.0, 1.55>} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %y = halftone.matmul %o, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static", symmetric = false}}}
      : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %z = halftone.add %y, %o : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  return %z : tensor<2x4xf32>
}

// Query, key and value read one quantized input: it is quantized once, with one scale per token.
// CHECK-LABEL: @dynamic_codes_are_shared
// CHECK: %[[Q:.*]], %[[S:.*]], %[[Z:.*]] = halftone.dynamic_quantize %{{.*}} {axes = array<i64: 1>, symmetric = true, to = i8}
// CHECK-SAME: -> (tensor<?x4xi8>, tensor<?x1xf32>, tensor<?x1xi8>)
// The zero point of a symmetric grid is a constant.
// CHECK: %[[ZERO:.*]] = halftone.constant dense<0> : tensor<i8>
// CHECK: %[[X:.*]] = halftone.dequantize %[[Q]], %[[S]], %[[ZERO]]
// CHECK-NOT: halftone.dynamic_quantize
// CHECK: halftone.matmul %[[X]]
// CHECK: halftone.matmul %[[X]]
func.func @dynamic_codes_are_shared(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %q = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token", when = "dynamic", symmetric = true}}}
      : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %k = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token", when = "dynamic", symmetric = true}}}
      : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  return %q, %k : tensor<?x4xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: @unused_observers_disappear
// CHECK-NOT: halftone.observe
func.func @unused_observers_disappear(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %o = halftone.observe %x {tensor = "x"} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %o : tensor<2x4xf32>
}

// bf16 has no scale: values are rounded, and nothing has to be known of them.
// CHECK-LABEL: @plain_formats_only_round
// CHECK-DAG: %[[ONE:.*]] = halftone.constant dense<1.000000e+00> : tensor<f32>
// CHECK-DAG: %[[ZERO:.*]] = halftone.constant dense<0.000000e+00> : tensor<bf16>
// CHECK: %[[Q:.*]] = halftone.quantize %{{.*}}, %[[ONE]], %[[ZERO]] : (tensor<?x4xf32>, tensor<f32>, tensor<bf16>) -> tensor<?x4xbf16>
// CHECK: %[[X:.*]] = halftone.dequantize %[[Q]], %[[ONE]], %[[ZERO]]
// CHECK: halftone.matmul %[[X]]
func.func @plain_formats_only_round(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>) -> tensor<?x4xf32> {
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "bf16"}, activations = {format = "bf16", when = "dynamic"}}}
      : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
