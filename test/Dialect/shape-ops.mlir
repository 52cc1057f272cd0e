// RUN: quant-opt %s | quant-opt | FileCheck %s
// Printed and parsed again, every op is what it was; parsing runs the verifiers on well-formed ops.

// CHECK-LABEL: @constants
// CHECK: halftone.constant dense<[1, 2]> : tensor<2xi64>
// CHECK: halftone.constant dense<1> : tensor<4xui8> to memref<4xi8>
// CHECK: halftone.constant {name = "w"} dense<0.000000e+00> : tensor<f32>
func.func @constants() {
  %a = halftone.constant dense<[1, 2]> : tensor<2xi64>
  %b = halftone.constant dense<1> : tensor<4xui8> to memref<4xi8>
  %c = halftone.constant {name = "w"} dense<0.000000e+00> : tensor<f32>
  return
}
// CHECK-LABEL: @same_elements
// CHECK: halftone.reshape {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<?x12xf32>
// CHECK: halftone.reshape {{%[^ ,:]+}}, {{%[^ ,:]+}} {allowzero = true} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
// CHECK: halftone.flatten {{%[^ ,:]+}} {axis = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
// CHECK: halftone.squeeze {{%[^ ,:]+}} {axes = array<i64: 0, 2>} : (tensor<1x3x1xf32>) -> tensor<3xf32>
// CHECK: halftone.unsqueeze {{%[^ ,:]+}} {axes = array<i64: 0>} : (tensor<1x3x1xf32>) -> tensor<1x1x3x1xf32>
// CHECK: halftone.transpose {{%[^ ,:]+}} {permutation = array<i64: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
func.func @same_elements(%x: tensor<2x3x4xf32>, %s: tensor<2xi64>, %y: tensor<1x3x1xf32>) {
  %a = halftone.reshape %x, %s : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<?x12xf32>
  %b = halftone.reshape %x, %s {allowzero = true} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  %c = halftone.flatten %x {axis = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
  %d = halftone.squeeze %y {axes = array<i64: 0, 2>} : (tensor<1x3x1xf32>) -> tensor<3xf32>
  %e = halftone.unsqueeze %y {axes = array<i64: 0>} : (tensor<1x3x1xf32>) -> tensor<1x1x3x1xf32>
  %f = halftone.transpose %x {permutation = array<i64: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  return
}
// CHECK-LABEL: @pieces
// CHECK: halftone.concat {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 0 : i64} : (tensor<2x8xf32>, tensor<1x8xf32>) -> tensor<3x8xf32>
// CHECK: halftone.slice {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {axes = array<i64: 1>} : (tensor<2x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x?xf32>
// CHECK: halftone.split {{%[^ ,:]+}} {axis = 1 : i64, sizes = array<i64: 5, 3>} : (tensor<2x8xf32>) -> (tensor<2x5xf32>, tensor<2x3xf32>)
// CHECK: halftone.expand {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<1x8xf32>, tensor<2xi64>) -> tensor<?x8xf32>
// CHECK: halftone.tile {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x8xf32>, tensor<2xi64>) -> tensor<?x?xf32>
// CHECK: halftone.pad {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {mode = 2 : i32} : (tensor<2x8xf32>, tensor<4xi64>, tensor<f32>) -> tensor<?x?xf32>
func.func @pieces(%a: tensor<2x8xf32>, %b: tensor<1x8xf32>, %i: tensor<1xi64>, %p: tensor<4xi64>, %r: tensor<2xi64>, %z: tensor<f32>) {
  %c = halftone.concat %a, %b {axis = 0 : i64} : (tensor<2x8xf32>, tensor<1x8xf32>) -> tensor<3x8xf32>
  %d = halftone.slice %a, %i, %i, %i {axes = array<i64: 1>} : (tensor<2x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x?xf32>
  %e:2 = halftone.split %a {axis = 1 : i64, sizes = array<i64: 5, 3>} : (tensor<2x8xf32>) -> (tensor<2x5xf32>, tensor<2x3xf32>)
  %f = halftone.expand %b, %r : (tensor<1x8xf32>, tensor<2xi64>) -> tensor<?x8xf32>
  %g = halftone.tile %a, %r : (tensor<2x8xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  %h = halftone.pad %a, %p, %z {mode = 2 : i32} : (tensor<2x8xf32>, tensor<4xi64>, tensor<f32>) -> tensor<?x?xf32>
  return
}
// CHECK-LABEL: @from_shapes
// CHECK: halftone.shape {{%[^ ,:]+}} {end = 2 : i64, start = 1 : i64} : (tensor<?x3xf32>) -> tensor<1xi64>
// CHECK: halftone.size {{%[^ ,:]+}} : (tensor<?x3xf32>) -> tensor<i64>
// CHECK: halftone.range {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
// CHECK: halftone.constant_of_shape {{%[^ ,:]+}} {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x?xf32>
func.func @from_shapes(%x: tensor<?x3xf32>, %n: tensor<i64>, %r: tensor<2xi64>) {
  %a = halftone.shape %x {end = 2 : i64, start = 1 : i64} : (tensor<?x3xf32>) -> tensor<1xi64>
  %b = halftone.size %x : (tensor<?x3xf32>) -> tensor<i64>
  %c = halftone.range %n, %n, %n : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %d = halftone.constant_of_shape %r {value = dense<0.000000e+00> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x?xf32>
  return
}
// CHECK-LABEL: @indexing
// CHECK: halftone.gather {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 0 : i64} : (tensor<10x8xf32>, tensor<2x3xi64>) -> tensor<2x3x8xf32>
// CHECK: halftone.gather_elements {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 1 : i64} : (tensor<10x8xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
// CHECK: halftone.gather_nd {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<10x8xf32>, tensor<3x2xi64>) -> tensor<3xf32>
// CHECK: halftone.scatter_elements {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 0 : i64, reduction = 1 : i32} : (tensor<10x8xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<10x8xf32>
// CHECK: halftone.scatter_nd {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<10x8xf32>, tensor<3x1xi64>, tensor<3x8xf32>) -> tensor<10x8xf32>
// CHECK: halftone.trilu {{%[^ ,:]+}}, {{%[^ ,:]+}} {upper = true} : (tensor<10x8xf32>, tensor<i64>) -> tensor<10x8xf32>
// CHECK: halftone.one_hot {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 2 : i64} : (tensor<2x3xi64>, tensor<i64>, tensor<2xf32>) -> tensor<2x3x?xf32>
func.func @indexing(%t: tensor<10x8xf32>, %i: tensor<2x3xi64>, %u: tensor<2x3xf32>, %j: tensor<3x1xi64>, %v: tensor<3x8xf32>, %k: tensor<i64>, %w: tensor<2xf32>, %x: tensor<3x2xi64>) {
  %a = halftone.gather %t, %i {axis = 0 : i64} : (tensor<10x8xf32>, tensor<2x3xi64>) -> tensor<2x3x8xf32>
  %b = halftone.gather_elements %t, %i {axis = 1 : i64} : (tensor<10x8xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
  %c = halftone.gather_nd %t, %x : (tensor<10x8xf32>, tensor<3x2xi64>) -> tensor<3xf32>
  %d = halftone.scatter_elements %t, %i, %u {axis = 0 : i64, reduction = 1 : i32} : (tensor<10x8xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<10x8xf32>
  %e = halftone.scatter_nd %t, %j, %v : (tensor<10x8xf32>, tensor<3x1xi64>, tensor<3x8xf32>) -> tensor<10x8xf32>
  %f = halftone.trilu %t, %k {upper = true} : (tensor<10x8xf32>, tensor<i64>) -> tensor<10x8xf32>
  %g = halftone.one_hot %i, %k, %w {axis = 2 : i64} : (tensor<2x3xi64>, tensor<i64>, tensor<2xf32>) -> tensor<2x3x?xf32>
  return
}
// CHECK-LABEL: @blocks
// CHECK: halftone.depth_to_space {{%[^ ,:]+}} {blocksize = 2 : i64, crd = true} : (tensor<1x8x2x4xf32>) -> tensor<1x2x4x8xf32>
// CHECK: halftone.space_to_depth {{%[^ ,:]+}} {blocksize = 2 : i64} : (tensor<1x8x2x4xf32>) -> tensor<1x32x1x2xf32>
func.func @blocks(%x: tensor<1x8x2x4xf32>) {
  %a = halftone.depth_to_space %x {blocksize = 2 : i64, crd = true} : (tensor<1x8x2x4xf32>) -> tensor<1x2x4x8xf32>
  %b = halftone.space_to_depth %x {blocksize = 2 : i64} : (tensor<1x8x2x4xf32>) -> tensor<1x32x1x2xf32>
  return
}
