// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-drop-observers | FileCheck %s

// Outside of calibration an observer is an identity.
// CHECK-LABEL: @observers_are_identities
// CHECK-SAME:    (%[[X:.*]]: tensor<4xf32>)
// CHECK-NOT:     halftone.observe
// CHECK:         return %[[X]]
func.func @observers_are_identities(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = halftone.observe %x {tensor = "x"} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
