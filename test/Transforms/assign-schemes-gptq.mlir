// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: printf 'weights: {format: int4, rounding: gptq, gptq: {order: descending}}\nembeddings: true\n' > %t.yaml
// RUN: quant-opt %s --halftone-assign-schemes="recipe=%t.yaml" --verify-diagnostics | FileCheck %s
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-insert-observers))' 2> /dev/null | FileCheck %s --check-prefix=OBSERVED

// What the recipe says of the rounding stands on the layer, and its input is observed.
// CHECK-LABEL: @layers_are_rounded_by_their_inputs
// CHECK: halftone.matmul
// CHECK-SAME: gptq = {damping = 1.000000e-02 : f64, order = "descending", static_groups = true}
// CHECK-SAME: rounding = "gptq"
// OBSERVED-LABEL: @layers_are_rounded_by_their_inputs
// OBSERVED: %[[X:.*]] = halftone.observe
// OBSERVED: halftone.matmul %[[X]]
func.func @layers_are_rounded_by_their_inputs(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = halftone.constant dense<1.0> : tensor<4x3xf32>
  %y = halftone.matmul %x, %w : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32> loc("fc")
  return %y : tensor<2x3xf32>
}

// Each group has inputs, and a Gram matrix, of its own.
// CHECK-LABEL: @groups_are_rounded_by_their_inputs
// CHECK: halftone.conv
// CHECK-SAME: rounding = "gptq"
func.func @groups_are_rounded_by_their_inputs(%i: tensor<1x2x3x3xf32>) -> tensor<1x2x2x2xf32> {
  %f = halftone.constant dense<1.0> : tensor<2x1x2x2xf32>
  %c = halftone.conv %i, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
      : (tensor<1x2x3x3xf32>, tensor<2x1x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %c : tensor<1x2x2x2xf32>
}

// A row is chosen, nothing is added up.
// CHECK-LABEL: @embeddings_are_rounded_to_nearest
// CHECK: halftone.gather
// CHECK-SAME: halftone.scheme
// CHECK-NOT: gptq
// CHECK: return
func.func @embeddings_are_rounded_to_nearest(%i: tensor<3xi64>) -> tensor<3x4xf32> {
  %w = halftone.constant dense<1.0> : tensor<8x4xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<8x4xf32>, tensor<3xi64>) -> tensor<3x4xf32> loc("embed")
  return %y : tensor<3x4xf32>
}
