// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-select-outliers | FileCheck %s
// RUN: quant-opt %s --split-input-file --halftone-quantize-weights --halftone-select-outliers --halftone-gather-codes --halftone-quantize-activations --halftone-fuse-qdq --cse | FileCheck %s --check-prefix=FUSED

// What is found of the input is found once for query and key. Behind the weights' codes the product of integers sees zeros where
// outliers are, and only the rows that these meet are decoded.
// CHECK-LABEL: @query_and_key_have_the_same_outliers
// CHECK: %[[A:.*]] = halftone.abs %arg0
// CHECK: %[[M:.*]] = halftone.reduce %[[A]] {axes = array<i64: 0>, keepdims = false, kind = 2 : i32}
// CHECK-DAG: %[[T:.*]] = halftone.constant dense<6.000000e+00> : tensor<f32>
// CHECK: %[[O:.*]] = halftone.greater_or_equal %[[M]], %[[T]]
// CHECK-DAG: %[[Z:.*]] = halftone.constant dense<0.000000e+00> : tensor<f32>
// CHECK: %[[C:.*]] = halftone.where %[[O]], %[[Z]], %arg0
// CHECK: %[[F:.*]] = halftone.cast %[[O]]
// CHECK: %[[N:.*]] = halftone.reduce %[[F]] {axes = array<i64: 0>, keepdims = true, kind = 0 : i32}
// CHECK: %{{.*}}, %[[I:.*]] = halftone.topk %[[F]], %[[N]]
// CHECK: %[[X:.*]] = halftone.gather %arg0, %[[I]] {axis = 1 : i64} : (tensor<5x4xf32>, tensor<?xi64>) -> tensor<5x?xf32>
// CHECK-NOT: halftone.topk
// CHECK: %[[R:.*]] = halftone.gather %[[W:.*]], %[[I]] {axis = 0 : i64} : (tensor<4x2xf32>, tensor<?xi64>) -> tensor<?x2xf32>
// CHECK: %[[Q:.*]] = halftone.matmul %[[C]], %[[W]] {halftone.scheme
// CHECK: %[[P:.*]] = halftone.matmul %[[X]], %[[R]] : (tensor<5x?xf32>, tensor<?x2xf32>) -> tensor<5x2xf32>
// CHECK: halftone.add %[[Q]], %[[P]]
// CHECK: halftone.matmul %[[C]]
// CHECK: halftone.matmul %[[X]]
// FUSED-LABEL: @query_and_key_have_the_same_outliers
// FUSED: %[[C:.*]] = halftone.where
// FUSED: halftone.dynamic_quantize %[[C]]
// FUSED-NOT: halftone.dynamic_quantize
// FUSED: %[[G:.*]] = halftone.gather %{{.*}} {axis = 0 : i64} : (tensor<4x2xi8>, tensor<?xi64>) -> tensor<?x2xi8>
// FUSED: halftone.dequantize %[[G]]
// FUSED: halftone.matmul_integer
// FUSED: halftone.matmul_integer
func.func @query_and_key_have_the_same_outliers(%x: tensor<5x4xf32>) -> (tensor<5x2xf32>, tensor<5x2xf32>) {
  %wq = halftone.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>
  %wk = halftone.constant dense<[[4.0, 3.0], [2.0, 1.0], [0.0, 1.0], [2.0, 3.0]]> : tensor<4x2xf32>
  %q = halftone.matmul %x, %wq {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 6.0, when = "dynamic"}}}} : (tensor<5x4xf32>, tensor<4x2xf32>) -> tensor<5x2xf32>
  %k = halftone.matmul %x, %wk {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 6.0, when = "dynamic"}}}} : (tensor<5x4xf32>, tensor<4x2xf32>) -> tensor<5x2xf32>
  return %q, %k : tensor<5x2xf32>, tensor<5x2xf32>
}

// -----

// A column is one of all rows, whatever dimensions they have, and may be of any number of them.
// CHECK-LABEL: @rows_may_have_several_dimensions
// CHECK: halftone.reduce %{{.*}} {axes = array<i64: 0, 1>, keepdims = false, kind = 2 : i32} : (tensor<?x3x4xf32>) -> tensor<4xf32>
// CHECK: halftone.gather %arg0, %{{.*}} {axis = 2 : i64} : (tensor<?x3x4xf32>, tensor<?xi64>) -> tensor<?x3x?xf32>
// CHECK: halftone.matmul %{{.*}} : (tensor<?x3x?xf32>, tensor<?x2xf32>) -> tensor<?x3x2xf32>
func.func @rows_may_have_several_dimensions(%x: tensor<?x3x4xf32>) -> tensor<?x3x2xf32> {
  %w = halftone.constant dense<1.0> : tensor<4x2xf32>
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 6.0, when = "dynamic"}}}} : (tensor<?x3x4xf32>, tensor<4x2xf32>) -> tensor<?x3x2xf32>
  return %y : tensor<?x3x2xf32>
}

// -----

// Columns that calibration chooses are another pass's, and a recipe may have none.
// CHECK-LABEL: @others_stay
// CHECK-NOT: halftone.where
// CHECK: halftone.matmul %arg0
// CHECK: halftone.matmul %arg0
func.func @others_stay(%x: tensor<5x4xf32>) -> (tensor<5x2xf32>, tensor<5x2xf32>) {
  %w = halftone.constant dense<1.0> : tensor<4x2xf32>
  %q = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 6.0, when = "static"}}}} : (tensor<5x4xf32>, tensor<4x2xf32>) -> tensor<5x2xf32>
  %k = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic"}}} : (tensor<5x4xf32>, tensor<4x2xf32>) -> tensor<5x2xf32>
  return %q, %k : tensor<5x2xf32>, tensor<5x2xf32>
}
