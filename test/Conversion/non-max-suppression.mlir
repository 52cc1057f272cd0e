// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// For each class: while the limit is not reached and a box is found, write it and strike out what
// overlaps it.
// CHECK-LABEL: @selects_boxes
// CHECK:         linalg.fill {{.*}} -> tensor<1x2x6xi64>
// CHECK:         scf.for %{{.*}} -> (tensor<1x2x6xi64>)
// CHECK:           scf.for {{.*}} -> (index, f32)
// CHECK:           scf.while
// CHECK:             arith.cmpi slt
// CHECK:             arith.cmpi sge
// CHECK:             scf.condition
// CHECK:             tensor.insert {{.*}} : tensor<1x2x6xi64>
// CHECK:             scf.for {{.*}} -> (tensor<6xi1>)
// CHECK:               arith.divf
func.func @selects_boxes(%b: tensor<1x6x4xf32>, %s: tensor<1x2x6xf32>, %m: tensor<i64>, %t: tensor<f32>) -> tensor<1x2x6xi64> {
  %k = halftone.non_max_suppression %b, %s, %m, %t, %t
      : (tensor<1x6x4xf32>, tensor<1x2x6xf32>, tensor<i64>, tensor<f32>, tensor<f32>) -> tensor<1x2x6xi64>
  return %k : tensor<1x2x6xi64>
}
