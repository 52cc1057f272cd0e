// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-place-padding | FileCheck %s

// The producer's destination is a slice of the padded tensor, of which only the border is filled.
// CHECK-LABEL: @writes_into_border
// CHECK-COUNT-2: linalg.fill {{.*}} tensor<1xf32>
// CHECK: %[[SLOT:.*]] = tensor.extract_slice {{.*}}[1] [4] [1]
// CHECK: linalg.transpose {{.*}} outs(%[[SLOT]]
// CHECK-NOT: linalg.fill
func.func @writes_into_border(%x: tensor<4xf32>) -> tensor<6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.transpose ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) permutation = [0]
  %p = tensor.empty() : tensor<6xf32>
  %f = linalg.fill ins(%zero : f32) outs(%p : tensor<6xf32>) -> tensor<6xf32>
  %1 = tensor.insert_slice %0 into %f[1] [4] [1] : tensor<4xf32> into tensor<6xf32>
  return %1 : tensor<6xf32>
}
