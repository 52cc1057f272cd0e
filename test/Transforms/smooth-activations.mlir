// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-smooth-activations="file=%S/Inputs/channels.json" | FileCheck %s
// RUN: quant-opt %s --split-input-file --halftone-smooth-activations="file=%S/Inputs/channels.json alpha=0.75 power-of-two" | FileCheck %s --check-prefix=POWER

// With alpha .5 both have the same range afterwards: 4 / 2 = 1 * 2 in the first channel, 16 / 8 = .25 * 8 in the second. A
// channel that was always 0, the last, and one whose weights are, the third, stay as they are. Query and key share one division.
// With alpha .75 the first factor is 2^(.75 * 2), to a power of two 4, the second 2^(.75 * 4 + .25 * 2), 16.
// CHECK-LABEL: @the_gain_of_a_norm_is_divided_once_for_all_who_read_it
// CHECK-DAG: %[[G:.*]] = halftone.constant dense<[5.000000e-01, 2.500000e-01, 3.000000e+00, 4.000000e+00]> : tensor<4xf32>
// CHECK-DAG: %[[Q:.*]] = halftone.constant dense<{{\[}}[2.000000e+00], [8.000000e-01], [0.000000e+00], [5.000000e-01]]>
// CHECK-DAG: %[[K:.*]] = halftone.constant dense<{{\[}}[-1.000000e+00], [2.000000e+00], [0.000000e+00], [1.000000e+00]]>
// CHECK: %[[N:.*]] = halftone.mul %{{.*}}, %[[G]] :
// CHECK: halftone.matmul %[[N]], %[[Q]]
// CHECK: halftone.matmul %[[N]], %[[K]]
// POWER-LABEL: @the_gain_of_a_norm_is_divided_once_for_all_who_read_it
// POWER: halftone.constant dense<[2.500000e-01, 1.250000e-01, 3.000000e+00, 4.000000e+00]> : tensor<4xf32>
func.func @the_gain_of_a_norm_is_divided_once_for_all_who_read_it(%x: tensor<2x4xf32>) -> (tensor<2x1xf32>, tensor<2x1xf32>) {
  %gain = halftone.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %wq = halftone.constant dense<[[1.0], [0.1], [0.0], [0.5]]> : tensor<4x1xf32>
  %wk = halftone.constant dense<[[-0.5], [0.25], [0.0], [1.0]]> : tensor<4x1xf32>
  %n = halftone.mul %x, %gain : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32> loc("gain")
  %q = halftone.matmul %n, %wq {halftone.scheme = {weights = {format = "int8"}}} : (tensor<2x4xf32>, tensor<4x1xf32>) -> tensor<2x1xf32>
  %k = halftone.matmul %n, %wk {halftone.scheme = {weights = {format = "int8"}}} : (tensor<2x4xf32>, tensor<4x1xf32>) -> tensor<2x1xf32>
  return %q, %k : tensor<2x1xf32>, tensor<2x1xf32>
}

// -----

// What adds to the branch of a product is scaled with it, and so are the columns of the product before it; the other branch stays.
// CHECK-LABEL: @a_gated_product_is_divided_on_one_branch
// CHECK-DAG: halftone.constant dense<{{\[}}[5.000000e-01, 1.250000e-01], [1.000000e+00, 2.500000e-01]]> : tensor<2x2xf32>
// CHECK-DAG: halftone.constant dense<[5.000000e-01, 1.250000e-01]> : tensor<2xf32>
// CHECK-DAG: halftone.constant dense<{{\[}}[2.000000e+00], [8.000000e+00]]> : tensor<2x1xf32>
// CHECK: halftone.sigmoid
// CHECK: halftone.matmul
// CHECK: halftone.add
// CHECK: halftone.relu
// CHECK: halftone.mul
// CHECK-NEXT: halftone.matmul
func.func @a_gated_product_is_divided_on_one_branch(%x: tensor<3x2xf32>) -> tensor<3x1xf32> {
  %w = halftone.constant dense<[[1.0, 1.0], [2.0, 2.0]]> : tensor<2x2xf32>
  %bias = halftone.constant dense<1.0> : tensor<1xf32>
  %down = halftone.constant dense<[[1.0], [1.0]]> : tensor<2x1xf32>
  %gate = halftone.sigmoid %x : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %y = halftone.matmul %x, %w : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  %sum = halftone.add %bias, %y : (tensor<1xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
  %relu = halftone.relu %sum : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %up = halftone.mul %gate, %relu : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> loc("up")
  %z = halftone.matmul %up, %down {halftone.scheme = {weights = {format = "int8"}}} : (tensor<3x2xf32>, tensor<2x1xf32>) -> tensor<3x1xf32>
  return %z : tensor<3x1xf32>
}

// -----

// Filters are columns, and a pool commutes with factors of its channels. The first layer reads the model's input, which
// nothing can be folded into, but is not quantized.
// CHECK-LABEL: @filters_before_a_pool_are_divided
// CHECK-DAG: halftone.constant dense<{{\[\[\[}}[1.250000e-01]], {{\[}}[1.250000e-01]]], {{\[\[}}[1.000000e+00]], {{\[}}[1.000000e+00]]]]> : tensor<2x2x1x1xf32>
// CHECK-DAG: halftone.constant dense<{{\[\[\[}}[8.000000e+00]], {{\[}}[1.000000e+00]]]]> : tensor<1x2x1x1xf32>
// CHECK: halftone.conv %arg0
func.func @filters_before_a_pool_are_divided(%x: tensor<1x2x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %w = halftone.constant dense<1.0> : tensor<2x2x1x1xf32>
  %v = halftone.constant dense<1.0> : tensor<1x2x1x1xf32>
  %y = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %p = halftone.max_pool %y {kernel = array<i64: 1, 1>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("image")
  %z = halftone.conv %p, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
      halftone.scheme = {weights = {format = "int8"}}} : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x1x4x4xf32>
  return %z : tensor<1x1x4x4xf32>
}

// -----

// A residual connection reads the sum as it was, so the layer gets a multiplication of its own.
// CHECK-LABEL: @other_users_see_what_was
// CHECK: %[[R:.*]] = halftone.constant dense<[2.500000e-01, 1.000000e+00]> : tensor<2xf32>
// CHECK: %[[S:.*]] = halftone.mul %arg0, %[[R]]
// CHECK: %[[W:.*]] = halftone.constant dense<{{\[}}[4.000000e+00, 4.000000e+00], [1.000000e+00, 1.000000e+00]]>
// CHECK: %[[Y:.*]] = halftone.matmul %[[S]], %[[W]]
// CHECK: halftone.add %[[Y]], %arg0
func.func @other_users_see_what_was(%x: tensor<2x2xf32> {halftone.name = "input"}) -> tensor<2x2xf32> {
  %w = halftone.constant dense<1.0> : tensor<2x2xf32>
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %z = halftone.add %y, %x : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}

// -----

// Softmax does not commute with factors.
// CHECK-LABEL: @a_producer_that_cannot_be_divided_is_left
// CHECK: %[[P:.*]] = halftone.softmax %arg0
// CHECK: halftone.mul %[[P]]
func.func @a_producer_that_cannot_be_divided_is_left(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = halftone.constant dense<1.0> : tensor<2x2xf32>
  %p = halftone.softmax %x {axis = 1 : i64} : (tensor<2x2xf32>) -> tensor<2x2xf32> loc("attn")
  %y = halftone.matmul %p, %w {halftone.scheme = {weights = {format = "int8"}}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

// Nothing is gained where nothing is quantized, and its observations are not asked for.
// CHECK-LABEL: @inputs_of_float_layers_stay
// CHECK: halftone.mul %arg1
// CHECK: halftone.matmul %arg0
func.func @inputs_of_float_layers_stay(%x: tensor<2x2xf32> {halftone.name = "unknown"}, %z: tensor<2x2xf32> {halftone.name = "input"})
    -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %w = halftone.constant dense<1.0> : tensor<2x2xf32>
  %a = halftone.matmul %x, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %b = halftone.matmul %z, %w {halftone.scheme = {weights = {format = "int8"}}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %a, %b : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// A float recipe leaves the smoothed model for another quantizer.
// CHECK-LABEL: @without_schemes_all_are_treated
// CHECK: %[[S:.*]] = halftone.mul %arg0
// CHECK: halftone.matmul %[[S]]
func.func @without_schemes_all_are_treated(%x: tensor<2x2xf32> {halftone.name = "input"}) -> tensor<2x2xf32> {
  %w = halftone.constant dense<1.0> : tensor<2x2xf32>
  %y = halftone.matmul %x, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
