// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(halftone-infer-shapes))" | FileCheck %s

// The way of an attention head: what `shape` says is followed through concat to the reshape that uses it.
// CHECK-LABEL: func.func @traces_shape_arithmetic
// CHECK-SAME: -> tensor<?x?x8x8xf32>
// CHECK: halftone.reshape {{.*}} -> tensor<?x?x8x8xf32>
func.func @traces_shape_arithmetic(%x: tensor<?x?x64xf32> {halftone.dim_names = ["batch", "seq", ""]}) -> tensor<?x?x?x?xf32> {
  %s = halftone.shape %x {start = 0 : i64, end = 2 : i64} : (tensor<?x?x64xf32>) -> tensor<2xi64>
  %c = halftone.constant dense<[-1, 8]> : tensor<2xi64>
  %t = halftone.concat %s, %c {axis = 0 : i64} : (tensor<2xi64>, tensor<2xi64>) -> tensor<4xi64>
  %y = halftone.reshape %x, %t : (tensor<?x?x64xf32>, tensor<4xi64>) -> tensor<?x?x?x?xf32>
  return %y : tensor<?x?x?x?xf32>
}

// The product of two symbolic dimensions is divided by one of them.
// CHECK-LABEL: func.func @divides_by_symbols
// CHECK-SAME: -> tensor<?x32xf32>
func.func @divides_by_symbols(%x: tensor<?x?x32xf32> {halftone.dim_names = ["batch", "seq", ""]}) -> tensor<?x?xf32> {
  %s = halftone.shape %x {start = 0 : i64, end = 2 : i64} : (tensor<?x?x32xf32>) -> tensor<2xi64>
  %n = halftone.reduce %s {kind = 4 : i32, axes = array<i64: 0>, keepdims = true} : (tensor<2xi64>) -> tensor<1xi64>
  %c = halftone.constant dense<-1> : tensor<1xi64>
  %t = halftone.concat %n, %c {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %y = halftone.reshape %x, %t : (tensor<?x?x32xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Gather, unsqueeze, multiplication and floor division of sizes.
// CHECK-LABEL: func.func @arithmetic_on_sizes
// CHECK-SAME: -> tensor<?x2x16xf32>
func.func @arithmetic_on_sizes(%x: tensor<?x32xf32> {halftone.dim_names = ["batch", ""]}) -> tensor<?x?x?xf32> {
  %s = halftone.shape %x {start = 0 : i64, end = 2 : i64} : (tensor<?x32xf32>) -> tensor<2xi64>
  %i = halftone.constant dense<-1> : tensor<i64>
  %two = halftone.constant dense<2> : tensor<1xi64>
  %w = halftone.gather %s, %i {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %u = halftone.unsqueeze %w {axes = array<i64: 0>} : (tensor<i64>) -> tensor<1xi64>
  %h = halftone.div %u, %two : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %m = halftone.constant dense<-1> : tensor<1xi64>
  %t = halftone.concat %m, %two, %h {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xi64>
  %y = halftone.reshape %x, %t : (tensor<?x32xf32>, tensor<3xi64>) -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}

// where(equal(shape, -1), ones, shape), as exporters write Expand: no dimension is -1.
// CHECK-LABEL: func.func @expand_with_minus_one
// CHECK-SAME: -> tensor<2x?x4xf32>
func.func @expand_with_minus_one(%x: tensor<?x1xf32>) -> tensor<?x?x?xf32> {
  %s = halftone.constant dense<[2, -1, 4]> : tensor<3xi64>
  %m = halftone.constant dense<-1> : tensor<1xi64>
  %ones = halftone.constant dense<1> : tensor<3xi64>
  %e = halftone.equal %s, %m : (tensor<3xi64>, tensor<1xi64>) -> tensor<3xi1>
  %t = halftone.where %e, %ones, %s : (tensor<3xi1>, tensor<3xi64>, tensor<3xi64>) -> tensor<3xi64>
  %y = halftone.expand %x, %t : (tensor<?x1xf32>, tensor<3xi64>) -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}

// Bounds are clamped: x[:, 2:], x[:, :-1], x[:, ::-1] and x[:, 6:100] of 8 columns.
// CHECK-LABEL: func.func @slices
// CHECK-SAME: -> (tensor<?x6xf32>, tensor<?x7xf32>, tensor<?x8xf32>, tensor<?x2xf32>)
func.func @slices(%x: tensor<?x8xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
  %zero = halftone.constant dense<0> : tensor<1xi64>
  %one = halftone.constant dense<1> : tensor<1xi64>
  %two = halftone.constant dense<2> : tensor<1xi64>
  %six = halftone.constant dense<6> : tensor<1xi64>
  %hundred = halftone.constant dense<100> : tensor<1xi64>
  %minus = halftone.constant dense<-1> : tensor<1xi64>
  %max = halftone.constant dense<9223372036854775807> : tensor<1xi64>
  %min = halftone.constant dense<-9223372036854775807> : tensor<1xi64>
  %a = halftone.slice %x, %two, %max, %one {axes = array<i64: 1>} : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x?xf32>
  %b = halftone.slice %x, %zero, %minus, %one {axes = array<i64: 1>} : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x?xf32>
  %c = halftone.slice %x, %max, %min, %minus {axes = array<i64: 1>} : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x?xf32>
  %d = halftone.slice %x, %six, %hundred, %one {axes = array<i64: 1>} : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x?xf32>
  return %a, %b, %c, %d : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
}

// CHECK-LABEL: func.func @windows
// CHECK-SAME: -> (tensor<?x16x112x112xf32>, tensor<?x16x56x56xf32>, tensor<?x8x224x224xf32>)
func.func @windows(%x: tensor<?x3x224x224xf32>, %w: tensor<16x3x3x3xf32>, %t: tensor<16x8x2x2xf32>) -> (tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>) {
  %a = halftone.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<?x3x224x224xf32>, tensor<16x3x3x3xf32>) -> tensor<?x?x?x?xf32>
  %b = halftone.max_pool %a {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, ceil_mode = true} : (tensor<?x?x?x?xf32>) -> tensor<?x?x?x?xf32>
  %c = halftone.conv_transpose %a, %t {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>} : (tensor<?x?x?x?xf32>, tensor<16x8x2x2xf32>) -> tensor<?x?x?x?xf32>
  return %a, %b, %c : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>
}

// The sizes of a range are known where its bounds are.
// CHECK-LABEL: func.func @ranges
// CHECK-SAME: -> (tensor<4xi64>, tensor<3xf32>)
func.func @ranges() -> (tensor<?xi64>, tensor<?xf32>) {
  %zero = halftone.constant dense<0> : tensor<i64>
  %seven = halftone.constant dense<7> : tensor<i64>
  %two = halftone.constant dense<2> : tensor<i64>
  %a = halftone.range %zero, %seven, %two : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %x = halftone.constant dense<0.0> : tensor<f32>
  %y = halftone.constant dense<1.0> : tensor<f32>
  %z = halftone.constant dense<0.4> : tensor<f32>
  %b = halftone.range %x, %y, %z : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<?xf32>
  return %a, %b : tensor<?xi64>, tensor<?xf32>
}
