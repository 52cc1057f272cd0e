// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1) there is no implicit conversion.
func.func @different_elements(%a: tensor<2xf32>, %b: tensor<2xf16>) {
  // expected-error @+3 {{expects `lhs` and `rhs` to have one element type}}
  // expected-note @+2 {{`lhs` is 'tensor<2xf32>'}}
  // expected-note @+1 {{`rhs` is 'tensor<2xf16>'}}
  %y = halftone.add %a, %b : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

// (C1) a square root of integers has no element type to be in.
func.func @integer_sqrt(%a: tensor<2xi32>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<2xi32>'}}
  %y = halftone.sqrt %a : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----

// (C1) i1 has no arithmetic.
func.func @bool_sum(%a: tensor<2xi1>) {
  // expected-error @+2 {{expects the elements of `lhs` to be floats or integers other than i1}}
  // expected-note @+1 {{`lhs` is 'tensor<2xi1>'}}
  %y = halftone.add %a, %a : (tensor<2xi1>, tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

// (C1) bits of floats are not meant.
func.func @float_and(%a: tensor<2xf32>) {
  // expected-error @+2 {{expects the elements of `lhs` to be i1 or integers}}
  // expected-note @+1 {{`lhs` is 'tensor<2xf32>'}}
  %y = halftone.and %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// (C2) 2 and 3 are neither equal nor 1.
func.func @no_broadcast(%a: tensor<4x2xf32>, %b: tensor<3xf32>) {
  // expected-error @+3 {{expects operands that broadcast: aligned at the last dimension, equal or 1}}
  // expected-note @+2 {{operand #0 is 'tensor<4x2xf32>'}}
  // expected-note @+1 {{operand #1 is 'tensor<3xf32>'}}
  %y = halftone.mul %a, %b : (tensor<4x2xf32>, tensor<3xf32>) -> tensor<4x2xf32>
  return
}

// -----

// The result's type is inferred, and the one written must agree.
func.func @wrong_result(%a: tensor<4x2xf32>, %b: tensor<2xf32>) {
  // expected-error @+3 {{has a result of the wrong type}}
  // expected-note @+2 {{expected 'tensor<4x2xf32>'}}
  // expected-note @+1 {{actual 'tensor<2xf32>'}}
  %y = halftone.sub %a, %b : (tensor<4x2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// A comparison is an i1, whatever it compares.
func.func @comparison_result(%a: tensor<2xf32>) {
  // expected-error @+3 {{has a result of the wrong type}}
  // expected-note @+2 {{expected 'tensor<2xi1>'}}
  // expected-note @+1 {{actual 'tensor<2xf32>'}}
  %y = halftone.less %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// (C1) ONNX defines mod of floats only as C's fmod.
func.func @float_mod(%a: tensor<2xf32>) {
  // expected-error @+1 {{expects `fmod` on floats}}
  %y = halftone.mod %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// (C1) an integer is no condition.
func.func @integer_condition(%c: tensor<2xi8>, %a: tensor<2xf32>) {
  // expected-error @+2 {{expects the elements of `condition` to be i1}}
  // expected-note @+1 {{`condition` is 'tensor<2xi8>'}}
  %y = halftone.where %c, %a, %a : (tensor<2xi8>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// (C1) a bound is one number.
func.func @many_bounds(%a: tensor<2xf32>) {
  // expected-error @+2 {{expects `max` to have 1 element}}
  // expected-note @+1 {{`max` is 'tensor<2xf32>'}}
  %y = halftone.clip %a max(%a : tensor<2xf32>) : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

// (C1) an index has no width, so no conversion to it is defined.
func.func @cast_to_index(%a: tensor<2xf32>) {
  // expected-error @+1 {{expects `to` to be an integer or float type, not 'index'}}
  %y = halftone.cast %a {to = index} : (tensor<2xf32>) -> tensor<2xindex>
  return
}

// -----

// (C1) Bits are neither made nor lost.
func.func @bitcast_width(%a: tensor<2xf32>) {
  // expected-error @+1 {{expects `to` to be as wide as the elements of `input`, but they are 'i16' and 'f32'}}
  %y = halftone.bitcast %a {to = i16} : (tensor<2xf32>) -> tensor<2xi16>
  return
}

// -----

// (C1) An i1 has no place in memory of its own width.
func.func @bitcast_bool(%a: tensor<2xi1>) {
  // expected-error @+1 {{expects `to` to be as wide as the elements of `input`}}
  %y = halftone.bitcast %a {to = i1} : (tensor<2xi1>) -> tensor<2xi1>
  return
}
