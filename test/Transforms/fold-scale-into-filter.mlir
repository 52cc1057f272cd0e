// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(halftone-fold-scale-into-filter,halftone-fold-constants))" | FileCheck %s

// BatchNormalization behind a biased convolution: (conv + b) * s + c = conv' + (b * s + c).
// CHECK-LABEL: @batch_normalization
// CHECK-DAG: %[[W:.*]] = halftone.constant dense<{{\[\[\[\[}}2.000000e+00]]], {{\[\[\[}}6.000000e+00]]]]> : tensor<2x1x1x1xf32>
// CHECK-DAG: %[[B:.*]] = halftone.constant dense<{{\[\[\[}}2.100000e+01]], {{\[\[}}6.200000e+01]]]> : tensor<2x1x1xf32>
// CHECK-DAG: %[[CONV:.*]] = halftone.conv %arg0, %[[W]]
// CHECK: %[[SUM:.*]] = halftone.add %[[CONV]], %[[B]]
// CHECK: return %[[SUM]]
func.func @batch_normalization(%x: tensor<1x1x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %w = halftone.constant dense<[[[[1.0]]], [[[2.0]]]]> : tensor<2x1x1x1xf32>
  %b = halftone.constant dense<[[[10.0]], [[20.0]]]> : tensor<2x1x1xf32>
  %s = halftone.constant dense<[[[2.0]], [[3.0]]]> : tensor<2x1x1xf32>
  %c = halftone.constant dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32>
  %0 = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x1x2x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x2x2xf32>
  %1 = halftone.add %0, %b : (tensor<1x2x2x2xf32>, tensor<2x1x1xf32>) -> tensor<1x2x2x2xf32>
  %2 = halftone.mul %1, %s : (tensor<1x2x2x2xf32>, tensor<2x1x1xf32>) -> tensor<1x2x2x2xf32>
  %3 = halftone.add %2, %c : (tensor<1x2x2x2xf32>, tensor<2x1x1xf32>) -> tensor<1x2x2x2xf32>
  return %3 : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: @scaled_columns
// CHECK: %[[W:.*]] = halftone.constant dense<{{\[\[}}1.000000e+00, 4.000000e+00], [3.000000e+00, 8.000000e+00]]> : tensor<2x2xf32>
// CHECK: %[[Y:.*]] = halftone.matmul %arg0, %[[W]]
// CHECK: return %[[Y]]
func.func @scaled_columns(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = halftone.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = halftone.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = halftone.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = halftone.mul %0, %s : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// The unscaled result is needed too.
// CHECK-LABEL: @declines_two_users
// CHECK: halftone.mul
func.func @declines_two_users(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = halftone.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = halftone.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = halftone.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = halftone.mul %0, %s : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

// A copy of shared weights would cost more than the product.
// CHECK-LABEL: @declines_shared_weights
// CHECK: halftone.mul
func.func @declines_shared_weights(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = halftone.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = halftone.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = halftone.matmul %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %1 = halftone.mul %0, %s : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %2 = halftone.matmul %1, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %1, %2 : tensor<?x2xf32>, tensor<?x2xf32>
}

// A factor per row is no factor of a column.
// CHECK-LABEL: @declines_other_dimension
// CHECK: halftone.mul
func.func @declines_other_dimension(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = halftone.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = halftone.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %0 = halftone.matmul %x, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = halftone.mul %0, %s : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}
