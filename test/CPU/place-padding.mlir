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

// The sizes differ from run to run, the border does not: the slot takes its size from the producer's destination.
// CHECK-LABEL: @sizes_of_a_run
// CHECK-SAME:    %{{.*}}: tensor<?xf32>, %[[N:.*]]: index
// CHECK: %[[OUTER:.*]] = affine.apply {{.*}}[%[[N]]]
// CHECK: tensor.empty(%[[OUTER]])
// CHECK: linalg.fill {{.*}} tensor<2xf32>
// CHECK: %[[BEHIND:.*]] = affine.apply {{.*}}[%[[N]]]
// CHECK: tensor.extract_slice {{.*}}[%[[BEHIND]]] [1] [1]
// CHECK: %[[SLOT:.*]] = tensor.extract_slice {{.*}}[2] [%[[N]]] [1]
// CHECK: linalg.transpose {{.*}} outs(%[[SLOT]]
func.func @sizes_of_a_run(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.transpose ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) permutation = [0]
  %outer = affine.apply affine_map<(d0) -> (d0 + 3)>(%n)
  %p = tensor.empty(%outer) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%p : tensor<?xf32>) -> tensor<?xf32>
  %1 = tensor.insert_slice %0 into %f[2] [%n] [1] : tensor<?xf32> into tensor<?xf32>
  return %1 : tensor<?xf32>
}

// As wide as the image: no constant.
// CHECK-LABEL: @border_of_a_run
// CHECK: linalg.transpose
// CHECK: linalg.fill {{.*}} tensor<?xf32>
func.func @border_of_a_run(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.transpose ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) permutation = [0]
  %outer = affine.apply affine_map<(d0) -> (d0 * 2)>(%n)
  %p = tensor.empty(%outer) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%p : tensor<?xf32>) -> tensor<?xf32>
  %1 = tensor.insert_slice %0 into %f[1] [%n] [1] : tensor<?xf32> into tensor<?xf32>
  return %1 : tensor<?xf32>
}
