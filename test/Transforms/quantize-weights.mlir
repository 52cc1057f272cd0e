// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=w8},halftone-quantize-weights))' | FileCheck %s

// One scale per output channel: the columns of a matrix, the first dimension of a filter.
// The largest magnitude of each becomes 127, and 0.5 of 1 rounds to 64 (63.5, half to even).
// CHECK-LABEL: @weights_become_codes_and_scales
// CHECK-DAG: %[[W:.*]] = halftone.constant dense<{{\[}}[127, 64], [-127, -127]]> : tensor<2x2xi8>
// CHECK-DAG: %[[S:.*]] = halftone.constant dense<[0.00787401571, 0.0314960629]> : tensor<2xf32>
// CHECK-DAG: %[[Z:.*]] = halftone.constant dense<0> : tensor<i8>
// CHECK-DAG: %[[D:.*]] = halftone.dequantize %[[W]], %[[S]], %[[Z]] {axis = 1 : i64}
// CHECK: halftone.matmul %{{.*}}, %[[D]]
func.func @weights_become_codes_and_scales(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = halftone.constant dense<[[1.0, 2.0], [-1.0, -4.0]]> : tensor<2x2xf32>
  %y = halftone.matmul %x, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32> loc("fc")
  return %y : tensor<3x2xf32>
}

// CHECK-LABEL: @a_filter_has_one_scale_per_output_channel
// CHECK: halftone.dequantize {{.*}} : (tensor<3x1x2x2xi8>, tensor<3xf32>, tensor<i8>)
func.func @a_filter_has_one_scale_per_output_channel(%i: tensor<1x1x3x3xf32>) -> tensor<1x3x2x2xf32> {
  %f = halftone.constant dense<1.0> : tensor<3x1x2x2xf32>
  %c = halftone.conv %i, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x1x3x3xf32>, tensor<3x1x2x2xf32>) -> tensor<1x3x2x2xf32> loc("conv")
  return %c : tensor<1x3x2x2xf32>
}

// Tied weights are stored once.
// CHECK-LABEL: @shared_weights_stay_shared
// CHECK: %[[D:.*]] = halftone.dequantize
// CHECK-NOT: halftone.dequantize
// CHECK: halftone.matmul %{{.*}}, %[[D]]
// CHECK: halftone.matmul %{{.*}}, %[[D]]
func.func @shared_weights_stay_shared(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = halftone.constant dense<[[1.0, 2.0], [-1.0, -4.0]]> : tensor<2x2xf32>
  %y = halftone.matmul %x, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32> loc("a")
  %z = halftone.matmul %y, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32> loc("b")
  return %z : tensor<3x2xf32>
}
