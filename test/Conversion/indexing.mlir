// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// The check has a loop of its own; the copy moves whole rows.
// CHECK-LABEL: @gathers_rows
// CHECK:         linalg.generic {{.*}} iterator_types = ["reduction"]
// CHECK:         cf.assert %{{.*}}, "index out of range"
// CHECK:         scf.for
// CHECK:           %[[ROW:.*]] = tensor.extract_slice {{.*}} [1, 64] [1, 1] : tensor<100x64xf32> to tensor<64xf32>
// CHECK:           tensor.insert_slice %[[ROW]]
func.func @gathers_rows(%table: tensor<100x64xf32>, %ids: tensor<?xi64>) -> tensor<?x64xf32> {
  %0 = halftone.gather %table, %ids {axis = 0 : i64} : (tensor<100x64xf32>, tensor<?xi64>) -> tensor<?x64xf32> loc("embed")
  return %0 : tensor<?x64xf32>
}

// Codes of 4 bits: the first of a row shares its byte with the fourth.
// CHECK-LABEL: @gathers_packed_codes
// CHECK:         %[[ROWS:.*]] = arith.constant dense<{{\[\[}}-63, 94, -93], [88, -57, 58], [16, 1, 16], [34, 34, 34]]> : tensor<4x3xi8>
// CHECK:         scf.for
// CHECK:           linalg.generic
// CHECK:             %[[BYTE:.*]] = tensor.extract %[[ROWS]]
// CHECK:             arith.shrui %[[BYTE]]
func.func @gathers_packed_codes(%ids: tensor<?xi64>) -> tensor<?x6xi4> {
  %table = halftone.constant dense<[[1, -2, 3, -4, 5, -6], [-8, 7, -6, 5, -4, 3], [0, 1, 0, 1, 0, 1], [2, 2, 2, 2, 2, 2]]> : tensor<4x6xi4>
  %0 = halftone.gather %table, %ids {axis = 0 : i64} : (tensor<4x6xi4>, tensor<?xi64>) -> tensor<?x6xi4>
  return %0 : tensor<?x6xi4>
}

// CHECK-LABEL: @checks_no_constant_index
// CHECK-NOT:     cf.assert
// CHECK-NOT:     scf.for
// CHECK:         tensor.extract_slice %{{.*}}[99, 0] [1, 64] [1, 1]
func.func @checks_no_constant_index(%table: tensor<100x64xf32>) -> tensor<64xf32> {
  %last = halftone.constant dense<-1> : tensor<i64>
  %0 = halftone.gather %table, %last {axis = 0 : i64} : (tensor<100x64xf32>, tensor<i64>) -> tensor<64xf32>
  return %0 : tensor<64xf32>
}

// Indices may repeat, so the updates come one after the other.
// CHECK-LABEL: @scatters_in_order
// CHECK:         scf.for
// CHECK:           %[[THERE:.*]] = tensor.extract %{{.*}} : tensor<4xf32>
// CHECK:           arith.addf %[[THERE]]
// CHECK:           tensor.insert
func.func @scatters_in_order(%x: tensor<4xf32>, %i: tensor<?xi64>, %u: tensor<?xf32>) -> tensor<4xf32> {
  %0 = halftone.scatter_elements %x, %i, %u {axis = 0 : i64, reduction = 1 : i32}
      : (tensor<4xf32>, tensor<?xi64>, tensor<?xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: @counts_a_range
// CHECK:         cf.assert %{{.*}}, "range with a step of 0"
// CHECK:         tensor.empty(%{{.*}}) : tensor<?xi64>
func.func @counts_a_range(%a: tensor<i64>, %b: tensor<i64>, %c: tensor<i64>) -> tensor<?xi64> {
  %0 = halftone.range %a, %b, %c : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return %0 : tensor<?xi64>
}
