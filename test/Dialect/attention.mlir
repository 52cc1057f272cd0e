// RUN: quant-opt %s | quant-opt | FileCheck %s
// Printed and parsed again, the op is what it was; parsing runs the verifier on well-formed ops.

// CHECK-LABEL: @grouped_heads_with_mask
// CHECK: halftone.attention ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x16xf32>) mask(%{{.*}} : tensor<?x1x1x?xf32>) outs(%{{.*}} : tensor<?x4x?x16xf32>) {scale = 5.000000e-01 : f32} -> tensor<?x4x?x16xf32>
func.func @grouped_heads_with_mask(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x16xf32>, %m: tensor<?x1x1x?xf32>, %init: tensor<?x4x?x16xf32>) -> tensor<?x4x?x16xf32> {
  %y = halftone.attention ins(%q, %k, %v : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x16xf32>) mask(%m : tensor<?x1x1x?xf32>) outs(%init : tensor<?x4x?x16xf32>) {scale = 0.5 : f32} -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// Queries and the output by token, [B, S, H, D], beside keys by head; on buffers there is no result.
// CHECK-LABEL: @by_token_on_buffers
// CHECK: halftone.attention ins(%{{.*}}, %{{.*}}, %{{.*}} : memref<1x5x4x8xf32>, memref<1x4x7x8xf32>, memref<1x4x7x8xf32>) outs(%{{.*}} : memref<1x5x4x8xf32>) {by_token = array<i1: true, false, false, true>, kernel = "f32-fma-avx2", scale = 1.000000e+00 : f32, zero_empty}
func.func @by_token_on_buffers(%q: memref<1x5x4x8xf32>, %k: memref<1x4x7x8xf32>, %v: memref<1x4x7x8xf32>, %y: memref<1x5x4x8xf32>) {
  halftone.attention ins(%q, %k, %v : memref<1x5x4x8xf32>, memref<1x4x7x8xf32>, memref<1x4x7x8xf32>) outs(%y : memref<1x5x4x8xf32>) {by_token = array<i1: true, false, false, true>, kernel = "f32-fma-avx2", scale = 1.0 : f32, zero_empty}
  return
}
