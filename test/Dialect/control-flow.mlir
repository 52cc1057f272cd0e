// RUN: quant-opt %s | quant-opt | FileCheck %s
// Printed and parsed again, every op is what it was; parsing runs the verifiers on well-formed ops.

// CHECK-LABEL: @if_captures
// CHECK: halftone.if %{{.*}} : tensor<i1> {
// CHECK:   halftone.yield %{{.*}} : tensor<4xf32>
// CHECK: } else {
// CHECK:   halftone.yield %{{.*}} : tensor<4xf32>
// CHECK: } -> tensor<4xf32>
func.func @if_captures(%flag: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %y = halftone.if %flag : tensor<i1> {
    %negated = halftone.neg %x : (tensor<4xf32>) -> tensor<4xf32>
    halftone.yield %negated : tensor<4xf32>
  } else {
    halftone.yield %x : tensor<4xf32>
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: @scan
// CHECK: halftone.loop carry(%{{.*}} : tensor<4xf32>) over(%{{.*}} : tensor<?x4xf32>)
// CHECK-SAME: attributes {reversed_inputs = array<i1: true>, reversed_outputs = array<i1: true>} {
// CHECK: ^bb0(%{{.*}}: tensor<i64>, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>):
// CHECK: } -> tensor<4xf32>, tensor<?x4xf32>
func.func @scan(%zero: tensor<4xf32>, %x: tensor<?x4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  %last, %sums = halftone.loop carry(%zero : tensor<4xf32>) over(%x : tensor<?x4xf32>)
      attributes {reversed_inputs = array<i1: true>, reversed_outputs = array<i1: true>} {
  ^bb0(%iteration: tensor<i64>, %sum: tensor<4xf32>, %row: tensor<4xf32>):
    %next = halftone.add %sum, %row : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    halftone.yield %next, %next : tensor<4xf32>, tensor<4xf32>
  } -> tensor<4xf32>, tensor<?x4xf32>
  return %last, %sums : tensor<4xf32>, tensor<?x4xf32>
}

// A count and a condition; the state grows.
// CHECK-LABEL: @conditional
// CHECK: halftone.loop count(%{{.*}} : tensor<i64>) while(%{{.*}} : tensor<i1>) carry(%{{.*}} : tensor<0xf32>) {
// CHECK: halftone.yield %{{.*}}, %{{.*}} : tensor<i1>, tensor<?xf32>
func.func @conditional(%n: tensor<i64>, %go: tensor<i1>, %none: tensor<0xf32>, %x: tensor<1xf32>) -> tensor<?xf32> {
  %all = halftone.loop count(%n : tensor<i64>) while(%go : tensor<i1>) carry(%none : tensor<0xf32>) {
  ^bb0(%iteration: tensor<i64>, %list: tensor<?xf32>):
    %longer = halftone.concat %list, %x {axis = 0 : i64} : (tensor<?xf32>, tensor<1xf32>) -> tensor<?xf32>
    halftone.yield %go, %longer : tensor<i1>, tensor<?xf32>
  } -> tensor<?xf32>
  return %all : tensor<?xf32>
}
