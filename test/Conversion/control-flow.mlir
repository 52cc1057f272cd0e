// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(halftone-convert-to-linalg))" | FileCheck %s

// CHECK-LABEL: @if
// CHECK: %[[FLAG:.*]] = tensor.extract %arg0[] : tensor<i1>
// CHECK: scf.if %[[FLAG]] -> (tensor<?xi8>) {
// CHECK:   %[[CAST:.*]] = tensor.cast %arg1 : tensor<4xi8> to tensor<?xi8>
// CHECK:   scf.yield %[[CAST]] : tensor<?xi8>
// CHECK: } else {
// CHECK:   scf.yield %arg2 : tensor<?xi8>
func.func @if(%flag: tensor<i1>, %x: tensor<4xui8>, %z: tensor<?xui8>) -> tensor<?xui8> {
  %y = halftone.if %flag : tensor<i1> {
    halftone.yield %x : tensor<4xui8>
  } else {
    halftone.yield %z : tensor<?xui8>
  } -> tensor<?xui8>
  return %y : tensor<?xui8>
}

// The state starts in a buffer of its own and goes back there; slices are views, from the end.
// CHECK-LABEL: @scan
// CHECK: %[[T:.*]] = tensor.dim %arg1, %{{.*}} : tensor<?x4xf32>
// CHECK: %[[START:.*]] = bufferization.alloc_tensor() copy(%arg0) : tensor<4xf32>
// CHECK: %[[ALL:.*]] = tensor.empty(%[[T]]) : tensor<?x4xf32>
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[T]] step %{{.*}} iter_args(%[[STATE:.*]] = %[[START]], %[[SUMS:.*]] = %[[ALL]])
// CHECK:   tensor.extract_slice %arg1[%{{.*}}, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<4xf32>
// CHECK:   %[[NEXT:.*]] = linalg.generic
// CHECK:   %[[KEPT:.*]] = bufferization.materialize_in_destination %[[NEXT]] in %[[STATE]]
// CHECK:   %[[PUSHED:.*]] = tensor.insert_slice %[[NEXT]] into %[[SUMS]][%[[I]], 0] [1, 4] [1, 1]
// CHECK:   scf.yield %[[KEPT]], %[[PUSHED]]
func.func @scan(%zero: tensor<4xf32>, %x: tensor<?x4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  %last, %sums = halftone.loop carry(%zero : tensor<4xf32>) over(%x : tensor<?x4xf32>)
      attributes {reversed_inputs = array<i1: true>} {
  ^bb0(%iteration: tensor<i64>, %sum: tensor<4xf32>, %row: tensor<4xf32>):
    %next = halftone.add %sum, %row : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    halftone.yield %next, %next : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<?x4xf32>
  return %last, %sums : tensor<4xf32>, tensor<?x4xf32>
}

// How often is known at the end only: the stack grows, and what is used of it is the result.
// CHECK-LABEL: @conditional
// CHECK: %[[LOOP:.*]]:4 = scf.while (%{{.*}} = %{{.*}}, %[[GO:.*]] = %{{.*}}, %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) : (index, i1, tensor<4xf32>, tensor<?x4xf32>)
// CHECK:   scf.condition(%[[GO]])
// CHECK: } do {
// CHECK:   scf.if %{{.*}} -> (tensor<?x4xf32>)
// CHECK:   tensor.insert_slice
// CHECK: tensor.extract_slice %[[LOOP]]#3[0, 0] [%[[LOOP]]#0, 4] [1, 1] : tensor<?x4xf32> to tensor<?x4xf32>
func.func @conditional(%go: tensor<i1>, %x: tensor<4xf32>) -> tensor<?x4xf32> {
  %last, %all = halftone.loop while(%go : tensor<i1>) carry(%x : tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>, %state: tensor<4xf32>):
    %next = halftone.neg %state : (tensor<4xf32>) -> tensor<4xf32>
    halftone.yield %go, %next, %next : tensor<i1>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<?x4xf32>
  return %all : tensor<?x4xf32>
}

// A state that grows has another buffer in each iteration.
// CHECK-LABEL: @grows
// CHECK: scf.for {{.*}} -> (tensor<?xf32>)
// CHECK:   %[[NEXT:.*]] = bufferization.alloc_tensor() copy(%{{.*}}) : tensor<?xf32>
// CHECK:   scf.yield %[[NEXT]] : tensor<?xf32>
func.func @grows(%n: tensor<i64>, %none: tensor<0xf32>, %x: tensor<1xf32>) -> tensor<?xf32> {
  %all = halftone.loop count(%n : tensor<i64>) carry(%none : tensor<0xf32>) {
  ^bb0(%iteration: tensor<i64>, %list: tensor<?xf32>):
    %longer = halftone.concat %list, %x {axis = 0 : i64} : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
    halftone.yield %longer : tensor<?xf32>
  } -> tensor<?xf32>
  return %all : tensor<?xf32>
}
