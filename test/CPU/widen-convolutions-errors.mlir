// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-widen-convolutions=target=pentium9 --verify-diagnostics

// expected-error @+1 {{unknown CPU 'pentium9'; expected native, x86-64-v3, x86-64-v4, armv8-a, or another}}
func.func @unknown_cpu() {
  return
}
