// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-attach-observations="file=%S/Inputs/observations.json" --verify-diagnostics
// RUN: not quant-opt %s --split-input-file --halftone-attach-observations="file=%t.missing" 2>&1 | FileCheck %s
// CHECK: missing

// A tensor that was not observed has no range, and none is made up.
func.func @a_tensor_must_be_observed(%x: tensor<2x8xf32>, %w: tensor<8x4xf32>) -> tensor<2x4xf32> {
  // expected-error @below {{no observations of tensor 'z'}}
  // expected-note @below {{the file has 2 tensors; calibrate this model again, with samples that reach all of it, or leave these layers out by 'skip'}}
  %o = halftone.observe %x {tensor = "z"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %y = halftone.matmul %o, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static"}}}
      : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// Whoever has to bring data wants to know everything that it is needed for.
func.func @all_that_is_missing_is_named(%x: tensor<2x8xf32>, %w: tensor<8x8xf32>) -> tensor<2x8xf32> {
  // expected-error @below {{no observations of tensor 'y' and 1 more}}
  // expected-note @below {{needed by the layers fc1, fc2}}
  // expected-note @below {{calibrate this model again}}
  %o = halftone.observe %x {tensor = "y"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %y = halftone.matmul %o, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static"}}}
      : (tensor<2x8xf32>, tensor<8x8xf32>) -> tensor<2x8xf32> loc("fc1")
  %p = halftone.observe %y {tensor = "z"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %z = halftone.matmul %p, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static"}}}
      : (tensor<2x8xf32>, tensor<8x8xf32>) -> tensor<2x8xf32> loc("fc2")
  return %z : tensor<2x8xf32>
}

// -----

// A NaN has no place in a range.
func.func @values_must_have_been_finite(%x: tensor<2x8xf32>, %w: tensor<8x4xf32>) -> tensor<2x4xf32> {
  // expected-error @below {{tensor 'broken' had 2 values that are not finite}}
  %o = halftone.observe %x {tensor = "broken"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %y = halftone.matmul %o, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static"}}}
      : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// Ranges of another model would be silently wrong.
module attributes {halftone.source_hash = "0000000000000000"} {
  // expected-error @below {{60252661910b8162}}
  func.func @the_model_must_be_the_same(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
    return %x : tensor<2x8xf32>
  }
}
