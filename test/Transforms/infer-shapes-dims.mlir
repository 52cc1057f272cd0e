// RUN: quant-opt %s --pass-pipeline="builtin.module(func.func(halftone-infer-shapes{dims=batch=2,seq=7}))" | FileCheck %s

// Every argument with the name gets the size, and what follows from it does too.
// CHECK-LABEL: func.func @fixes_named_dimensions(
// CHECK-SAME: %arg0: tensor<2x7x64xf32>
// CHECK-SAME: %arg1: tensor<2x?xf32>
// CHECK-SAME: -> (tensor<2x64x7xf32>, tensor<2x?xf32>)
func.func @fixes_named_dimensions(%x: tensor<?x?x64xf32> {halftone.dim_names = ["batch", "seq", ""]},
                                  %y: tensor<?x?xf32> {halftone.dim_names = ["batch", ""]}) -> (tensor<?x64x?xf32>, tensor<?x?xf32>) {
  %a = halftone.transpose %x {permutation = array<i64: 0, 2, 1>} : (tensor<?x?x64xf32>) -> tensor<?x64x?xf32>
  %b = halftone.relu %y : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %a, %b : tensor<?x64x?xf32>, tensor<?x?xf32>
}
