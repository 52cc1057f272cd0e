// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: printf 'weights: {format: int4, granularity: tensor, rounding: gptq}\n' > %t.yaml
// RUN: quant-opt %s --halftone-assign-schemes="recipe=%t.yaml" --verify-diagnostics | FileCheck %s

// Groups are rounded one after the other, each with scales of its own; one scale for all leaves no choice.
// CHECK-LABEL: @groups_that_share_a_scale_are_rounded_to_nearest
// CHECK: halftone.conv
// CHECK-NOT: gptq
// CHECK: return
func.func @groups_that_share_a_scale_are_rounded_to_nearest(%i: tensor<1x2x3x3xf32>) -> tensor<1x2x2x2xf32> {
  %f = halftone.constant dense<1.0> : tensor<2x1x2x2xf32>
  // expected-remark @below {{its weights are rounded to nearest, not by 'gptq': its groups of channels are rounded each for itself, but share one scale or codebook}}
  %c = halftone.conv %i, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
      : (tensor<1x2x3x3xf32>, tensor<2x1x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %c : tensor<1x2x2x2xf32>
}
