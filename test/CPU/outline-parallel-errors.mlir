// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-outline-parallel --verify-diagnostics

// A task has nowhere to return a tensor to.
func.func @tensors_are_refused(%y: tensor<4xf32>, %v: tensor<1xf32>) -> tensor<4xf32> {
  // expected-error @below {{is not on buffers}}
  %f = scf.forall (%i) in (4) shared_outs(%o = %y) -> tensor<4xf32> {
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %v into %o[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>
    }
  }
  return %f : tensor<4xf32>
}
