// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-assign-schemes="recipe=w8a8-static" | FileCheck %s
// RUN: quant-opt %s --halftone-assign-schemes="recipe=float" | FileCheck %s --check-prefix=FLOAT
// RUN: printf 'weights: {format: int8}\nskip: [fc]\nlayers:\n  - {match: "/con.*/", weights: {format: int8, granularity: tensor}}\n' > %t.yaml
// RUN: quant-opt %s --halftone-assign-schemes="recipe=%t.yaml" | FileCheck %s --check-prefix=FILE

// FLOAT-NOT: halftone.scheme

// CHECK-LABEL: @contractions_with_constant_weights_get_the_scheme
// CHECK: halftone.matmul
// CHECK-SAME: activations = {format = "uint8", granularity = "tensor", range = "min-max", symmetric = false, when = "static"}
// CHECK-SAME: weights = {format = "int8", granularity = "channel", symmetric = true}
// CHECK: halftone.conv
// CHECK-SAME: halftone.scheme

// A skipped node has no scheme; the first rule that matches a node replaces the recipe's.
// FILE-LABEL: @contractions_with_constant_weights_get_the_scheme
// FILE: halftone.matmul %{{[0-9a-z_]+}}, %{{[0-9a-z_]+}} :
// FILE: halftone.conv
// FILE-SAME: weights = {format = "int8", granularity = "tensor"
func.func @contractions_with_constant_weights_get_the_scheme(%x: tensor<2x4xf32>, %i: tensor<1x1x3x3xf32>)
    -> (tensor<2x3xf32>, tensor<1x1x2x2xf32>) {
  %w = halftone.constant dense<1.0> : tensor<4x3xf32>
  %f = halftone.constant dense<1.0> : tensor<1x1x2x2xf32>
  %y = halftone.matmul %x, %w : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32> loc("fc")
  %c = halftone.conv %i, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x1x3x3xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> loc("conv1")
  return %y, %c : tensor<2x3xf32>, tensor<1x1x2x2xf32>
}

// Without constants on the right there are no weights to quantize.
// CHECK-LABEL: @declines_a_product_of_activations
// CHECK-NOT: halftone.scheme
func.func @declines_a_product_of_activations(%a: tensor<2x4xf32>, %b: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %y = halftone.matmul %a, %b : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32> loc("fc")
  %z = halftone.relu %y : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("conv1")
  return %z : tensor<2x3xf32>
}
