// RUN: quant-opt --halftone-outline-kernels -verify-diagnostics %s

#identity = affine_map<(d0) -> (d0)>

func.func @mixed(%x: memref<100xf32>, %y: memref<100xf32, #gpu.address_space<global>>) {
  // expected-error@+1 {{a kernel cannot use memory of the host: 'memref<100xf32>'}}
  linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel"]}
      ins(%x : memref<100xf32>) outs(%y : memref<100xf32, #gpu.address_space<global>>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  }
  return
}
