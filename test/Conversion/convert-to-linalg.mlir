// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// An unsigned tensor becomes a signless one; that it was unsigned decides the arithmetic.
// CHECK-LABEL: @loses_signs_but_not_their_meaning
// CHECK-SAME:    (%{{.*}}: tensor<4xi8>, %{{.*}}: tensor<4xi8>) -> tensor<4xi8>
// CHECK:         arith.maxui
// CHECK-NOT:     halftone.
func.func @loses_signs_but_not_their_meaning(%a: tensor<4xui8>, %b: tensor<4xui8>) -> tensor<4xui8> {
  %0 = halftone.max %a, %b : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  return %0 : tensor<4xui8>
}

// Weights keep their blob: only the type of the constant changes.
// CHECK-LABEL: @keeps_large_constants
// CHECK:         halftone.constant dense<{{.*}}> : tensor<2x9xi8>
func.func @keeps_large_constants() -> tensor<2x9xui8> {
  %0 = halftone.constant dense<[[0, 1, 2, 3, 4, 5, 6, 7, 8], [200, 201, 202, 203, 204, 205, 206, 207, 208]]> : tensor<2x9xui8>
  return %0 : tensor<2x9xui8>
}

// CHECK-LABEL: @folds_small_constants
// CHECK:         arith.constant dense<[1, -1]> : tensor<2xi8>
func.func @folds_small_constants() -> tensor<2xui8> {
  %0 = halftone.constant dense<[1, 255]> : tensor<2xui8>
  return %0 : tensor<2xui8>
}

// A global of a million equal floats would cost 4 MB of the module.
// CHECK-LABEL: @fills_large_splats
// CHECK:         %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK:         linalg.fill ins(%[[ONE]] : f32)
func.func @fills_large_splats() -> tensor<1000x1000xf32> {
  %0 = halftone.constant dense<1.0> : tensor<1000x1000xf32>
  return %0 : tensor<1000x1000xf32>
}

// The reshape's sizes come from the dimensions of the argument, so the arithmetic that computed them dies.
// CHECK-LABEL: @traces_shapes_to_the_arguments
// CHECK-SAME:    %[[X:.*]]: tensor<?x?x8xf32>
// CHECK-NOT:     tensor.extract
// CHECK-NOT:     linalg
// CHECK-NOT:     cf.assert
// CHECK:         tensor.expand_shape %[[X]] {{\[\[}}0], [1], [2, 3]] output_shape [%{{.*}}, %{{.*}}, 2, 4]
func.func @traces_shapes_to_the_arguments(%x: tensor<?x?x8xf32>) -> tensor<?x?x2x4xf32> {
  %shape = halftone.shape %x {start = 0 : i64, end = 2 : i64} : (tensor<?x?x8xf32>) -> tensor<2xi64>
  %heads = halftone.constant dense<[2, 4]> : tensor<2xi64>
  %sizes = halftone.concat %shape, %heads {axis = 0 : i64} : (tensor<2xi64>, tensor<2xi64>) -> tensor<4xi64>
  %0 = halftone.reshape %x, %sizes : (tensor<?x?x8xf32>, tensor<4xi64>) -> tensor<?x?x2x4xf32>
  return %0 : tensor<?x?x2x4xf32>
}

// CHECK-LABEL: @keeps_observers
// CHECK:         halftone.observe %{{.*}} {tensor = "x"} : (tensor<2xf32>) -> tensor<2xf32>
func.func @keeps_observers(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = halftone.observe %x {tensor = "x"} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
