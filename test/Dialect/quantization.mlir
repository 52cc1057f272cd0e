// RUN: quant-opt %s | quant-opt | FileCheck %s
// Printed and parsed again, every op is what it was; parsing runs the verifiers on well-formed ops.

// CHECK-LABEL: @codes
// CHECK: halftone.quantize {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x8xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x8xui8>
// CHECK: halftone.quantize {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 1 : i64} : (tensor<2x8xf32>, tensor<2x1xf32>, tensor<i8>) -> tensor<2x8xi8>
// CHECK: halftone.dequantize {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {axis = 1 : i64} : (tensor<2x8xi8>, tensor<8xf32>, tensor<i8>) -> tensor<2x8xf32>
// CHECK: halftone.dynamic_quantize {{%[^ ,:]+}} {axes = array<i64: 1>, symmetric = true, to = i8} : (tensor<2x8xf32>) -> (tensor<2x8xi8>, tensor<2x1xf32>, tensor<2x1xi8>)
// CHECK: halftone.dynamic_quantize {{%[^ ,:]+}} {axes = array<i64: 0, 1>, symmetric = false, to = ui8} : (tensor<2x8xf32>) -> (tensor<2x8xui8>, tensor<f32>, tensor<ui8>)
func.func @codes(%x: tensor<2x8xf32>, %s: tensor<f32>, %z: tensor<ui8>, %t: tensor<2x1xf32>, %i: tensor<i8>, %v: tensor<8xf32>, %q: tensor<2x8xi8>) {
  %a = halftone.quantize %x, %s, %z : (tensor<2x8xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x8xui8>
  %b = halftone.quantize %x, %t, %i {axis = 1 : i64} : (tensor<2x8xf32>, tensor<2x1xf32>, tensor<i8>) -> tensor<2x8xi8>
  %c = halftone.dequantize %q, %v, %i {axis = 1 : i64} : (tensor<2x8xi8>, tensor<8xf32>, tensor<i8>) -> tensor<2x8xf32>
  %d, %e, %f = halftone.dynamic_quantize %x {axes = array<i64: 1>, symmetric = true, to = i8} : (tensor<2x8xf32>) -> (tensor<2x8xi8>, tensor<2x1xf32>, tensor<2x1xi8>)
  %g, %h, %j = halftone.dynamic_quantize %x {axes = array<i64: 0, 1>, symmetric = false, to = ui8} : (tensor<2x8xf32>) -> (tensor<2x8xui8>, tensor<f32>, tensor<ui8>)
  return
}
// CHECK-LABEL: @integer_contractions
// CHECK: halftone.matmul_integer {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x8xui8>, tensor<8x4xi8>, tensor<2x1xui8>, tensor<4xi8>) -> tensor<2x4xi32>
// CHECK: halftone.conv_integer {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x3x8x8xui8>, tensor<16x3x3x3xi8>, tensor<ui8>, tensor<16xi8>) -> tensor<1x16x6x6xi32>
func.func @integer_contractions(%a: tensor<2x8xui8>, %b: tensor<8x4xi8>, %za: tensor<2x1xui8>, %zb: tensor<4xi8>, %x: tensor<1x3x8x8xui8>, %w: tensor<16x3x3x3xi8>, %zx: tensor<ui8>, %zw: tensor<16xi8>) {
  %c = halftone.matmul_integer %a, %b, %za, %zb : (tensor<2x8xui8>, tensor<8x4xi8>, tensor<2x1xui8>, tensor<4xi8>) -> tensor<2x4xi32>
  %d = halftone.conv_integer %x, %w, %zx, %zw {dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, strides = array<i64: 1, 1>} : (tensor<1x3x8x8xui8>, tensor<16x3x3x3xi8>, tensor<ui8>, tensor<16xi8>) -> tensor<1x16x6x6xi32>
  return
}
// CHECK-LABEL: @observer
// CHECK: halftone.observe {{%[^ ,:]+}} {range = array<f32: -1.000000e+00, 2.000000e+00>, tensor = "conv1"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
func.func @observer(%x: tensor<2x8xf32>) {
  %y = halftone.observe %x {range = array<f32: -1.000000e+00, 2.000000e+00>, tensor = "conv1"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return
}
// CHECK-LABEL: @blocks
// CHECK: halftone.quantize {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {blocks = array<i64: 1, 4>} : (tensor<2x8xf32>, tensor<2x2xf32>, tensor<i4>) -> tensor<2x8xi4>
// CHECK: halftone.dequantize {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {blocks = array<i64: 1, 4>} : (tensor<2x8xi4>, tensor<2x2xf32>, tensor<i4>) -> tensor<2x8xf32>
func.func @blocks(%x: tensor<2x8xf32>, %s: tensor<2x2xf32>, %z: tensor<i4>) {
  %a = halftone.quantize %x, %s, %z {blocks = array<i64: 1, 4>} : (tensor<2x8xf32>, tensor<2x2xf32>, tensor<i4>) -> tensor<2x8xi4>
  %b = halftone.dequantize %a, %s, %z {blocks = array<i64: 1, 4>} : (tensor<2x8xi4>, tensor<2x2xf32>, tensor<i4>) -> tensor<2x8xf32>
  return
}
// CHECK-LABEL: @codebooks
// CHECK: halftone.lookup {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<64x8xui4>, tensor<16xf32>) -> tensor<64x8xf32>
// CHECK: halftone.lookup {{%[^ ,:]+}}, {{%[^ ,:]+}} {blocks = array<i64: 64, 1>} : (tensor<64x8xui4>, tensor<1x8x16xf32>) -> tensor<64x8xf32>
// CHECK: halftone.binary_decode {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} {blocks = array<i64: 32, 1>} : (tensor<2x64x8xi1>, tensor<2x2x8xf32>, tensor<2x8xf32>) -> tensor<64x8xf32>
func.func @codebooks(%q: tensor<64x8xui4>, %t: tensor<16xf32>, %u: tensor<1x8x16xf32>, %p: tensor<2x64x8xi1>, %s: tensor<2x2x8xf32>, %o: tensor<2x8xf32>) {
  %a = halftone.lookup %q, %t : (tensor<64x8xui4>, tensor<16xf32>) -> tensor<64x8xf32>
  %b = halftone.lookup %q, %u {blocks = array<i64: 64, 1>} : (tensor<64x8xui4>, tensor<1x8x16xf32>) -> tensor<64x8xf32>
  %c = halftone.binary_decode %p, %s, %o {blocks = array<i64: 32, 1>} : (tensor<2x64x8xi1>, tensor<2x2x8xf32>, tensor<2x8xf32>) -> tensor<64x8xf32>
  return
}
