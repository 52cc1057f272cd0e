// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-bind-runtime --verify-diagnostics

// It would stay an undefined symbol of the module file.
llvm.func @halftone_fly()
llvm.func @unknown_functions_are_refused() {
  // expected-error @below {{calls 'halftone_fly', which the runtime does not offer}}
  llvm.call @halftone_fly() : () -> ()
  llvm.return
}
