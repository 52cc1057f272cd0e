// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-split-outliers="file=%S/Inputs/channels.json" | FileCheck %s
// RUN: quant-opt %s --split-input-file --halftone-split-outliers="file=%S/Inputs/channels.json" --halftone-quantize-weights | FileCheck %s --check-prefix=WEIGHTS

// The file has seen [4, 16, 1, 0] in the channels of 'gain': the second is an outlier at 6. Its weights, the largest, stay
// as they are and out of the scale of the others, 1 / 127 * 1.27.
// CHECK-LABEL: @a_column_with_outliers_is_multiplied_apart
// CHECK: %[[N:.*]] = halftone.mul
// CHECK-DAG: %[[KEPT:.*]] = halftone.constant dense<[0, 2, 3]> : tensor<3xi64>
// CHECK-DAG: %[[OUT:.*]] = halftone.constant dense<1> : tensor<1xi64>
// CHECK-DAG: %[[XK:.*]] = halftone.gather %[[N]], %[[KEPT]] {axis = 1 : i64} : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x3xf32>
// CHECK-DAG: %[[XO:.*]] = halftone.gather %[[N]], %[[OUT]] {axis = 1 : i64} : (tensor<2x4xf32>, tensor<1xi64>) -> tensor<2x1xf32>
// CHECK-DAG: %[[WO:.*]] = halftone.constant dense<1.000000e+02> : tensor<1x1xf32>
// CHECK-DAG: %[[WK:.*]] = halftone.constant dense<{{\[}}[1.270000e+00], [-5.000000e-01], [2.500000e-01]]> : tensor<3x1xf32>
// CHECK: %[[Y:.*]] = halftone.matmul %[[XK]], %[[WK]] {{{.*}}halftone.scheme
// CHECK: %[[Z:.*]] = halftone.matmul %[[XO]], %[[WO]] :
// CHECK: halftone.add %[[Y]], %[[Z]]
// The second product reads the same columns.
// CHECK-NOT: halftone.gather
// CHECK: halftone.matmul %[[XK]]
// CHECK: halftone.matmul %[[XO]]
// WEIGHTS-LABEL: @a_column_with_outliers_is_multiplied_apart
// WEIGHTS-SAME: bytes = 19 : i64{{.*}}outliers = 1 : i64
// WEIGHTS-DAG: halftone.constant dense<0.00999999977> : tensor<1xf32>
// WEIGHTS-DAG: halftone.constant dense<{{\[}}[127], [-50], [25]]> : tensor<3x1xi8>
// WEIGHTS-NOT: num_outliers
func.func @a_column_with_outliers_is_multiplied_apart(%x: tensor<2x4xf32>) -> (tensor<2x1xf32>, tensor<2x1xf32>) {
  %gain = halftone.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %w = halftone.constant dense<[[1.27], [100.0], [-0.5], [0.25]]> : tensor<4x1xf32>
  %v = halftone.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>
  %n = halftone.mul %x, %gain : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32> loc("gain")
  %y = halftone.matmul %n, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 6.0, when = "static"}}}} : (tensor<2x4xf32>, tensor<4x1xf32>) -> tensor<2x1xf32> loc("query")
  %z = halftone.matmul %n, %v {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 6.0, when = "static"}}}} : (tensor<2x4xf32>, tensor<4x1xf32>) -> tensor<2x1xf32> loc("key")
  return %y, %z : tensor<2x1xf32>, tensor<2x1xf32>
}

// -----

// The threshold itself is an outlier, what is below it is none: of [16, 1] at 16 the first, at 17 none, at 1 both, which
// leaves a product of floats. What others round to a static scale is read as it was.
// CHECK-LABEL: @none_and_all
// CHECK: halftone.gather %arg0, %{{.*}} -> tensor<2x1xf32>
// CHECK: halftone.gather %arg0, %{{.*}} -> tensor<2x1xf32>
// CHECK: halftone.matmul %{{.*}} {{{.*}}num_outliers = 1
// CHECK: halftone.matmul %arg0, %{{.*}} {halftone.scheme
// CHECK: halftone.matmul %arg0, %{{.*}} : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
func.func @none_and_all(%input: tensor<2x2xf32> {halftone.name = "input"}) -> (tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>) {
  %w = halftone.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %x = halftone.observe %input {tensor = "input"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %a = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 16.0, when = "static"}}}} : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  %b = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 17.0, when = "static"}}}} : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  %c = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", granularity = "token",
      symmetric = true, when = "dynamic", outliers = {threshold = 1.0, when = "static"}}}} : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return %a, %b, %c : tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>
}
