// RUN: quant-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: @decided_if
// CHECK-NEXT: %[[Y:.*]] = halftone.neg %arg0
// CHECK-NEXT: return %[[Y]]
func.func @decided_if(%x: tensor<4xf32>) -> tensor<4xf32> {
  %flag = halftone.constant dense<true> : tensor<i1>
  %y = halftone.if %flag : tensor<i1> {
    %negated = halftone.neg %x : (tensor<4xf32>) -> tensor<4xf32>
    halftone.yield %negated : tensor<4xf32>
  } else {
    halftone.yield %x : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// The function says a type that only both branches together have.
// CHECK-LABEL: @keeps_if_of_returned_type
// CHECK: halftone.if
func.func @keeps_if_of_returned_type(%x: tensor<4xf32>, %z: tensor<5xf32>) -> tensor<?xf32> {
  %flag = halftone.constant dense<true> : tensor<i1>
  %y = halftone.if %flag : tensor<i1> {
    halftone.yield %x : tensor<4xf32>
  } else {
    halftone.yield %z : tensor<5xf32>
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: @one_iteration
// CHECK: %[[SUM:.*]] = halftone.add %arg0, %arg1
// CHECK: %[[ALL:.*]] = halftone.unsqueeze %[[SUM]] {axes = array<i64: 0>}
// CHECK: return %[[SUM]], %[[ALL]]
func.func @one_iteration(%x: tensor<4xf32>, %z: tensor<4xf32>) -> (tensor<4xf32>, tensor<1x4xf32>) {
  %n = halftone.constant dense<1> : tensor<i64>
  %last, %all = halftone.loop count(%n : tensor<i64>) carry(%x : tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>, %state: tensor<4xf32>):
    %sum = halftone.add %state, %z : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    halftone.yield %sum, %sum : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<1x4xf32>
  return %last, %all : tensor<4xf32>, tensor<1x4xf32>
}

// CHECK-LABEL: @true_condition
// CHECK: halftone.loop count(%arg0 : tensor<i64>) carry(%arg1 : tensor<4xf32>) {
// CHECK: halftone.yield %{{.*}} : tensor<4xf32>
func.func @true_condition(%n: tensor<i64>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %go = halftone.constant dense<true> : tensor<i1>
  %y = halftone.loop count(%n : tensor<i64>) while(%go : tensor<i1>) carry(%x : tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>, %state: tensor<4xf32>):
    %next = halftone.neg %state : (tensor<4xf32>) -> tensor<4xf32>
    halftone.yield %go, %next : tensor<i1>, tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// A state that stays and a result that nobody reads.
// CHECK-LABEL: @idle
// CHECK: %[[Y:.*]] = halftone.loop count(%arg0 : tensor<i64>) carry(%arg1 : tensor<4xf32>) {
// CHECK: ^bb0(%{{.*}}: tensor<i64>, %[[STATE:.*]]: tensor<4xf32>):
// CHECK:   halftone.add %[[STATE]], %arg2
// CHECK: return %[[Y]], %arg2
func.func @idle(%n: tensor<i64>, %x: tensor<4xf32>, %z: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y, %same, %unread = halftone.loop count(%n : tensor<i64>) carry(%x, %z : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%iteration: tensor<i64>, %state: tensor<4xf32>, %kept: tensor<4xf32>):
    %next = halftone.add %state, %kept : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    halftone.yield %next, %kept, %next : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<4xf32>, tensor<?x4xf32>
  return %y, %same : tensor<4xf32>, tensor<4xf32>
}
