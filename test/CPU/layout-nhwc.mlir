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

// Two images that only the run time knows to be as large as each other.
// CHECK-LABEL: @moves_through_expand
// CHECK: %[[X:.*]] = halftone.conv {{.*}}layout = 1
// CHECK: %[[LAST:.*]] = halftone.gather %arg2
// CHECK: %[[WIDE:.*]] = halftone.expand %[[X]], %[[LAST]] : (tensor<?x?x?x4xf32>, tensor<4xi64>) -> tensor<?x?x?x4xf32>
// CHECK: halftone.conv %[[WIDE]]
// CHECK: return
func.func @moves_through_expand(%x: tensor<?x3x?x?xf32>, %f: tensor<4x3x1x1xf32>, %shape: tensor<4xi64>, %g: tensor<5x4x1x1xf32>) -> tensor<?x5x?x?xf32> {
  %0 = halftone.conv %x, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<?x3x?x?xf32>, tensor<4x3x1x1xf32>) -> tensor<?x4x?x?xf32>
  %1 = halftone.expand %0, %shape : (tensor<?x4x?x?xf32>, tensor<4xi64>) -> tensor<?x4x?x?xf32>
  %2 = halftone.conv %1, %g {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<?x4x?x?xf32>, tensor<5x4x1x1xf32>) -> tensor<?x5x?x?xf32>
  return %2 : tensor<?x5x?x?xf32>
}

// Ops that are defined on images with channels first: no transpose from the first convolution to the last.
// CHECK-LABEL: @moves_through_image_ops
// CHECK: %[[SCALES:.*]] = halftone.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 1.000000e+00]> : tensor<4xf32>
// CHECK: halftone.conv {{.*}}layout = 1
// CHECK-NOT: array<i64: 0, 3, 1, 2>
// CHECK: %[[MEAN:.*]] = halftone.reduce {{.*}}axes = array<i64: 1, 2>{{.*}} -> tensor<?x1x1x4xf32>
// CHECK: halftone.sub {{.*}}, %[[MEAN]]
// CHECK: %[[Y:.*]] = halftone.add {{.*}} : (tensor<?x8x8x4xf32>, tensor<4xf32>) -> tensor<?x8x8x4xf32>
// CHECK: halftone.resize %[[Y]], %{{.*}}, %[[SCALES]] {{.*}} -> tensor<?x16x24x4xf32>
// CHECK: %[[BLOCKS:.*]] = halftone.reshape {{.*}} -> tensor<?x16x24x2x2x1xf32>
// CHECK: halftone.transpose %[[BLOCKS]] {permutation = array<i64: 0, 1, 3, 2, 4, 5>} {{.*}} -> tensor<?x16x2x24x2x1xf32>
// CHECK: %[[IMAGE:.*]] = halftone.reshape {{.*}}allowzero = true{{.*}} -> tensor<?x32x48x1xf32>
// CHECK: halftone.conv %[[IMAGE]]
// CHECK: return
func.func @moves_through_image_ops(%x: tensor<?x3x8x8xf32>, %f: tensor<4x3x1x1xf32>, %g: tensor<5x1x1x1xf32>, %scale: tensor<4xf32>, %bias: tensor<4xf32>, %sizes: tensor<4xi64>) -> tensor<?x5x32x48xf32> {
  %scales = halftone.constant dense<[1.0, 1.0, 2.0, 3.0]> : tensor<4xf32>
  %0 = halftone.conv %x, %f {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<?x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<?x4x8x8xf32>
  %1 = halftone.instance_norm %0, %scale, %bias {epsilon = 1.0e-05 : f32} : (tensor<?x4x8x8xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x8x8xf32>
  %2 = halftone.resize %1, %sizes, %scales {mode = "nearest", coordinates = "asymmetric", nearest_mode = "floor"} : (tensor<?x4x8x8xf32>, tensor<4xi64>, tensor<4xf32>) -> tensor<?x4x16x24xf32>
  %3 = halftone.depth_to_space %2 {blocksize = 2 : i64} : (tensor<?x4x16x24xf32>) -> tensor<?x1x32x48xf32>
  %4 = halftone.conv %3, %g {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<?x1x32x48xf32>, tensor<5x1x1x1xf32>) -> tensor<?x5x32x48xf32>
  return %4 : tensor<?x5x32x48xf32>
}
