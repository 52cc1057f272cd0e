// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// CHECK-LABEL: @transposes
// CHECK:         linalg.transpose {{.*}} permutation = [0, 2, 1]
func.func @transposes(%x: tensor<2x3x4xf32>) -> tensor<2x4x3xf32> {
  %0 = halftone.transpose %x {permutation = array<i64: 0, 2, 1>} : (tensor<2x3x4xf32>) -> tensor<2x4x3xf32>
  return %0 : tensor<2x4x3xf32>
}

// Where only dimensions of size 1 move, no element does.
// CHECK-LABEL: @moves_ones_for_free
// CHECK-NOT:     linalg
// CHECK:         tensor.collapse_shape
// CHECK:         tensor.expand_shape
func.func @moves_ones_for_free(%x: tensor<?x8x1x1xf32>) -> tensor<?x1x1x8xf32> {
  %0 = halftone.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<?x8x1x1xf32>) -> tensor<?x1x1x8xf32>
  return %0 : tensor<?x1x1x8xf32>
}

// Producers can write straight into their part of the result.
// CHECK-LABEL: @concatenates_by_insertion
// CHECK:         %[[EMPTY:.*]] = tensor.empty() : tensor<2x7xf32>
// CHECK:         %[[ONE:.*]] = tensor.insert_slice %{{.*}} into %[[EMPTY]][0, 0] [2, 3] [1, 1]
// CHECK:         tensor.insert_slice %{{.*}} into %[[ONE]][0, 3] [2, 4] [1, 1]
func.func @concatenates_by_insertion(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) -> tensor<2x7xf32> {
  %0 = halftone.concat %a, %b {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// CHECK-LABEL: @splits_into_views
// CHECK:         tensor.extract_slice %{{.*}}[0, 0] [2, 1] [1, 1]
// CHECK:         tensor.extract_slice %{{.*}}[0, 1] [2, 3] [1, 1]
func.func @splits_into_views(%x: tensor<2x4xf32>) -> (tensor<2x1xf32>, tensor<2x3xf32>) {
  %0, %1 = halftone.split %x {axis = 1 : i64, sizes = array<i64: 1, 3>} : (tensor<2x4xf32>) -> (tensor<2x1xf32>, tensor<2x3xf32>)
  return %0, %1 : tensor<2x1xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: @slices_into_a_view
// CHECK:         tensor.extract_slice %{{.*}}[0, 1] [%{{.*}}, 2] [1, 2]
func.func @slices_into_a_view(%x: tensor<?x5xf32>) -> tensor<?x2xf32> {
  %starts = halftone.constant dense<1> : tensor<1xi64>
  %ends = halftone.constant dense<9223372036854775807> : tensor<1xi64>
  %steps = halftone.constant dense<2> : tensor<1xi64>
  %0 = halftone.slice %x, %starts, %ends, %steps {axes = array<i64: 1>}
      : (tensor<?x5xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// A view cannot walk backward.
// CHECK-LABEL: @gathers_a_reversal
// CHECK-NOT:     tensor.extract_slice
// CHECK:         linalg.generic
// CHECK:           tensor.extract
func.func @gathers_a_reversal(%x: tensor<5xf32>) -> tensor<5xf32> {
  %starts = halftone.constant dense<-1> : tensor<1xi64>
  %ends = halftone.constant dense<-9223372036854775808> : tensor<1xi64>
  %steps = halftone.constant dense<-1> : tensor<1xi64>
  %0 = halftone.slice %x, %starts, %ends, %steps {axes = array<i64: 0>}
      : (tensor<5xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// Whether the dimension is broadcast shows only in the run.
// CHECK-LABEL: @expands_what_it_does_not_know
// CHECK:         cf.assert %{{.*}}, "dimensions cannot be broadcast"
// CHECK:         %[[FACTOR:.*]] = arith.select %{{.*}}, %c0, %c1 : index
// CHECK:         linalg.generic
// CHECK:           arith.muli %{{.*}}, %[[FACTOR]]
// CHECK:           tensor.extract
func.func @expands_what_it_does_not_know(%x: tensor<?xf32>, %s: tensor<1xi64>) -> tensor<?xf32> {
  %0 = halftone.expand %x, %s : (tensor<?xf32>, tensor<1xi64>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: @pads_by_insertion
// CHECK:         %[[FILL:.*]] = linalg.fill {{.*}} -> tensor<6xf32>
// CHECK:         tensor.insert_slice %{{.*}} into %[[FILL]][1] [4] [1]
func.func @pads_by_insertion(%x: tensor<4xf32>) -> tensor<6xf32> {
  %pads = halftone.constant dense<1> : tensor<2xi64>
  %value = halftone.constant dense<0.0> : tensor<f32>
  %0 = halftone.pad %x, %pads, %value : (tensor<4xf32>, tensor<2xi64>, tensor<f32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}
