// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-approximate-math | FileCheck %s

// CHECK-LABEL: @polynomials_where_they_are_good
// CHECK-NOT:     math.exp
// CHECK-NOT:     math.tanh
// CHECK-NOT:     math.erf
// CHECK-NOT:     math.log
// CHECK:         return
func.func @polynomials_where_they_are_good(%x: f32) -> (f32, f32, f32, f32) {
  %0 = math.exp %x : f32
  %1 = math.tanh %x : f32
  %2 = math.erf %x : f32
  %3 = math.log %x : f32
  return %0, %1, %2, %3 : f32, f32, f32, f32
}

// Upstream's polynomials lose the argument's lower bits when it is large, or know f32 only.
// CHECK-LABEL: @declines_what_would_be_inaccurate
// CHECK:         math.sin
// CHECK:         math.powf
// CHECK:         math.exp %{{.*}} : f64
func.func @declines_what_would_be_inaccurate(%x: f32, %d: f64) -> (f32, f32, f64) {
  %0 = math.sin %x : f32
  %1 = math.powf %x, %0 : f32
  %2 = math.exp %d : f64
  return %0, %1, %2 : f32, f32, f64
}
