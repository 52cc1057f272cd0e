// RUN: quant-opt %s | quant-opt | FileCheck %s
// Printed and parsed again, every op is what it was; parsing runs the verifiers on well-formed ops.

// CHECK-LABEL: @products
// CHECK: halftone.matmul {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<5x2x3xf32>, tensor<3x4xf32>) -> tensor<5x2x4xf32>
// CHECK: halftone.matmul {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<5x2x3xf32>, tensor<3xf32>) -> tensor<5x2xf32>
func.func @products(%a: tensor<5x2x3xf32>, %b: tensor<3x4xf32>, %v: tensor<3xf32>) {
  %c = halftone.matmul %a, %b : (tensor<5x2x3xf32>, tensor<3x4xf32>) -> tensor<5x2x4xf32>
  %d = halftone.matmul %a, %v : (tensor<5x2x3xf32>, tensor<3xf32>) -> tensor<5x2xf32>
  return
}
// CHECK-LABEL: @windows
// CHECK: halftone.conv {{%[^ ,:]+}}, {{%[^ ,:]+}} {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x4x4xf32>
// CHECK: halftone.conv {{%[^ ,:]+}}, {{%[^ ,:]+}} {dilations = array<i64: 1, 1>, layout = 1 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x8x8x4xf32>, tensor<6x4x1x1xf32>) -> tensor<1x8x8x6xf32>
// CHECK: halftone.conv_transpose {{%[^ ,:]+}}, {{%[^ ,:]+}} {dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x16x16xf32>
// CHECK: halftone.max_pool {{%[^ ,:]+}} {ceil_mode = true, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
// CHECK: halftone.average_pool {{%[^ ,:]+}} {count_include_pad = true, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
func.func @windows(%x: tensor<1x4x8x8xf32>, %w: tensor<6x2x3x3xf32>, %t: tensor<4x3x2x2xf32>, %y: tensor<1x8x8x4xf32>, %v: tensor<6x4x1x1xf32>) {
  %a = halftone.conv %x, %w {dilations = array<i64: 1, 1>, group = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<1x6x4x4xf32>
  %b = halftone.conv %y, %v {dilations = array<i64: 1, 1>, layout = 1 : i32, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x8x8x4xf32>, tensor<6x4x1x1xf32>) -> tensor<1x8x8x6xf32>
  %c = halftone.conv_transpose %x, %t {dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>, tensor<4x3x2x2xf32>) -> tensor<1x3x16x16xf32>
  %d = halftone.max_pool %x {ceil_mode = true, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 2, 2>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4xf32>
  %e = halftone.average_pool %x {count_include_pad = true, dilations = array<i64: 1, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 1, 1>} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return
}
// CHECK-LABEL: @along_axes
// CHECK: halftone.reduce {{%[^ ,:]+}} {axes = array<i64: 1>, keepdims = true, kind = 1 : i32} : (tensor<2x8xf32>) -> tensor<2x1xf32>
// CHECK: halftone.arg_reduce {{%[^ ,:]+}} {axis = 1 : i64, keepdims = false, minimum = false, select_last = true} : (tensor<2x8xf32>) -> tensor<2xi64>
// CHECK: halftone.cumsum {{%[^ ,:]+}} {axis = 1 : i64, exclusive = true} : (tensor<2x8xf32>) -> tensor<2x8xf32>
// CHECK: halftone.topk {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 1 : i64, largest = true} : (tensor<2x8xf32>, tensor<1xi64>) -> (tensor<2x?xf32>, tensor<2x?xi64>)
// CHECK: halftone.softmax {{%[^ ,:]+}} {axis = 1 : i64, log = true} : (tensor<2x8xf32>) -> tensor<2x8xf32>
func.func @along_axes(%x: tensor<2x8xf32>, %k: tensor<1xi64>) {
  %a = halftone.reduce %x {axes = array<i64: 1>, keepdims = true, kind = 1 : i32} : (tensor<2x8xf32>) -> tensor<2x1xf32>
  %b = halftone.arg_reduce %x {axis = 1 : i64, keepdims = false, minimum = false, select_last = true} : (tensor<2x8xf32>) -> tensor<2xi64>
  %c = halftone.cumsum %x {axis = 1 : i64, exclusive = true} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %d, %e = halftone.topk %x, %k {axis = 1 : i64, largest = true} : (tensor<2x8xf32>, tensor<1xi64>) -> (tensor<2x?xf32>, tensor<2x?xi64>)
  %f = halftone.softmax %x {axis = 1 : i64, log = true} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return
}
// CHECK-LABEL: @normalization
// CHECK: halftone.layer_norm {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 3 : i64, epsilon = 9.99999974E-6 : f32} : (tensor<1x3x4x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x3x4x4xf32>
// CHECK: halftone.layer_norm {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 3 : i64, epsilon = 0.000000e+00 : f32, rms = true} : (tensor<1x3x4x4xf32>, tensor<4xf32>) -> tensor<1x3x4x4xf32>
// CHECK: halftone.instance_norm {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {epsilon = 9.99999974E-6 : f32} : (tensor<1x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
func.func @normalization(%x: tensor<1x3x4x4xf32>, %c: tensor<3xf32>, %v: tensor<4xf32>) {
  %a = halftone.layer_norm %x, %v, %v {axis = 3 : i64, epsilon = 9.99999974E-6 : f32} : (tensor<1x3x4x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x3x4x4xf32>
  %b = halftone.layer_norm %x, %v {axis = 3 : i64, epsilon = 0.000000e+00 : f32, rms = true} : (tensor<1x3x4x4xf32>, tensor<4xf32>) -> tensor<1x3x4x4xf32>
  %d = halftone.instance_norm %x, %c, %c {epsilon = 9.99999974E-6 : f32} : (tensor<1x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
  return
}
// CHECK-LABEL: @interpolation
// CHECK: halftone.resize {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {coordinates = "asymmetric", mode = "nearest", nearest_mode = "floor"} : (tensor<1x3x4x4xf32>, tensor<4xi64>, tensor<4xf32>) -> tensor<1x3x?x?xf32>
func.func @interpolation(%x: tensor<1x3x4x4xf32>, %s: tensor<4xi64>, %f: tensor<4xf32>) {
  %a = halftone.resize %x, %s, %f {coordinates = "asymmetric", mode = "nearest", nearest_mode = "floor"} : (tensor<1x3x4x4xf32>, tensor<4xi64>, tensor<4xf32>) -> tensor<1x3x?x?xf32>
  return
}
// CHECK-LABEL: @detection
// CHECK: halftone.non_max_suppression {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {center_point = true} : (tensor<1x?x4xf32>, tensor<1x2x?xf32>, tensor<i64>, tensor<f32>, tensor<f32>) -> tensor<1x2x?xi64>
func.func @detection(%b: tensor<1x?x4xf32>, %s: tensor<1x2x?xf32>, %m: tensor<i64>, %t: tensor<f32>) {
  %a = halftone.non_max_suppression %b, %s, %m, %t, %t {center_point = true} : (tensor<1x?x4xf32>, tensor<1x2x?xf32>, tensor<i64>, tensor<f32>, tensor<f32>) -> tensor<1x2x?xi64>
  return
}
