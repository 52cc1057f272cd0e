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

// The polynomials know no numbers below 2^-126, where log(x) = log(x * 2^23) - log(2^23).
// CHECK-LABEL: @scales_small_arguments_of_logarithms
// CHECK-DAG:     %[[NORMAL:.*]] = arith.constant dense<1.17549435E-38> : vector<8xf32>
// CHECK-DAG:     %[[SCALE:.*]] = arith.constant dense<0x4B000000> : vector<8xf32>
// CHECK-DAG:     %[[SMALL:.*]] = arith.cmpf olt, %arg0, %[[NORMAL]] : vector<8xf32>
// CHECK-DAG:     %[[SCALED:.*]] = arith.mulf %arg0, %[[SCALE]] : vector<8xf32>
// CHECK:         arith.select %[[SMALL]], %[[SCALED]], %arg0
// CHECK-NOT:     math.log
// CHECK:         return
func.func @scales_small_arguments_of_logarithms(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.log %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// erf(-0) is -0.
// CHECK-LABEL: @keeps_the_sign_of_zero
// CHECK:         %[[Y:.*]] = math.copysign %{{.*}}, %arg0 : f32
// CHECK:         return %[[Y]] : f32
func.func @keeps_the_sign_of_zero(%x: f32) -> f32 {
  %0 = math.erf %x : f32
  return %0 : f32
}
