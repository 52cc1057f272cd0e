// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-hoist-quantize --cse | FileCheck %s

// Both parts get the scale of the whole; the pool of one of them, too.
// CHECK-LABEL: @joins_codes
// CHECK: %[[A:.*]] = halftone.quantize %arg0, {{.*}} -> tensor<1x2x4x4xui8>
// CHECK: %[[POOL:.*]] = halftone.max_pool %[[A]] {{.*}} -> tensor<1x2x4x4xui8>
// CHECK: %[[B:.*]] = halftone.quantize %arg1, {{.*}} -> tensor<1x3x4x4xui8>
// CHECK: %[[ALL:.*]] = halftone.concat %[[A]], %[[POOL]], %[[B]] {{.*}} -> tensor<1x7x4x4xui8>
// CHECK: return %[[ALL]], %[[ALL]]
func.func @joins_codes(%a: tensor<1x2x4x4xf32>, %b: tensor<1x3x4x4xf32>) -> (tensor<1x7x4x4xui8>, tensor<1x7x4x4xui8>) {
  %s = halftone.constant dense<0.5> : tensor<f32>
  %z = halftone.constant dense<7> : tensor<ui8>
  %pool = halftone.max_pool %a {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %all = halftone.concat %a, %pool, %b {axis = 1 : i64} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>, tensor<1x3x4x4xf32>) -> tensor<1x7x4x4xf32>
  %q = halftone.quantize %all, %s, %z : (tensor<1x7x4x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x7x4x4xui8>
  %again = halftone.quantize %all, %s, %z : (tensor<1x7x4x4xf32>, tensor<f32>, tensor<ui8>) -> tensor<1x7x4x4xui8>
  return %q, %again : tensor<1x7x4x4xui8>, tensor<1x7x4x4xui8>
}

// A chain, to the op that computes the numbers; both parts of what is split.
// CHECK-LABEL: @reorders_codes
// CHECK: %[[Y:.*]] = halftone.add
// CHECK: %[[Q:.*]] = halftone.quantize %[[Y]], {{.*}} -> tensor<4x6xi8>
// CHECK: %[[T:.*]] = halftone.transpose %[[Q]] {{.*}} -> tensor<6x4xi8>
// CHECK: halftone.split %[[T]]{{.*}} -> (tensor<2x4xi8>, tensor<4x4xi8>)
// CHECK-NOT: halftone.quantize
func.func @reorders_codes(%x: tensor<4x6xf32>) -> (tensor<2x4xi8>, tensor<4x4xi8>) {
  %s = halftone.constant dense<0.5> : tensor<f32>
  %z = halftone.constant dense<0> : tensor<i8>
  %y = halftone.add %x, %x : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  %t = halftone.transpose %y {permutation = array<i64: 1, 0>} : (tensor<4x6xf32>) -> tensor<6x4xf32>
  %parts:2 = halftone.split %t {axis = 0 : i64, sizes = array<i64: 2, 4>} : (tensor<6x4xf32>) -> (tensor<2x4xf32>, tensor<4x4xf32>)
  %p = halftone.quantize %parts#0, %s, %z : (tensor<2x4xf32>, tensor<f32>, tensor<i8>) -> tensor<2x4xi8>
  %q = halftone.quantize %parts#1, %s, %z : (tensor<4x4xf32>, tensor<f32>, tensor<i8>) -> tensor<4x4xi8>
  return %p, %q : tensor<2x4xi8>, tensor<4x4xi8>
}

// No loop pools narrower codes.
// CHECK-LABEL: @declines_codes_of_four_bits
// CHECK: halftone.max_pool {{.*}} -> tensor<1x2x4x4xf32>
func.func @declines_codes_of_four_bits(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xui4> {
  %s = halftone.constant dense<0.5> : tensor<f32>
  %z = halftone.constant dense<7> : tensor<ui4>
  %pool = halftone.max_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %q = halftone.quantize %pool, %s, %z : (tensor<1x2x4x4xf32>, tensor<f32>, tensor<ui4>) -> tensor<1x2x4x4xui4>
  return %q : tensor<1x2x4x4xui4>
}

// Numbers that are used as such, two scales, a scale for each column, interpolation, constants: floats are moved.
// CHECK-LABEL: @declines
// CHECK-COUNT-3: halftone.transpose {{.*}} -> tensor<6x4xf32>
// CHECK: halftone.resize {{.*}} -> tensor<1x2x8x8xf32>
// CHECK: halftone.concat {{.*}} -> tensor<8x6xf32>
func.func @declines(%x: tensor<4x6xf32>, %image: tensor<1x2x4x4xf32>) -> (tensor<6x4xi8>, tensor<6x4xf32>, tensor<6x4xi8>, tensor<6x4xi8>, tensor<6x4xi8>, tensor<1x2x8x8xi8>, tensor<8x6xi8>) {
  %s = halftone.constant dense<0.5> : tensor<f32>
  %other = halftone.constant dense<0.25> : tensor<f32>
  %columns = halftone.constant dense<0.25> : tensor<4xf32>
  %z = halftone.constant dense<0> : tensor<i8>
  %c = halftone.constant dense<1.5> : tensor<4x6xf32>
  %sizes = halftone.constant dense<[1, 2, 8, 8]> : tensor<4xi64>
  %scales = halftone.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  %y = halftone.transpose %x {permutation = array<i64: 1, 0>} : (tensor<4x6xf32>) -> tensor<6x4xf32>
  %0 = halftone.quantize %y, %s, %z : (tensor<6x4xf32>, tensor<f32>, tensor<i8>) -> tensor<6x4xi8>
  %w = halftone.add %x, %c : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  %v = halftone.transpose %w {permutation = array<i64: 1, 0>} : (tensor<4x6xf32>) -> tensor<6x4xf32>
  %1 = halftone.quantize %v, %s, %z : (tensor<6x4xf32>, tensor<f32>, tensor<i8>) -> tensor<6x4xi8>
  %2 = halftone.quantize %v, %other, %z : (tensor<6x4xf32>, tensor<f32>, tensor<i8>) -> tensor<6x4xi8>
  %u = halftone.sub %x, %c : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  %t = halftone.transpose %u {permutation = array<i64: 1, 0>} : (tensor<4x6xf32>) -> tensor<6x4xf32>
  %3 = halftone.quantize %t, %columns, %z {axis = 1 : i64} : (tensor<6x4xf32>, tensor<4xf32>, tensor<i8>) -> tensor<6x4xi8>
  %big = halftone.resize %image, %sizes, %scales {mode = "linear", coordinates = "half_pixel", nearest_mode = "floor"} : (tensor<1x2x4x4xf32>, tensor<4xi64>, tensor<4xf32>) -> tensor<1x2x8x8xf32>
  %4 = halftone.quantize %big, %s, %z : (tensor<1x2x8x8xf32>, tensor<f32>, tensor<i8>) -> tensor<1x2x8x8xi8>
  %both = halftone.concat %x, %c {axis = 0 : i64} : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %5 = halftone.quantize %both, %s, %z : (tensor<8x6xf32>, tensor<f32>, tensor<i8>) -> tensor<8x6xi8>
  return %0, %y, %1, %2, %3, %4, %5 : tensor<6x4xi8>, tensor<6x4xf32>, tensor<6x4xi8>, tensor<6x4xi8>, tensor<6x4xi8>, tensor<1x2x8x8xi8>, tensor<8x6xi8>
}
