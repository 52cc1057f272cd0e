// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --split-input-file --halftone-split-outliers="file=%S/Inputs/channels.json" --verify-diagnostics
// RUN: not quant-opt %s --split-input-file --halftone-split-outliers="file=%t.missing" 2>&1 | FileCheck %s
// RUN: not quant-opt %s --split-input-file --halftone-split-outliers 2>&1 | FileCheck %s --check-prefix=NONE
// CHECK: missing
// NONE: no calibration data says which columns of its input are outliers
// NONE: give calibration data or an observations file

// No column is made up for what was not seen.
func.func @the_input_must_be_observed(%x: tensor<2x2xf32> {halftone.name = "unknown"}) -> tensor<2x2xf32> {
  %w = halftone.constant dense<1.0> : tensor<2x2xf32>
  // expected-error @below {{no observations of the channels of tensor 'unknown'}}
  // expected-note @below {{calibrate this model again}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", when = "dynamic",
      outliers = {threshold = 6.0, when = "static"}}}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

// A NaN has no magnitude.
func.func @values_must_have_been_finite(%x: tensor<2x2xf32> {halftone.name = "broken"}) -> tensor<2x2xf32> {
  %w = halftone.constant dense<1.0> : tensor<2x2xf32>
  // expected-error @below {{tensor 'broken' had 2 values that are not finite}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", when = "dynamic",
      outliers = {threshold = 6.0, when = "static"}}}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

// The file is of a model with other channels.
func.func @the_channels_must_be_those_of_the_weights(%x: tensor<2x2xf32> {halftone.name = "three"}) -> tensor<2x2xf32> {
  %w = halftone.constant dense<1.0> : tensor<2x2xf32>
  // expected-error @below {{the observations of tensor 'three' do not have its channels}}
  // expected-note @below {{2 channels, 3 observed}}
  %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", when = "dynamic",
      outliers = {threshold = 6.0, when = "static"}}}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// -----

// Columns of another model would be silently wrong.
module attributes {halftone.source_hash = "another model"} {
  // expected-error @below {{a model}}
  func.func @the_model_must_be_the_same(%x: tensor<2x2xf32> {halftone.name = "input"}) -> tensor<2x2xf32> {
    %w = halftone.constant dense<1.0> : tensor<2x2xf32>
    %y = halftone.matmul %x, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "int8", when = "dynamic",
        outliers = {threshold = 6.0, when = "static"}}}} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    return %y : tensor<2x2xf32>
  }
}
