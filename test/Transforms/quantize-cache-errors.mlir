// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-quantize-cache --split-input-file --verify-diagnostics
// RUN: not quant-opt %s --halftone-quantize-cache=format=mxfp4 --split-input-file 2>&1 | FileCheck %s

// CHECK: 'mxfp4' is no format with codes and one level of scales

// Joined, but not returned: nothing is kept.
// expected-error @+2 {{has no cache to keep in int8}}
// expected-note @+1 {{a cache is an f32 input that is joined with new entries, and returned}}
func.func @keeps_nothing(%past: tensor<4x8xf32>, %new: tensor<1x8xf32>) -> tensor<5x8xf32> {
  %all = halftone.concat %past, %new {axis = 0 : i64} : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<5x8xf32>
  %0 = halftone.abs %all : (tensor<5x8xf32>) -> tensor<5x8xf32>
  return %0 : tensor<5x8xf32>
}

// -----

// Along the last dimension entries would share scales with those that were there.
// expected-error @+2 {{has no cache to keep in int8}}
// expected-note @+1 {{a cache is an f32 input}}
func.func @grows_rows(%past: tensor<4x8xf32>, %new: tensor<4x1xf32>) -> tensor<4x9xf32> {
  %all = halftone.concat %past, %new {axis = 1 : i64} : (tensor<4x8xf32>, tensor<4x1xf32>) -> tensor<4x9xf32>
  return %all : tensor<4x9xf32>
}

// -----

// expected-error @+1 {{has an input or output 'past.scale' already, which scales need}}
func.func @takes_the_name(%past: tensor<4x8xf32> {halftone.name = "past"}, %new: tensor<1x8xf32> {halftone.name = "past.scale"}) -> tensor<5x8xf32> {
  %all = halftone.concat %past, %new {axis = 0 : i64} : (tensor<4x8xf32>, tensor<1x8xf32>) -> tensor<5x8xf32>
  return %all : tensor<5x8xf32>
}
