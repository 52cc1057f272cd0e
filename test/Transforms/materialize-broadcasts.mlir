// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(halftone-materialize-broadcasts))" | FileCheck %s
// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(halftone-materialize-broadcasts,halftone-materialize-broadcasts))" | FileCheck %s

// Either may be 1 at run time, so the common shape is computed and both are expanded to it. Running the pass again adds
// nothing: the expanded dimensions are the same symbol.
// CHECK-LABEL: @expands_both
// CHECK: %[[LHS:.*]] = halftone.shape %arg0
// CHECK: %[[RHS:.*]] = halftone.shape %arg1
// CHECK: %[[ONE:.*]] = halftone.equal %[[LHS]]
// CHECK: %[[COMMON:.*]] = halftone.where %[[ONE]], %[[RHS]], %[[LHS]]
// CHECK: %[[A:.*]] = halftone.expand %arg0, %[[COMMON]] : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
// CHECK: %[[B:.*]] = halftone.expand %arg1, %[[COMMON]] : (tensor<?x1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
// CHECK: halftone.add %[[A]], %[[B]]
// CHECK-NOT: halftone.expand
func.func @expands_both(%x: tensor<?x4xf32>, %y: tensor<?x1xf32>) -> tensor<?x4xf32> {
  %z = halftone.add %x, %y : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// Equal names are equal dimensions, and so is a dimension and what was made from it.
// CHECK-LABEL: @keeps_provably_equal
// CHECK-NOT: halftone.expand
// CHECK: return
func.func @keeps_provably_equal(%x: tensor<?x4xf32> {halftone.dim_names = ["batch", ""]},
                                %y: tensor<?x1xf32> {halftone.dim_names = ["batch", ""]}) -> tensor<?x4xf32> {
  %a = halftone.relu %x : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %b = halftone.mul %a, %y : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %c = halftone.add %b, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %c : tensor<?x4xf32>
}

// A static 1 broadcasts in every case; only what may be 1 or 4 at run time is expanded.
// CHECK-LABEL: @expands_what_may_be_one
// CHECK: %[[Y:.*]] = halftone.expand %arg1, {{.*}} -> tensor<4xf32>
// CHECK: halftone.where %arg2, %arg0, %[[Y]]
func.func @expands_what_may_be_one(%x: tensor<4xf32>, %y: tensor<?xf32>, %c: tensor<1xi1>) -> tensor<4xf32> {
  %z = halftone.where %c, %x, %y : (tensor<1xi1>, tensor<4xf32>, tensor<?xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// The batch dimensions of a product broadcast, its rows and columns do not.
// CHECK-LABEL: @batch_dimensions
// CHECK: %[[TAIL:.*]] = halftone.shape %arg0 {end = 3 : i64, start = 1 : i64}
// CHECK: %[[SHAPE:.*]] = halftone.concat {{.*}}, %[[TAIL]]
// CHECK: halftone.expand %arg0, %[[SHAPE]] : (tensor<?x2x3xf32>, tensor<3xi64>) -> tensor<?x2x3xf32>
// CHECK: halftone.expand %arg1, {{.*}} -> tensor<?x3x?xf32>
// CHECK: halftone.matmul
func.func @batch_dimensions(%x: tensor<?x2x3xf32>, %y: tensor<?x3x?xf32>) -> tensor<?x2x?xf32> {
  %z = halftone.matmul %x, %y : (tensor<?x2x3xf32>, tensor<?x3x?xf32>) -> tensor<?x2x?xf32>
  return %z : tensor<?x2x?xf32>
}

// One matrix for all batches.
// CHECK-LABEL: @keeps_single_matrix
// CHECK-NOT: halftone.expand
// CHECK: return
func.func @keeps_single_matrix(%x: tensor<?x?x3xf32>, %y: tensor<3x?xf32>) -> tensor<?x?x?xf32> {
  %z = halftone.matmul %x, %y : (tensor<?x?x3xf32>, tensor<3x?xf32>) -> tensor<?x?x?xf32>
  return %z : tensor<?x?x?xf32>
}
