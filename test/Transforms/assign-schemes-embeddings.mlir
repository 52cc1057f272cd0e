// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: printf 'weights: {format: int4, group: 2}\nembeddings: true\n' > %t.yaml
// RUN: quant-opt %s --halftone-assign-schemes="recipe=%t.yaml" | FileCheck %s
// RUN: quant-opt %s --halftone-assign-schemes="recipe=w8" | FileCheck %s --check-prefix=SILENT

// SILENT-NOT: halftone.scheme

// Rows of a constant matrix are embeddings, which only a recipe that says so quantizes.
// CHECK-LABEL: @embeddings_are_quantized_on_request
// CHECK: halftone.gather {{.*}}halftone.scheme = {weights = {format = "int4", granularity = "group", group = 2 : i64, symmetric = true}}
func.func @embeddings_are_quantized_on_request(%i: tensor<3xi64>) -> tensor<3x4xf32> {
  %e = halftone.constant dense<1.0> : tensor<8x4xf32>
  %y = halftone.gather %e, %i {axis = 0 : i64} : (tensor<8x4xf32>, tensor<3xi64>) -> tensor<3x4xf32> loc("emb")
  return %y : tensor<3x4xf32>
}
