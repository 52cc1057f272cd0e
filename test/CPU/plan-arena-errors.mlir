// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-plan-arena --verify-diagnostics

// Between blocks in any order "after the last use" means nothing.
// expected-error @below {{has control flow that is not structured}}
func.func @blocks_are_refused(%c: i1) {
  cf.cond_br %c, ^bb1, ^bb1
^bb1:
  return
}
