// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-quantize-weights | FileCheck %s
// RUN: quant-opt %s --halftone-quantize-weights=observed-only | FileCheck %s --check-prefix=OBSERVED

// The first two inputs were always equal, so that only the sum of their weights matters. To nearest both
// 0.4 become 0; carried on, the error of the first makes the second one 1. The scale is that of the 7.
// CHECK-LABEL: @errors_are_carried_on
// CHECK-SAME: output_sqnr = {{.*}}output_sqnr_nearest = {{.*}}rounding = "gptq"
// CHECK: halftone.constant dense<{{\[}}[0], [1], [7]]> : tensor<3x1xi4>
// CHECK: halftone.matmul
// CHECK-NOT: gram_matrix
// OBSERVED-LABEL: @errors_are_carried_on
// OBSERVED: halftone.dequantize
func.func @errors_are_carried_on(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [0.4], [7.0]]> : tensor<3x1xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("fc")
  return %y : tensor<5x1xf32>
}

// Inputs that have nothing to do with each other leave nothing to carry on.
// CHECK-LABEL: @independent_inputs_are_rounded_to_nearest
// CHECK: halftone.constant dense<{{\[}}[0], [0], [7]]> : tensor<3x1xi4>
func.func @independent_inputs_are_rounded_to_nearest(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [0.4], [7.0]]> : tensor<3x1xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("fc")
  return %y : tensor<5x1xf32>
}

// The same weights of two layers with different inputs become different codes.
// CHECK-LABEL: @tied_weights_are_rounded_for_each_input
// CHECK-DAG: halftone.constant dense<{{\[}}[0], [1], [7]]> : tensor<3x1xi4>
// CHECK-DAG: halftone.constant dense<{{\[}}[0], [0], [7]]> : tensor<3x1xi4>
// CHECK: return
func.func @tied_weights_are_rounded_for_each_input(%x: tensor<5x3xf32>, %y: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [0.4], [7.0]]> : tensor<3x1xf32>
  %a = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("a")
  %b = halftone.matmul %y, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("b")
  %c = halftone.add %a, %b : (tensor<5x1xf32>, tensor<5x1xf32>) -> tensor<5x1xf32>
  return %c : tensor<5x1xf32>
}

// The channels of a filter come first, its inputs are the windows.
// CHECK-LABEL: @a_filter_is_rounded_by_the_windows
// CHECK: halftone.constant dense<{{\[}}{{\[}}[0, 1, 7]]]> : tensor<1x1x3xi4>
func.func @a_filter_is_rounded_by_the_windows(%x: tensor<1x1x9xf32>) -> tensor<1x1x7xf32> {
  %w = halftone.constant dense<[[[0.4, 0.4, 7.0]]]> : tensor<1x1x3xf32>
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>,
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<1x1x9xf32>, tensor<1x1x3xf32>) -> tensor<1x1x7xf32> loc("conv")
  return %y : tensor<1x1x7xf32>
}

// Each group of channels is rounded by its own matrix: the first as above, the second to nearest.
// CHECK-LABEL: @groups_are_rounded_by_their_own_inputs
// CHECK: halftone.constant dense<{{\[}}{{\[}}[0, 1, 7]], {{\[}}[0, 0, 7]]]> : tensor<2x1x3xi4>
// CHECK: halftone.dequantize {{.*}} (tensor<2x1x3xi4>, tensor<2xf32>,
func.func @groups_are_rounded_by_their_own_inputs(%x: tensor<1x2x9xf32>) -> tensor<1x2x7xf32> {
  %w = halftone.constant dense<[[[0.4, 0.4, 7.0]], [[0.4, 0.4, 7.0]]]> : tensor<2x1x3xf32>
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, group = 2 : i64,
      halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq"}},
      halftone.gram_matrix = dense<[[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
                                    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]> : tensor<2x3x3xf32>}
      : (tensor<1x2x9xf32>, tensor<2x1x3xf32>) -> tensor<1x2x7xf32> loc("depthwise")
  return %y : tensor<1x2x7xf32>
}

// A sequential recipe quantizes what has been observed so far; the rest waits with its scheme.
// OBSERVED-LABEL: @others_wait
// OBSERVED-NOT: halftone.dequantize
// OBSERVED: halftone.matmul {{.*}}halftone.scheme
func.func @others_wait(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[0.4], [0.4], [7.0]]> : tensor<3x1xf32>
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int4", granularity = "channel"}}}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("fc")
  return %y : tensor<5x1xf32>
}
