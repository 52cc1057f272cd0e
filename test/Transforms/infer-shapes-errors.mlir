// RUN: quant-opt %s -split-input-file -verify-diagnostics --pass-pipeline="builtin.module(func.func(halftone-infer-shapes{dims=batch=2}))"

// The contradiction shows only after `batch` is fixed to 2.
func.func @contradiction(%x: tensor<?x4xf32> {halftone.dim_names = ["batch", ""]}, %y: tensor<3x4xf32>) {
  // expected-error @+3 {{expects operands that broadcast}}
  // expected-note @+2 {{operand #0 is 'tensor<2x4xf32>'}}
  // expected-note @+1 {{operand #1 is 'tensor<3x4xf32>'}}
  %z = halftone.add %x, %y : (tensor<?x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

// A misspelled name must not be ignored.
// expected-error @+2 {{no input has a dimension named 'batch'}}
// expected-note @+1 {{named dimensions: n, seq}}
func.func @unknown_name(%x: tensor<?x?xf32> {halftone.dim_names = ["n", "seq"]}) {
  return
}

// -----

// expected-error @+1 {{dimension 'batch' cannot be fixed to 2: it is 3}}
func.func @other_size(%x: tensor<3xf32> {halftone.dim_names = ["batch"]}) {
  return
}
