// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-llvm --verify-diagnostics

// A loop that was forgotten must not reach the translation.
func.func @what_has_no_lowering_is_refused(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{failed to legalize operation 'scf.for'}}
  scf.for %i = %c0 to %n step %c1 {
  }
  return
}
