// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s -split-input-file -verify-diagnostics
// The element types that each elementwise op refuses; elementwise-errors.mlir has the other constraints.

// (C1) integers have no element type for a result between them.
func.func @acos(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.acos %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @acosh(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.acosh %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @asin(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.asin %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @asinh(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.asinh %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @atan(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.atan %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @atanh(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.atanh %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @ceil(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.ceil %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @celu(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.celu %x {alpha = 1.0 : f32} : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @cos(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.cos %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @cosh(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.cosh %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @elu(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.elu %x {alpha = 1.0 : f32} : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @erf(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.erf %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @exp(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.exp %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @floor(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.floor %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @gelu(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.gelu %x {tanh = true} : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @hard_sigmoid(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.hard_sigmoid %x {alpha = 0.2 : f32, beta = 0.5 : f32} : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @hard_swish(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.hard_swish %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @isinf(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.isinf %x : (tensor<2xi32>) -> tensor<2xi1>
  return
}

// -----

func.func @isnan(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.isnan %x : (tensor<2xi32>) -> tensor<2xi1>
  return
}

// -----

func.func @leaky_relu(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.leaky_relu %x {alpha = 0.01 : f32} : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @log(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.log %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @mish(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.mish %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @reciprocal(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.reciprocal %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @round(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.round %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @selu(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.selu %x {alpha = 1.67 : f32, gamma = 1.05 : f32} : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @shrink(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.shrink %x {lambd = 0.5 : f32, bias = 0.0 : f32} : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @sigmoid(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.sigmoid %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @sin(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.sin %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @sinh(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.sinh %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @softplus(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.softplus %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @softsign(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.softsign %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @tan(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.tan %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @tanh(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.tanh %x : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

func.func @thresholded_relu(%x: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.thresholded_relu %x {alpha = 1.0 : f32} : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

// (C1) truth values have no arithmetic and no order.
func.func @abs(%x: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `input` to be floats or integers other than i1}}
  // expected-note @+1 {{`input` is 'tensor<2xi1>'}}
  %y = halftone.abs %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @neg(%x: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `input` to be floats or integers other than i1}}
  // expected-note @+1 {{`input` is 'tensor<2xi1>'}}
  %y = halftone.neg %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @sign(%x: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `input` to be floats or integers other than i1}}
  // expected-note @+1 {{`input` is 'tensor<2xi1>'}}
  %y = halftone.sign %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @relu(%x: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `input` to be floats or integers other than i1}}
  // expected-note @+1 {{`input` is 'tensor<2xi1>'}}
  %y = halftone.relu %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @div(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.div %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @max(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.max %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @min(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.min %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @prelu(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.prelu %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @pow(%x: tensor<2xi1>, %e: tensor<i64>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.pow %x, %e : (tensor<2xi1>, tensor<i64>) -> tensor<2xi1>
  return
}

// -----

func.func @greater(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.greater %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @greater_or_equal(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.greater_or_equal %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @less_or_equal(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.less_or_equal %a, %b : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

// (C1) one bit cannot be shifted.
func.func @bit_shift(%a: tensor<2xi1>, %b: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.bit_shift %a, %b {right = true} : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

// (C1) the bits of floats are not meant.
func.func @not(%x: tensor<2xf32>) {
  // expected-error @+2 {{expects the elements of `input` to be i1 or integers}}
  // expected-note @+1 {{`input` is 'tensor<2xf32>'}}
  %y = halftone.not %x : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @or(%a: tensor<2xf32>, %b: tensor<2xf32>) {
  // expected-error @+2 {{expects the elements of `lhs` to be i1 or integers}}
  // expected-note @+1 {{`lhs` is 'tensor<2xf32>'}}
  %y = halftone.or %a, %b : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @xor(%a: tensor<2xf32>, %b: tensor<2xf32>) {
  // expected-error @+2 {{expects the elements of `lhs` to be i1 or integers}}
  // expected-note @+1 {{`lhs` is 'tensor<2xf32>'}}
  %y = halftone.xor %a, %b : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// (C1) there is no implicit conversion.
func.func @equal(%a: tensor<2xf32>, %b: tensor<2xi32>) {
  // expected-error @+3 {{expects `lhs` and `rhs` to have one element type}}
  // expected-note @+2 {{`lhs` is 'tensor<2xf32>'}}
  // expected-note @+1 {{`rhs` is 'tensor<2xi32>'}}
  %y = halftone.equal %a, %b : (tensor<2xf32>, tensor<2xi32>) -> tensor<2xi1>
  return
}
