// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a layer is rounded to with its Gram matrix is written to its file; without the matrix it is read from there.
// RUN: rm -f %t.rounded
// RUN: sed 's|GRAM|halftone.gram_matrix = dense<1.0> : tensor<2x2xf32>,|; s|PATH|%t.rounded|' %s | quant-opt --halftone-quantize-weights > %t.rounded.mlir
// RUN: sed 's|GRAM||; s|PATH|%t.rounded|' %s | quant-opt --halftone-quantize-weights=observed-only > %t.read.mlir
// RUN: cmp %t.rounded.mlir %t.read.mlir
// RUN: FileCheck %s --input-file %t.read.mlir

// CHECK: output_sqnr = {{.*}}output_sqnr_nearest = {{.*}}rounding = "gptq"
// CHECK: halftone.constant dense<{{\[}}[0, 7], [1, 0]]> : tensor<2x2xi4>
// CHECK: halftone.matmul
// CHECK-NOT: rounded_file
func.func @main(%x: tensor<5x2xf32>) -> tensor<5x2xf32> {
  %w = halftone.constant dense<[[0.4, 7.0], [0.4, 0.1]]> : tensor<2x2xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "tensor", rounding = "gptq"}}, GRAM
      halftone.rounded_file = "PATH"}
      : (tensor<5x2xf32>, tensor<2x2xf32>) -> tensor<5x2xf32> loc("fc")
  return %y : tensor<5x2xf32>
}
