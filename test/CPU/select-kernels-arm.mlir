// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-select-kernels=target=armv8.6-a --canonicalize | FileCheck %s --check-prefixes=CHECK,I8MM
// RUN: quant-opt %s --halftone-select-kernels=target=cortex-a76 --canonicalize | FileCheck %s --check-prefixes=CHECK,DOTPROD

// CHECK-LABEL: @packs_for_neon
// CHECK: halftone.contract {{.*}} packing = #halftone.packing<"f32-fma-neon", nr = 12, kr = 1, k = 8, n = 20>
func.func @packs_for_neon(%x: tensor<?x8xf32>) -> tensor<?x20xf32> {
  %w = halftone.constant dense<1.0> : tensor<8x20xf32>
  %0 = halftone.matmul %x, %w : (tensor<?x8xf32>, tensor<8x20xf32>) -> tensor<?x20xf32>
  return %0 : tensor<?x20xf32>
}

// With usdot the correction is -7 * 24. Where the kernel subtracts 128 from the codes, the zero point is -121, and the
// sums of rows, by which the zero point of the weights is multiplied, are less by 8 * 128.
// CHECK-LABEL: @corrects_for_the_signs_of_the_instruction
// I8MM-DAG:    dense<-56> : tensor<5xi32>
// I8MM:        halftone.contract {{.*}} packing = #halftone.packing<"u8s8-usdot-neon"
// I8MM-NOT:    c-1024
// DOTPROD-DAG: dense<968> : tensor<5xi32>
// DOTPROD:     halftone.contract {{.*}} packing = #halftone.packing<"u8s8-sdot-neon"
// DOTPROD:     arith.addi %{{.*}}, %c-1024_i32 : i32
func.func @corrects_for_the_signs_of_the_instruction(%x: tensor<6x8xui8>) -> tensor<6x5xi32> {
  %w = halftone.constant dense<3> : tensor<8x5xi8>
  %z = halftone.constant dense<7> : tensor<ui8>
  %zr = halftone.constant dense<2> : tensor<i8>
  %0 = halftone.matmul_integer %x, %w, %z, %zr : (tensor<6x8xui8>, tensor<8x5xi8>, tensor<ui8>, tensor<i8>) -> tensor<6x5xi32>
  return %0 : tensor<6x5xi32>
}
