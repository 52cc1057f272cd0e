// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-parallelize-loops --verify-diagnostics

// Loops over tensors would have to invent where results are stored.
func.func @tensors_are_refused(%y: tensor<4xf32>, %v: f32) -> tensor<4xf32> {
  // expected-error @below {{is not on buffers}}
  %f = linalg.fill ins(%v : f32) outs(%y : tensor<4xf32>) -> tensor<4xf32>
  return %f : tensor<4xf32>
}
