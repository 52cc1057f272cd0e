// RUN: quant-opt %s --halftone-lower-kernels -verify-diagnostics -split-input-file

func.func @unknown_kernel(%q: memref<1x1x8x8xf32>, %k: memref<1x1x8x8xf32>, %v: memref<1x1x8x8xf32>, %y: memref<1x1x8x8xf32>) {
  // Kernels are named by rows of the instruction table.
  // expected-error @+1 {{names kernel 'f32-abacus', which the instruction table does not have for it}}
  halftone.attention ins(%q, %k, %v : memref<1x1x8x8xf32>, memref<1x1x8x8xf32>, memref<1x1x8x8xf32>) outs(%y : memref<1x1x8x8xf32>) {kernel = "f32-abacus", scale = 1.0 : f32}
  return
}

// -----

func.func @integer_kernel(%q: memref<1x1x8x8xf32>, %k: memref<1x1x8x8xf32>, %v: memref<1x1x8x8xf32>, %y: memref<1x1x8x8xf32>) {
  // Rows of integers multiply no floats.
  // expected-error @+1 {{names kernel 'u8s8-generic', which the instruction table does not have for it}}
  halftone.attention ins(%q, %k, %v : memref<1x1x8x8xf32>, memref<1x1x8x8xf32>, memref<1x1x8x8xf32>) outs(%y : memref<1x1x8x8xf32>) {kernel = "u8s8-generic", scale = 1.0 : f32}
  return
}
