// RUN: quant-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: @transposes_compose
// CHECK-NEXT: halftone.transpose %arg0 {permutation = array<i64: 2, 1, 0>}
// CHECK-NEXT: return
func.func @transposes_compose(%x: tensor<2x3x4xf32>) -> tensor<4x3x2xf32> {
  %a = halftone.transpose %x {permutation = array<i64: 1, 2, 0>} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %b = halftone.transpose %a {permutation = array<i64: 1, 0, 2>} : (tensor<3x4x2xf32>) -> tensor<4x3x2xf32>
  return %b : tensor<4x3x2xf32>
}

// CHECK-LABEL: @inverse_transposes_vanish
// CHECK-NEXT: return %arg0
func.func @inverse_transposes_vanish(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %a = halftone.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x?xf32>) -> tensor<?x2xf32>
  %b = halftone.transpose %a {permutation = array<i64: 1, 0>} : (tensor<?x2xf32>) -> tensor<2x?xf32>
  return %b : tensor<2x?xf32>
}

// CHECK-LABEL: @reshapes_chain
// CHECK: halftone.reshape %arg0, {{.*}} : (tensor<2x6xf32>, tensor<1xi64>) -> tensor<12xf32>
func.func @reshapes_chain(%x: tensor<2x6xf32>) -> tensor<12xf32> {
  %s = halftone.constant dense<[3, 4]> : tensor<2xi64>
  %t = halftone.constant dense<-1> : tensor<1xi64>
  %a = halftone.reshape %x, %s : (tensor<2x6xf32>, tensor<2xi64>) -> tensor<3x4xf32>
  %b = halftone.unsqueeze %a {axes = array<i64: 0>} : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
  %c = halftone.reshape %b, %t : (tensor<1x3x4xf32>, tensor<1xi64>) -> tensor<12xf32>
  return %c : tensor<12xf32>
}

// A 0 copies a dimension of the reshape's own input, which is another one in front of the chain.
// CHECK-LABEL: @keeps_reshape_that_copies
// CHECK-COUNT-2: halftone.reshape
func.func @keeps_reshape_that_copies(%x: tensor<2x6xf32>) -> tensor<3x2x2xf32> {
  %s = halftone.constant dense<[3, 4]> : tensor<2xi64>
  %t = halftone.constant dense<[0, 2, 2]> : tensor<3xi64>
  %a = halftone.reshape %x, %s : (tensor<2x6xf32>, tensor<2xi64>) -> tensor<3x4xf32>
  %b = halftone.reshape %a, %t : (tensor<3x4xf32>, tensor<3xi64>) -> tensor<3x2x2xf32>
  return %b : tensor<3x2x2xf32>
}

// With one dynamic dimension, the number of elements leaves no choice.
// CHECK-LABEL: @reshape_to_itself
// CHECK-NEXT: return %arg0
func.func @reshape_to_itself(%x: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %s = halftone.constant dense<[-1, 6]> : tensor<2xi64>
  %a = halftone.reshape %x, %s : (tensor<?x6xf32>, tensor<2xi64>) -> tensor<?x6xf32>
  return %a : tensor<?x6xf32>
}

// With two it does: [2, 3] may become [3, 2].
// CHECK-LABEL: @keeps_ambiguous_reshape
// CHECK: halftone.reshape
func.func @keeps_ambiguous_reshape(%x: tensor<?x?xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
  %a = halftone.reshape %x, %s : (tensor<?x?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %a : tensor<?x?xf32>
}

// CHECK-LABEL: @unsqueezes_merge
// CHECK-NEXT: halftone.unsqueeze %arg0 {axes = array<i64: 0, 1, 3>} : (tensor<2x3xf32>) -> tensor<1x1x2x1x3xf32>
// CHECK-NEXT: return
func.func @unsqueezes_merge(%x: tensor<2x3xf32>) -> tensor<1x1x2x1x3xf32> {
  %a = halftone.unsqueeze %x {axes = array<i64: 0, 2>} : (tensor<2x3xf32>) -> tensor<1x2x1x3xf32>
  %b = halftone.unsqueeze %a {axes = array<i64: 1>} : (tensor<1x2x1x3xf32>) -> tensor<1x1x2x1x3xf32>
  return %b : tensor<1x1x2x1x3xf32>
}

// CHECK-LABEL: @squeezes_merge
// CHECK-NEXT: halftone.squeeze %arg0 {axes = array<i64: 0, 1, 3>} : (tensor<1x1x2x1x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: return
func.func @squeezes_merge(%x: tensor<1x1x2x1x3xf32>) -> tensor<2x3xf32> {
  %a = halftone.squeeze %x {axes = array<i64: 1>} : (tensor<1x1x2x1x3xf32>) -> tensor<1x2x1x3xf32>
  %b = halftone.squeeze %a {axes = array<i64: 0, 2>} : (tensor<1x2x1x3xf32>) -> tensor<2x3xf32>
  return %b : tensor<2x3xf32>
}

// CHECK-LABEL: @squeeze_of_unsqueeze
// CHECK-NEXT: return %arg0
func.func @squeeze_of_unsqueeze(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %a = halftone.unsqueeze %x {axes = array<i64: 1>} : (tensor<2x?xf32>) -> tensor<2x1x?xf32>
  %b = halftone.squeeze %a {axes = array<i64: 1>} : (tensor<2x1x?xf32>) -> tensor<2x?xf32>
  return %b : tensor<2x?xf32>
}

// CHECK-LABEL: @nothing_to_do
// CHECK-NEXT: return %arg0
func.func @nothing_to_do(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %zero = halftone.constant dense<0> : tensor<1xi64>
  %end = halftone.constant dense<9223372036854775807> : tensor<1xi64>
  %one = halftone.constant dense<1> : tensor<1xi64>
  %ones = halftone.constant dense<1> : tensor<2xi64>
  %pads = halftone.constant dense<0> : tensor<4xi64>
  %shape = halftone.constant dense<[2, 3]> : tensor<2xi64>
  %v = halftone.constant dense<0.0> : tensor<f32>
  %a = halftone.slice %x, %zero, %end, %one {axes = array<i64: 1>} : (tensor<2x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x3xf32>
  %b = halftone.expand %a, %shape : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  %c = halftone.tile %b, %ones : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  %d = halftone.pad %c, %pads, %v : (tensor<2x3xf32>, tensor<4xi64>, tensor<f32>) -> tensor<2x3xf32>
  %e = halftone.cast %d {to = f32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %f = halftone.concat %e {axis = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %g = halftone.flatten %f {axis = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %h = halftone.clip %g : tensor<2x3xf32> -> tensor<2x3xf32>
  return %h : tensor<2x3xf32>
}

// A step of -1 reverses: same sizes, other elements.
// CHECK-LABEL: @keeps_reversal
// CHECK: halftone.slice
func.func @keeps_reversal(%x: tensor<3xf32>) -> tensor<3xf32> {
  %start = halftone.constant dense<-1> : tensor<1xi64>
  %end = halftone.constant dense<-9223372036854775808> : tensor<1xi64>
  %a = halftone.slice %x, %start, %end, %start {axes = array<i64: 0>} : (tensor<3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<3xf32>
  return %a : tensor<3xf32>
}

// CHECK-LABEL: @neutral_elements
// CHECK-NEXT: return %arg0
func.func @neutral_elements(%x: tensor<?xf32>) -> tensor<?xf32> {
  %one = halftone.constant dense<1.0> : tensor<f32>
  %zero = halftone.constant dense<0.0> : tensor<f32>
  %minus_zero = halftone.constant dense<-0.0> : tensor<f32>
  %a = halftone.mul %one, %x : (tensor<f32>, tensor<?xf32>) -> tensor<?xf32>
  %b = halftone.div %a, %one : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  %c = halftone.add %b, %minus_zero : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  %d = halftone.sub %c, %zero : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  return %d : tensor<?xf32>
}

// -0.0 + 0.0 is 0.0 and -0.0 - -0.0 is 0.0, so these change the sign of zero.
// CHECK-LABEL: @keeps_signs_of_zero
// CHECK: halftone.add
// CHECK: halftone.sub
func.func @keeps_signs_of_zero(%x: tensor<?xf32>) -> tensor<?xf32> {
  %zero = halftone.constant dense<0.0> : tensor<f32>
  %minus_zero = halftone.constant dense<-0.0> : tensor<f32>
  %a = halftone.add %x, %zero : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  %b = halftone.sub %a, %minus_zero : (tensor<?xf32>, tensor<f32>) -> tensor<?xf32>
  return %b : tensor<?xf32>
}

// Integers have one zero.
// CHECK-LABEL: @integer_zero
// CHECK-NEXT: return %arg0
func.func @integer_zero(%x: tensor<3xi64>) -> tensor<3xi64> {
  %zero = halftone.constant dense<0> : tensor<i64>
  %a = halftone.add %x, %zero : (tensor<3xi64>, tensor<i64>) -> tensor<3xi64>
  return %a : tensor<3xi64>
}

// The constant widens the result, so it is not neutral for the shape.
// CHECK-LABEL: @keeps_widening_one
// CHECK: halftone.mul
func.func @keeps_widening_one(%x: tensor<1xf32>) -> tensor<3xf32> {
  %one = halftone.constant dense<1.0> : tensor<3xf32>
  %a = halftone.mul %x, %one : (tensor<1xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %a : tensor<3xf32>
}

// CHECK-LABEL: @involutions
// CHECK-NEXT: %[[RELU:.*]] = halftone.relu %arg0
// CHECK-NEXT: return %[[RELU]], %arg1
func.func @involutions(%x: tensor<3xf32>, %c: tensor<3xi1>) -> (tensor<3xf32>, tensor<3xi1>) {
  %a = halftone.neg %x : (tensor<3xf32>) -> tensor<3xf32>
  %b = halftone.neg %a : (tensor<3xf32>) -> tensor<3xf32>
  %d = halftone.relu %b : (tensor<3xf32>) -> tensor<3xf32>
  %e = halftone.relu %d : (tensor<3xf32>) -> tensor<3xf32>
  %f = halftone.not %c : (tensor<3xi1>) -> tensor<3xi1>
  %g = halftone.not %f : (tensor<3xi1>) -> tensor<3xi1>
  return %e, %g : tensor<3xf32>, tensor<3xi1>
}

// CHECK-LABEL: @known_choice
// CHECK-NEXT: return %arg1
func.func @known_choice(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %c = halftone.constant dense<false> : tensor<3xi1>
  %a = halftone.where %c, %x, %y : (tensor<3xi1>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %a : tensor<3xf32>
}

// At run time the operand that is not chosen may be longer than the chosen one.
// CHECK-LABEL: @keeps_choice_of_unknown_size
// CHECK: halftone.where
func.func @keeps_choice_of_unknown_size(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c = halftone.constant dense<true> : tensor<1xi1>
  %a = halftone.where %c, %x, %y : (tensor<1xi1>, tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %a : tensor<?xf32>
}
