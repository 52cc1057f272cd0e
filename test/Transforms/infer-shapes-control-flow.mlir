// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(halftone-infer-shapes))" | FileCheck %s

// What both branches agree in is known; the rest is dynamic.
// CHECK-LABEL: func.func @if_joins
// CHECK-SAME: -> tensor<?x4xf32>
func.func @if_joins(%flag: tensor<i1>, %x: tensor<2x4xf32>, %z: tensor<3x4xf32>) -> tensor<?x?xf32> {
  %y = halftone.if %flag : tensor<i1> {
    %a = halftone.neg %x : (tensor<2x4xf32>) -> tensor<?x?xf32>
    halftone.yield %a : tensor<?x?xf32>
  } else {
    %b = halftone.neg %z : (tensor<3x4xf32>) -> tensor<?x?xf32>
    halftone.yield %b : tensor<?x?xf32>
  } -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// The state keeps its dimensions; the scan input says how many results are stacked.
// CHECK-LABEL: func.func @loop_keeps
// CHECK-SAME: -> (tensor<4xf32>, tensor<7x4xf32>)
// CHECK: ^bb0(%{{.*}}: tensor<i64>, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>):
func.func @loop_keeps(%zero: tensor<4xf32>, %x: tensor<7x4xf32>) -> (tensor<?xf32>, tensor<?x?xf32>) {
  %last, %all = halftone.loop carry(%zero : tensor<4xf32>) over(%x : tensor<7x4xf32>) {
  ^bb0(%iteration: tensor<i64>, %sum: tensor<?xf32>, %row: tensor<?xf32>):
    %next = halftone.add %sum, %row : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    halftone.yield %next, %next : tensor<?xf32>, tensor<?xf32>
  } -> tensor<?xf32>, tensor<?x?xf32>
  return %last, %all : tensor<?xf32>, tensor<?x?xf32>
}

// The first dimension grows, so only the second is known; a count that is constant is a dimension.
// CHECK-LABEL: func.func @loop_changes
// CHECK-SAME: -> (tensor<?x4xf32>, tensor<5xi64>)
// CHECK: ^bb0(%{{.*}}: tensor<i64>, %{{.*}}: tensor<?x4xf32>):
// CHECK: -> tensor<?x4xf32>, tensor<5xi64>
func.func @loop_changes(%none: tensor<0x4xf32>, %x: tensor<1x4xf32>) -> (tensor<?x?xf32>, tensor<?xi64>) {
  %n = halftone.constant dense<5> : tensor<i64>
  %last, %all = halftone.loop count(%n : tensor<i64>) carry(%none : tensor<0x4xf32>) {
  ^bb0(%iteration: tensor<i64>, %list: tensor<?x?xf32>):
    %next = halftone.concat %list, %x {axis = 0 : i64} : (tensor<?x?xf32>, tensor<1x4xf32>) -> tensor<?x?xf32>
    halftone.yield %next, %iteration : tensor<?x?xf32>, tensor<i64>
  } -> tensor<?x?xf32>, tensor<?xi64>
  return %last, %all : tensor<?x?xf32>, tensor<?xi64>
}
