// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-choose-formats --verify-diagnostics | FileCheck %s
// RUN: quant-opt %s --halftone-choose-formats=observed-only 2> /dev/null | FileCheck %s --check-prefix=OBSERVED
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-choose-formats,halftone-quantize-weights))' 2> /dev/null | FileCheck %s --check-prefix=CODES

// With the scale 1 int4 has 7 and 5 and rounds 0.6 to 1. With 7 / 6 fp4 has 4.67 for 5, and 0.58 for
// 0.6: it is less off as long as all weights count the same.
// CHECK-LABEL: @by_the_weights
// CHECK: halftone.matmul {{.*}}halftone.scheme = {weights = {format = "fp4_e2m1", granularity = "channel", symmetric = true}}
// OBSERVED-LABEL: @by_the_weights
// OBSERVED: alternatives = [
// CODES-LABEL: @by_the_weights
// CODES: tensor<3x1xf4E2M1FN>
func.func @by_the_weights(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[7.0], [5.0], [0.6]]> : tensor<3x1xf32>
  // expected-remark @below {{its weights become fp4_e2m1 by tensor-mse: int4 26.67 dB, fp4_e2m1 28.24 dB}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int4", granularity = "channel",
      alternatives = [{format = "fp4_e2m1", granularity = "channel"}], choice = "tensor-mse"}}}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// The same weights, but the second input is three times as large: what matters is the error of the 5. The
// matrix has done its work when the weights are codes.
// CHECK-LABEL: @by_the_output
// CHECK: halftone.matmul {{.*}}weights = {format = "int4", granularity = "channel", symmetric = true}
// OBSERVED-LABEL: @by_the_output
// OBSERVED-NOT: alternatives
// OBSERVED: return
// CODES-LABEL: @by_the_output
// CODES: tensor<3x1xi4>
// CODES-NOT: gram_matrix
// CODES: return
func.func @by_the_output(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[7.0], [5.0], [0.6]]> : tensor<3x1xf32>
  // expected-remark @below {{its weights become int4 by output-mse}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int4", granularity = "channel",
      alternatives = [{format = "fp4_e2m1", granularity = "channel"}], choice = "output-mse"}},
      halftone.gram_matrix = dense<[[1.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32>
  return %y : tensor<5x1xf32>
}

// The chosen format is rounded as the scheme says: the matrix stays for that.
// CHECK-LABEL: @rounding_comes_after
// CHECK: halftone.matmul
// CHECK-SAME: gram_matrix
// CHECK-SAME: format = "int4"
// CHECK-SAME: rounding = "gptq"
// CODES-LABEL: @rounding_comes_after
// CODES-SAME: rounding = "gptq"
func.func @rounding_comes_after(%x: tensor<5x3xf32>) -> tensor<5x1xf32> {
  %w = halftone.constant dense<[[7.0], [5.0], [0.6]]> : tensor<3x1xf32>
  // expected-remark @unknown {{its weights become int4 by output-mse: int4 32.34 dB, fp4_e2m1 24.38 dB}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int4", granularity = "channel", rounding = "gptq",
      alternatives = [{format = "fp4_e2m1", granularity = "channel", rounding = "gptq"}], choice = "output-mse"}},
      halftone.gram_matrix = dense<[[1.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>}
      : (tensor<5x3xf32>, tensor<3x1xf32>) -> tensor<5x1xf32> loc("fc")
  return %y : tensor<5x1xf32>
}

// Weights that a format has exactly have no noise.
// CHECK-LABEL: @rows_of_embeddings
// CHECK: halftone.gather {{.*}}format = "int4"
func.func @rows_of_embeddings(%i: tensor<3xi64>) -> tensor<3x3xf32> {
  %w = halftone.constant dense<[[7.0, 5.0, 1.0]]> : tensor<1x3xf32>
  // expected-remark @below {{its weights become int4 by tensor-mse: int4 is exact, fp4_e2m1}}
  %y = halftone.gather %w, %i {axis = 0 : i64, halftone.scheme = {weights = {format = "int4", granularity = "channel",
      alternatives = [{format = "fp4_e2m1", granularity = "channel"}]}}}
      : (tensor<1x3xf32>, tensor<3xi64>) -> tensor<3x3xf32>
  return %y : tensor<3x3xf32>
}
