// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// CHECK-LABEL: @collapses_and_expands_by_groups
// CHECK:         tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]] : tensor<2x3x8xf32> into tensor<6x8xf32>
// CHECK:         tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2]] output_shape [6, 2, 4]
func.func @collapses_and_expands_by_groups(%x: tensor<2x3x8xf32>) -> tensor<6x2x4xf32> {
  %s = halftone.constant dense<[6, 2, 4]> : tensor<3xi64>
  %0 = halftone.reshape %x, %s : (tensor<2x3x8xf32>, tensor<3xi64>) -> tensor<6x2x4xf32>
  return %0 : tensor<6x2x4xf32>
}

// The shape is data: it may ask for another number of elements.
// CHECK-LABEL: @checks_a_shape_of_the_run
// CHECK:         tensor.extract
// CHECK:         cf.assert %{{.*}}, "reshape to another number of elements"
// CHECK:         tensor.reshape
func.func @checks_a_shape_of_the_run(%x: tensor<?x4xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
  %0 = halftone.reshape %x, %s : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x?xf32> loc("view")
  return %0 : tensor<?x?xf32>
}

// CHECK-LABEL: @squeezes_by_collapsing
// CHECK:         tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2, 3]] : tensor<1x?x4x1xf32> into tensor<?x4xf32>
func.func @squeezes_by_collapsing(%x: tensor<1x?x4x1xf32>) -> tensor<?x4xf32> {
  %0 = halftone.squeeze %x {axes = array<i64: 0, 3>} : (tensor<1x?x4x1xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: @checks_a_squeezed_dimension
// CHECK:         cf.assert %{{.*}}, "squeezed dimension is not 1"
func.func @checks_a_squeezed_dimension(%x: tensor<?x4xf32>) -> tensor<4xf32> {
  %0 = halftone.squeeze %x {axes = array<i64: 0>} : (tensor<?x4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: @flattens_around_the_axis
// CHECK:         tensor.collapse_shape %{{.*}} {{\[\[}}0], [1, 2]]
func.func @flattens_around_the_axis(%x: tensor<2x3x4xf32>) -> tensor<2x12xf32> {
  %0 = halftone.flatten %x {axis = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
  return %0 : tensor<2x12xf32>
}
