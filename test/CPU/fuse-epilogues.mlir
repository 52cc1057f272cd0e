// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-fuse-epilogues | FileCheck %s

#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (n)>

// The bias becomes an operand of the kernel.
// CHECK-LABEL: @fuses_bias
// CHECK: halftone.contract {{.*}} epilogue_ins(%arg2 : tensor<16xf32>)
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
func.func @fuses_bias(%x: tensor<4x8xf32>, %w: tensor<1x8x16x1xf32>, %b: tensor<16xf32>) -> tensor<4x16xf32> {
  %e = tensor.empty() : tensor<4x16xf32>
  %0 = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x8x16x1xf32>) outs(%e : tensor<4x16xf32>) attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  %1 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%0, %b : tensor<4x16xf32>, tensor<16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %1 : tensor<4x16xf32>
}
