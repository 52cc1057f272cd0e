// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-attach-observations="file=%S/Inputs/observations.json" | FileCheck %s

module attributes {halftone.source_hash = "60252661910b8162"} {
  // The scheme of the user says how the range is estimated: all values seen, or a range given by hand.
  // CHECK-LABEL: @ranges_come_from_the_file
  // CHECK: halftone.observe %{{.*}} {range = array<f32: -3.10633683, 3.0660367>, tensor = "x"}
  func.func @ranges_come_from_the_file(%x: tensor<2x8xf32>, %w: tensor<8x4xf32>) -> tensor<2x4xf32> {
    %o = halftone.observe %x {tensor = "x"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
    %y = halftone.matmul %o, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static"}}}
        : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
    return %y : tensor<2x4xf32>
  }

  // CHECK-LABEL: @a_clip_is_the_range
  // CHECK: halftone.observe %{{.*}} {range = array<f32: -1.000000e+00, 2.000000e+00>, tensor = "x"}
  func.func @a_clip_is_the_range(%x: tensor<2x8xf32>, %w: tensor<8x4xf32>) -> tensor<2x4xf32> {
    %o = halftone.observe %x {tensor = "x"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
    %y = halftone.matmul %o, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static", range = "clip:-1,2"}}}
        : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
    return %y : tensor<2x4xf32>
  }
}
