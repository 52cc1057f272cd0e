// RUN: quant-opt %s | quant-opt | FileCheck %s
// Printed and parsed again, every op is what it was; parsing runs the verifiers on well-formed ops.

// CHECK-LABEL: @unary
// CHECK: halftone.abs {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.neg {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.sign {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.ceil {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.floor {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.round {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.reciprocal {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.sqrt {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.exp {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.log {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.erf {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.sin {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.cos {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.tan {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.asin {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.acos {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.atan {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.sinh {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.cosh {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.tanh {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.asinh {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.acosh {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.atanh {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.sigmoid {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.relu {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.softplus {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.softsign {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.mish {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.hard_swish {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.not {{%[^ ,:]+}} : (tensor<2xi1>) -> tensor<2xi1>
func.func @unary(%x: tensor<2x3xf32>, %c: tensor<2xi1>) {
  %r0 = halftone.abs %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r1 = halftone.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r2 = halftone.sign %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r3 = halftone.ceil %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r4 = halftone.floor %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r5 = halftone.round %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r6 = halftone.reciprocal %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r7 = halftone.sqrt %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r8 = halftone.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r9 = halftone.log %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r10 = halftone.erf %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r11 = halftone.sin %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r12 = halftone.cos %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r13 = halftone.tan %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r14 = halftone.asin %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r15 = halftone.acos %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r16 = halftone.atan %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r17 = halftone.sinh %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r18 = halftone.cosh %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r19 = halftone.tanh %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r20 = halftone.asinh %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r21 = halftone.acosh %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r22 = halftone.atanh %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r23 = halftone.sigmoid %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r24 = halftone.relu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r25 = halftone.softplus %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r26 = halftone.softsign %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r27 = halftone.mish %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r28 = halftone.hard_swish %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %n = halftone.not %c : (tensor<2xi1>) -> tensor<2xi1>
  return
}
// CHECK-LABEL: @parametric
// CHECK: halftone.leaky_relu {{%[^ ,:]+}} {alpha = 0.00999999977 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.elu {{%[^ ,:]+}} {alpha = 1.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.celu {{%[^ ,:]+}} {alpha = 1.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.selu {{%[^ ,:]+}} {alpha = 1.500000e+00 : f32, gamma = 1.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.hard_sigmoid {{%[^ ,:]+}} {alpha = 2.000000e-01 : f32, beta = 5.000000e-01 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.thresholded_relu {{%[^ ,:]+}} {alpha = 1.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.shrink {{%[^ ,:]+}} {bias = 0.000000e+00 : f32, lambd = 5.000000e-01 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.gelu {{%[^ ,:]+}} {tanh = true} : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.isinf {{%[^ ,:]+}} {detect_negative = false} : (tensor<2x3xf32>) -> tensor<2x3xi1>
// CHECK: halftone.isnan {{%[^ ,:]+}} : (tensor<2x3xf32>) -> tensor<2x3xi1>
func.func @parametric(%x: tensor<2x3xf32>) {
  %r0 = halftone.leaky_relu %x {alpha = 0.00999999977 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r1 = halftone.elu %x {alpha = 1.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r2 = halftone.celu %x {alpha = 1.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r3 = halftone.selu %x {alpha = 1.500000e+00 : f32, gamma = 1.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r4 = halftone.hard_sigmoid %x {alpha = 2.000000e-01 : f32, beta = 5.000000e-01 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r5 = halftone.thresholded_relu %x {alpha = 1.000000e+00 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r6 = halftone.shrink %x {bias = 0.000000e+00 : f32, lambd = 5.000000e-01 : f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %r7 = halftone.gelu %x {tanh = true} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %p = halftone.isinf %x {detect_negative = false} : (tensor<2x3xf32>) -> tensor<2x3xi1>
  %q = halftone.isnan %x : (tensor<2x3xf32>) -> tensor<2x3xi1>
  return
}
// CHECK-LABEL: @binary
// CHECK: halftone.add {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.sub {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.mul {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.div {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.min {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.max {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.prelu {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.pow {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
// CHECK: halftone.mod {{%[^ ,:]+}}, {{%[^ ,:]+}} {fmod = true} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
func.func @binary(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %r0 = halftone.add %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %r1 = halftone.sub %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %r2 = halftone.mul %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %r3 = halftone.div %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %r4 = halftone.min %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %r5 = halftone.max %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %r6 = halftone.prelu %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %r7 = halftone.pow %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %m = halftone.mod %a, %b {fmod = true} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}
// CHECK-LABEL: @logical
// CHECK: halftone.and {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
// CHECK: halftone.or {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
// CHECK: halftone.xor {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
// CHECK: halftone.bit_shift {{%[^ ,:]+}}, {{%[^ ,:]+}} {right = true} : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
func.func @logical(%a: tensor<2x3xui8>, %b: tensor<3xui8>) {
  %r0 = halftone.and %a, %b : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
  %r1 = halftone.or %a, %b : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
  %r2 = halftone.xor %a, %b : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
  %m = halftone.bit_shift %a, %b {right = true} : (tensor<2x3xui8>, tensor<3xui8>) -> tensor<2x3xui8>
  return
}
// CHECK-LABEL: @comparison
// CHECK: halftone.equal {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
// CHECK: halftone.less {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
// CHECK: halftone.less_or_equal {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
// CHECK: halftone.greater {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
// CHECK: halftone.greater_or_equal {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
func.func @comparison(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %r0 = halftone.equal %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  %r1 = halftone.less %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  %r2 = halftone.less_or_equal %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  %r3 = halftone.greater %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  %r4 = halftone.greater_or_equal %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  return
}
// CHECK-LABEL: @choice_and_conversion
// CHECK: halftone.where {{%[^ ,:]+}}, {{%[^ ,:]+}}, {{%[^ ,:]+}} : (tensor<3xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
// CHECK: halftone.cast {{%[^ ,:]+}} {to = i64} : (tensor<2x3xf32>) -> tensor<2x3xi64>
// CHECK: halftone.clip {{%[^ ,:]+}} min({{%[^ ,:]+}} : tensor<f32>) max({{%[^ ,:]+}} : tensor<f32>) : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK: halftone.clip {{%[^ ,:]+}} max({{%[^ ,:]+}} : tensor<f32>) : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK: halftone.clip {{%[^ ,:]+}} : tensor<2x3xf32> -> tensor<2x3xf32>
func.func @choice_and_conversion(%c: tensor<3xi1>, %a: tensor<2x3xf32>, %s: tensor<f32>) {
  %w = halftone.where %c, %a, %s : (tensor<3xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %t = halftone.cast %a {to = i64} : (tensor<2x3xf32>) -> tensor<2x3xi64>
  %u = halftone.clip %a min(%s : tensor<f32>) max(%s : tensor<f32>) : tensor<2x3xf32> -> tensor<2x3xf32>
  %v = halftone.clip %a max(%s : tensor<f32>) : tensor<2x3xf32> -> tensor<2x3xf32>
  %z = halftone.clip %a : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @bits
// CHECK: halftone.bitcast {{%[^ ,:]+}} {to = i32} : (tensor<2x?xf32>) -> tensor<2x?xi32>
func.func @bits(%a: tensor<2x?xf32>) {
  %b = halftone.bitcast %a {to = i32} : (tensor<2x?xf32>) -> tensor<2x?xi32>
  return
}
