// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-record-signature | FileCheck %s

// Names and signs are gone after lowering, so they are written down first.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%{{.*}}: tensor<?x3xui8> {halftone.dim_names = ["batch", ""]}, %{{.*}}: tensor<4xf32>) -> tensor<?xi64>
// CHECK-SAME:    halftone.inputs = [{dim_names = ["batch", ""], name = "image", type = tensor<?x3xui8>}, {name = "input1", type = tensor<4xf32>}]
// CHECK-SAME:    halftone.outputs = [{name = "label", type = tensor<?xi64>}]
func.func @main(%x: tensor<?x3xui8> {halftone.name = "image", halftone.dim_names = ["batch", ""]}, %y: tensor<4xf32>)
    -> (tensor<?xi64> {halftone.name = "label"}) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x3xui8>
  %r = tensor.empty(%n) : tensor<?xi64>
  return %r : tensor<?xi64>
}

// Private functions are called from inside only.
// CHECK-LABEL: func.func private @helper
// CHECK-NOT:     halftone.inputs
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
