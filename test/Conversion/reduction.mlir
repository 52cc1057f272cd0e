// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// CHECK-LABEL: @reorders_sums_of_floats
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK:           arith.addf %{{.*}}, %{{.*}} fastmath<reassoc> : f32
// CHECK:         tensor.expand_shape {{.*}} : tensor<2xf32> into tensor<2x1xf32>
func.func @reorders_sums_of_floats(%x: tensor<2x8xf32>) -> tensor<2x1xf32> {
  %0 = halftone.reduce %x {kind = 0 : i32, axes = array<i64: 1>, keepdims = true} : (tensor<2x8xf32>) -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// CHECK-LABEL: @sums_halves_in_f32
// CHECK:         linalg.fill {{.*}} -> tensor<2xf32>
// CHECK:           arith.extf
// CHECK:           arith.addf {{.*}} : f32
// CHECK:           arith.truncf
func.func @sums_halves_in_f32(%x: tensor<2x8xf16>) -> tensor<2xf16> {
  %0 = halftone.reduce %x {kind = 0 : i32, axes = array<i64: 1>, keepdims = false} : (tensor<2x8xf16>) -> tensor<2xf16>
  return %0 : tensor<2xf16>
}

// Added one after the other, where rounding errors grow with their number.
// CHECK-LABEL: @sums_columns_in_f64
// CHECK:       arith.extf %{{.*}} : f32 to f64
// CHECK:       arith.addf {{.*}} fastmath<reassoc> : f64
// CHECK:       arith.truncf %{{.*}} : f64 to f32
func.func @sums_columns_in_f64(%x: tensor<8x2xf32>) -> tensor<2xf32> {
  %0 = halftone.reduce %x {kind = 0 : i32, axes = array<i64: 0>, keepdims = false} : (tensor<8x2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// Maximum; then exponentials and their sum in one pass; then the quotients.
// CHECK-LABEL: @softmax_in_three_passes
// CHECK:         linalg.generic
// CHECK:           arith.maximumf
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK:           math.exp
// CHECK:           arith.addf
// CHECK:         linalg.generic
// CHECK:           arith.divf
// CHECK-NOT:     linalg.generic
func.func @softmax_in_three_passes(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = halftone.softmax %x {axis = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// The root is taken once per row, not once per element.
// CHECK-LABEL: @takes_one_root_per_row
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK:           math.sqrt
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK-NOT:       math.sqrt
func.func @takes_one_root_per_row(%x: tensor<4x8xf32>, %s: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = halftone.layer_norm %x, %s {axis = 1 : i64, epsilon = 1.0e-5 : f32, rms = true} : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: @scans_in_order
// CHECK:         scf.for {{.*}} iter_args
// CHECK:           tensor.extract_slice
// CHECK:           arith.addf
// CHECK:           tensor.insert_slice
func.func @scans_in_order(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = halftone.cumsum %x {axis = 0 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
