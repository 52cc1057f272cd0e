// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// CHECK-DAG: #[[$ID:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$ROW:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[$COLUMN:.*]] = affine_map<(d0, d1) -> (d0, 0)>

// CHECK-LABEL: @broadcasts_by_maps
// CHECK:         linalg.generic {indexing_maps = [#[[$COLUMN]], #[[$ROW]], #[[$ID]]]
// CHECK:           arith.addf
func.func @broadcasts_by_maps(%a: tensor<?x1xf32>, %b: tensor<3xf32>) -> tensor<?x3xf32> {
  %0 = halftone.add %a, %b : (tensor<?x1xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// Both dimensions come from one symbol, so nothing is left to check.
// CHECK-LABEL: @checks_nothing_it_can_prove
// CHECK-NOT:     cf.assert
func.func @checks_nothing_it_can_prove(%a: tensor<?xf32>) -> tensor<?xf32> {
  %0 = halftone.exp %a : (tensor<?xf32>) -> tensor<?xf32>
  %1 = halftone.add %a, %0 : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %1 : tensor<?xf32>
}

// Two arguments are equal only by promise; a broken promise must not read out of bounds.
// CHECK-LABEL: @checks_what_it_is_promised
// CHECK:         %[[SAME:.*]] = arith.cmpi eq
// CHECK:         cf.assert %[[SAME]], "operands of different sizes"
func.func @checks_what_it_is_promised(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %0 = halftone.add %a, %b : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32> loc("sum")
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: @takes_uniform_constants_into_the_body
// CHECK:         %[[TWO:.*]] = arith.constant 2.000000e+00 : f32
// CHECK:         linalg.generic {{.*}} ins(%{{.*}} : tensor<4xf32>) outs
// CHECK:           arith.divf %{{.*}}, %[[TWO]]
func.func @takes_uniform_constants_into_the_body(%a: tensor<4xf32>) -> tensor<4xf32> {
  %c = halftone.constant dense<2.0> : tensor<1xf32>
  %0 = halftone.div %a, %c : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: @evaluates_halves_in_f32
// CHECK:           %[[X:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK:           %[[Y:.*]] = math.tanh %[[X]] : f32
// CHECK:           arith.truncf %[[Y]] : f32 to bf16
func.func @evaluates_halves_in_f32(%a: tensor<4xbf16>) -> tensor<4xbf16> {
  %0 = halftone.tanh %a : (tensor<4xbf16>) -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// Squares are everywhere in normalizations; the general function takes a hundred times longer.
// CHECK-LABEL: @squares_without_a_power
// CHECK-NOT:     math.powf
// CHECK:         %[[X:.*]] = arith.mulf %[[IN:.*]], %[[IN]]
func.func @squares_without_a_power(%a: tensor<4xf32>) -> tensor<4xf32> {
  %c = halftone.constant dense<2.0> : tensor<f32>
  %0 = halftone.pow %a, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// A division by zero or of the lowest integer by -1 would end the process.
// CHECK-LABEL: @divides_integers_without_a_trap
// CHECK:           %[[SAFE:.*]] = arith.select %{{.*}}, %{{.*}}, %[[Y:.*]] : i32
// CHECK:           arith.divsi %{{.*}}, %[[SAFE]]
func.func @divides_integers_without_a_trap(%a: tensor<4xi32>, %b: tensor<4xi32>) -> tensor<4xi32> {
  %0 = halftone.div %a, %b : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// CHECK-LABEL: @clips_by_scalars
// CHECK:         linalg.generic
// CHECK-SAME:      ins(%{{.*}}, %{{.*}} : tensor<4xf32>, tensor<f32>)
func.func @clips_by_scalars(%a: tensor<4xf32>, %max: tensor<f32>) -> tensor<4xf32> {
  %min = halftone.constant dense<0.0> : tensor<f32>
  %0 = halftone.clip %a min(%min : tensor<f32>) max(%max : tensor<f32>) : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// A scalar is a loop nest of no loops.
// CHECK-LABEL: @has_no_loops_over_a_scalar
// CHECK:         iterator_types = []
func.func @has_no_loops_over_a_scalar(%a: tensor<f32>) -> tensor<f32> {
  %0 = halftone.neg %a : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// NaN becomes 0, and what is out of range the nearest integer that there is.
// CHECK-LABEL: @saturates_integers
// CHECK-DAG:       %[[HIGH:.*]] = arith.constant 1.280000e+02 : f32
// CHECK-DAG:       %[[MAX:.*]] = arith.constant 127 : i8
// CHECK:           %[[IS:.*]] = arith.cmpf oge, %{{.*}}, %[[HIGH]]
// CHECK:           arith.select %[[IS]], %[[MAX]]
// CHECK:           arith.cmpf uno
func.func @saturates_integers(%a: tensor<4xf32>) -> tensor<4xi8> {
  %0 = halftone.cast %a {to = i8} : (tensor<4xf32>) -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// CHECK-LABEL: @extends_unsigned_by_zeros
// CHECK:         arith.extui
func.func @extends_unsigned_by_zeros(%a: tensor<4xui8>) -> tensor<4xi32> {
  %0 = halftone.cast %a {to = i32} : (tensor<4xui8>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
