// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-layout-nhwc | FileCheck %s

// The transposes between two convolutions cancel through the elementwise op; only those at the borders remain.
// CHECK-LABEL: @cancels_between_convolutions
// CHECK-COUNT-1: halftone.transpose
// CHECK: halftone.conv {{.*}}layout = 1
// CHECK-NEXT: halftone.relu {{.*}} -> tensor<1x8x8x4xf32>
// CHECK-NEXT: halftone.conv {{.*}}layout = 1
// CHECK-NEXT: halftone.transpose {{.*}}array<i64: 0, 3, 1, 2>
// CHECK-NEXT: return
func.func @cancels_between_convolutions(%x: tensor<1x3x8x8xf32>, %f: tensor<4x3x1x1xf32>, %g: tensor<5x4x1x1xf32>) -> tensor<1x5x8x8xf32> {
  %0 = halftone.conv %x, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  %1 = halftone.relu %0 : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %2 = halftone.conv %1, %g {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x8x8xf32>, tensor<5x4x1x1xf32>) -> tensor<1x5x8x8xf32>
  return %2 : tensor<1x5x8x8xf32>
}
