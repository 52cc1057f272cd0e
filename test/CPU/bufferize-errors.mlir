// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-bufferize --verify-diagnostics

// Graph ops are lowered before; one that was forgotten must not pass silently.
func.func @a_graph_op_has_no_rule_for_buffers(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{op was not bufferized}}
  %y = halftone.relu %x : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
