// RUN: quant-opt %s -verify-diagnostics --pass-pipeline="builtin.module(func.func(halftone-infer-shapes{dims=batch=0}))"

// No model runs on nothing; a size of 0 is a slip.
// expected-error @+1 {{expected a fixed dimension as name=value, value at least 1: 'batch=0'}}
func.func @empty(%x: tensor<?xf32> {halftone.dim_names = ["batch"]}) {
  return
}
