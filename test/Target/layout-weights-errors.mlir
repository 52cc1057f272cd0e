// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-layout-weights --verify-diagnostics

// A module without its weights must not be written.
func.func @missing_data_is_refused() -> memref<4xf32> {
  // expected-error @below {{cannot be stored in the weights section: 'tensor<4xf32>' has no data, or elements of less than a byte}}
  %0 = halftone.constant dense_resource<nowhere> : tensor<4xf32> to memref<4xf32>
  return %0 : memref<4xf32>
}
