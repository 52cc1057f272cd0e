// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(halftone-fold-constants{max-elements=16}))" | FileCheck %s

// CHECK-LABEL: @shape_arithmetic
// CHECK: %[[SIX:.*]] = halftone.constant dense<6> : tensor<1xi64>
// CHECK: return %[[SIX]]
func.func @shape_arithmetic(%x: tensor<2x3xf32>) -> tensor<1xi64> {
  %s = halftone.shape %x {start = 0 : i64, end = 2 : i64} : (tensor<2x3xf32>) -> tensor<2xi64>
  %n = halftone.reduce %s {kind = 4 : i32, axes = array<i64: 0>, keepdims = true} : (tensor<2xi64>) -> tensor<1xi64>
  return %n : tensor<1xi64>
}

// A size is known where others of the same tensor are not.
// CHECK-LABEL: @known_size_of_dynamic
// CHECK: halftone.constant dense<3> : tensor<1xi64>
func.func @known_size_of_dynamic(%x: tensor<?x3xf32>) -> tensor<1xi64> {
  %s = halftone.shape %x {start = 0 : i64, end = 2 : i64} : (tensor<?x3xf32>) -> tensor<2xi64>
  %i = halftone.constant dense<1> : tensor<1xi64>
  %n = halftone.gather %s, %i {axis = 0 : i64} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  return %n : tensor<1xi64>
}

// CHECK-LABEL: @moves_elements
// CHECK-DAG: halftone.constant dense<{{\[\[}}1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-DAG: halftone.constant dense<{{\[\[}}3.000000e+00, 4.000000e+00]]> : tensor<1x2xf32>
// CHECK-DAG: halftone.constant dense<{{\[\[}}4.000000e+00, 3.000000e+00], [2.000000e+00, 1.000000e+00]]> : tensor<2x2xf32>
// CHECK-DAG: halftone.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00, 1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00, 3.000000e+00, 4.000000e+00]]> : tensor<2x4xf32>
// CHECK-DAG: halftone.constant dense<{{\[\[}}3.000000e+00, 4.000000e+00], [1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<3x2xf32>
// CHECK-DAG: halftone.constant dense<{{\[\[}}1.000000e+00, 0.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK: return
func.func @moves_elements() -> (tensor<2x2xf32>, tensor<1x2xf32>, tensor<2x2xf32>, tensor<2x4xf32>, tensor<3x2xf32>, tensor<2x2xf32>) {
  %x = halftone.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %a = halftone.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %one = halftone.constant dense<1> : tensor<1xi64>
  %two = halftone.constant dense<2> : tensor<1xi64>
  %b = halftone.slice %x, %one, %two, %one {axes = array<i64: 0>} : (tensor<2x2xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1x2xf32>
  %m = halftone.constant dense<-1> : tensor<2xi64>
  %e = halftone.constant dense<-9> : tensor<2xi64>
  %c = halftone.slice %x, %m, %e, %m {axes = array<i64: 0, 1>} : (tensor<2x2xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<2x2xf32>
  %r = halftone.constant dense<[1, 2]> : tensor<2xi64>
  %d = halftone.tile %x, %r : (tensor<2x2xf32>, tensor<2xi64>) -> tensor<2x4xf32>
  %i = halftone.constant dense<[1, 0, -1]> : tensor<3xi64>
  %f = halftone.gather %x, %i {axis = 0 : i64} : (tensor<2x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  %k = halftone.constant dense<0> : tensor<i64>
  %g = halftone.trilu %x, %k {upper = false} : (tensor<2x2xf32>, tensor<i64>) -> tensor<2x2xf32>
  return %a, %b, %c, %d, %f, %g : tensor<2x2xf32>, tensor<1x2xf32>, tensor<2x2xf32>, tensor<2x4xf32>, tensor<3x2xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: @concat_and_split
// CHECK-DAG: %[[A:.*]] = halftone.constant dense<{{\[\[}}1, 2, 5], [3, 4, 6]]> : tensor<2x3xi32>
// CHECK-DAG: %[[B:.*]] = halftone.constant dense<{{\[\[}}2, 5], [4, 6]]> : tensor<2x2xi32>
// CHECK: return %[[A]], %[[B]]
func.func @concat_and_split() -> (tensor<2x3xi32>, tensor<2x2xi32>) {
  %x = halftone.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %y = halftone.constant dense<[[5], [6]]> : tensor<2x1xi32>
  %a = halftone.concat %x, %y {axis = 1 : i64} : (tensor<2x2xi32>, tensor<2x1xi32>) -> tensor<2x3xi32>
  %b, %c = halftone.split %a {axis = 1 : i64, sizes = array<i64: 1, 2>} : (tensor<2x3xi32>) -> (tensor<2x1xi32>, tensor<2x2xi32>)
  return %a, %c : tensor<2x3xi32>, tensor<2x2xi32>
}

// Broadcast, in the element type: 65504 + 65504 is infinite in f16; i8 wraps; division truncates.
// CHECK-LABEL: @computes_elements
// CHECK-DAG: %[[A:.*]] = halftone.constant dense<{{\[\[}}2.000000e+00, 4.000000e+00], [3.000000e+00, 5.000000e+00]]> : tensor<2x2xf32>
// CHECK-DAG: %[[B:.*]] = halftone.constant dense<0x7C00> : tensor<1xf16>
// CHECK-DAG: %[[C:.*]] = halftone.constant dense<-128> : tensor<1xi8>
// CHECK-DAG: %[[D:.*]] = halftone.constant dense<-3> : tensor<1xi64>
// CHECK-DAG: %[[E:.*]] = halftone.constant dense<[2, 127, 0]> : tensor<3xi8>
// CHECK-DAG: %[[F:.*]] = halftone.constant dense<[true, false]> : tensor<2xi1>
// CHECK: return %[[A]], %[[B]], %[[C]], %[[D]], %[[E]], %[[F]]
func.func @computes_elements() -> (tensor<2x2xf32>, tensor<1xf16>, tensor<1xi8>, tensor<1xi64>, tensor<3xi8>, tensor<2xi1>) {
  %x = halftone.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %y = halftone.constant dense<[1.0, 3.0]> : tensor<2xf32>
  %a = halftone.add %x, %y : (tensor<2x1xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %h = halftone.constant dense<65504.0> : tensor<1xf16>
  %b = halftone.add %h, %h : (tensor<1xf16>, tensor<1xf16>) -> tensor<1xf16>
  %i = halftone.constant dense<127> : tensor<1xi8>
  %j = halftone.constant dense<1> : tensor<1xi8>
  %c = halftone.add %i, %j : (tensor<1xi8>, tensor<1xi8>) -> tensor<1xi8>
  %k = halftone.constant dense<-7> : tensor<1xi64>
  %l = halftone.constant dense<2> : tensor<1xi64>
  %d = halftone.div %k, %l : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %m = halftone.constant dense<[2.9, 300.0, 0x7FC00000]> : tensor<3xf32>
  %e = halftone.cast %m {to = i8} : (tensor<3xf32>) -> tensor<3xi8>
  %n = halftone.constant dense<[0.5, 3.5]> : tensor<2xf32>
  %f = halftone.less %n, %y : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  return %a, %b, %c, %d, %e, %f : tensor<2x2xf32>, tensor<1xf16>, tensor<1xi8>, tensor<1xi64>, tensor<3xi8>, tensor<2xi1>
}

// CHECK-LABEL: @reduces
// CHECK-DAG: %[[A:.*]] = halftone.constant dense<[2.000000e+00, 5.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[B:.*]] = halftone.constant dense<{{\[\[}}4.000000e+00, 5.000000e+00, 6.000000e+00]]> : tensor<1x3xf32>
// CHECK: return %[[A]], %[[B]]
func.func @reduces() -> (tensor<2xf32>, tensor<1x3xf32>) {
  %x = halftone.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %a = halftone.reduce %x {kind = 1 : i32, axes = array<i64: 1>, keepdims = false} : (tensor<2x3xf32>) -> tensor<2xf32>
  %b = halftone.reduce %x {kind = 2 : i32, axes = array<i64: 0>, keepdims = true} : (tensor<2x3xf32>) -> tensor<1x3xf32>
  return %a, %b : tensor<2xf32>, tensor<1x3xf32>
}

// Quantized weights must stay codes, or nothing would be left to compute with integers.
// CHECK-LABEL: @keeps_dequantize
// CHECK: halftone.dequantize
func.func @keeps_dequantize() -> tensor<2xf32> {
  %q = halftone.constant dense<[1, 2]> : tensor<2xi8>
  %s = halftone.constant dense<0.5> : tensor<f32>
  %z = halftone.constant dense<0> : tensor<i8>
  %x = halftone.dequantize %q, %s, %z : (tensor<2xi8>, tensor<f32>, tensor<i8>) -> tensor<2xf32>
  return %x : tensor<2xf32>
}

// 17 elements from one: over the limit and larger than the operands.
// CHECK-LABEL: @keeps_large_growth
// CHECK: halftone.expand
func.func @keeps_large_growth() -> tensor<17xf32> {
  %x = halftone.constant dense<0.5> : tensor<1xf32>
  %s = halftone.constant dense<17> : tensor<1xi64>
  %y = halftone.expand %x, %s : (tensor<1xf32>, tensor<1xi64>) -> tensor<17xf32>
  return %y : tensor<17xf32>
}

// A transposed weight is as large as it was.
// CHECK-LABEL: @transposes_large_weights
// CHECK-NOT: halftone.transpose
// CHECK: return
func.func @transposes_large_weights() -> tensor<5x4xf32> {
  %x = halftone.constant dense<0.5> : tensor<4x5xf32>
  %y = halftone.transpose %x {permutation = array<i64: 1, 0>} : (tensor<4x5xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// The run reports an index out of range at its node; folding it away would hide it.
// CHECK-LABEL: @keeps_index_out_of_range
// CHECK: halftone.gather
func.func @keeps_index_out_of_range() -> tensor<1xf32> {
  %x = halftone.constant dense<0.5> : tensor<2xf32>
  %i = halftone.constant dense<2> : tensor<1xi64>
  %y = halftone.gather %x, %i {axis = 0 : i64} : (tensor<2xf32>, tensor<1xi64>) -> tensor<1xf32>
  return %y : tensor<1xf32>
}

// Division by zero is left to the run.
// CHECK-LABEL: @keeps_division_by_zero
// CHECK: halftone.div
func.func @keeps_division_by_zero() -> tensor<1xi64> {
  %x = halftone.constant dense<1> : tensor<1xi64>
  %z = halftone.constant dense<0> : tensor<1xi64>
  %y = halftone.div %x, %z : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  return %y : tensor<1xi64>
}
