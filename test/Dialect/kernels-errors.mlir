// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1) floats accumulate in f32.
func.func @accumulator(%a: tensor<2x8xf32>, %b: tensor<8x4xf32>, %init: tensor<2x4xf32>) {
  // expected-error @+3 {{has an accumulator of the wrong type}}
  // expected-note @+2 {{expected 'f32'}}
  // expected-note @+1 {{actual 'i32'}}
  %y = halftone.contract ins(%a, %b : tensor<2x8xf32>, tensor<8x4xf32>) outs(%init : tensor<2x4xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 8, n = 4>} {
  ^bb0(%acc: i32):
    %f = arith.sitofp %acc : i32 to f32
    halftone.yield %f : f32
  } -> tensor<2x4xf32>
  return
}

// -----

// (C1) every epilogue input arrives as a scalar.
func.func @arguments(%a: tensor<2x8xf32>, %b: tensor<8x4xf32>, %c: tensor<4xf32>, %init: tensor<2x4xf32>) {
  // expected-error @+2 {{expects the epilogue to take the accumulator and one scalar per epilogue input}}
  // expected-note @+1 {{1 epilogue inputs, 1 arguments}}
  %y = halftone.contract ins(%a, %b : tensor<2x8xf32>, tensor<8x4xf32>) epilogue_ins(%c : tensor<4xf32>) outs(%init : tensor<2x4xf32>)
      attributes {epilogue_maps = [affine_map<(m, n) -> (n)>], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 8, n = 4>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<2x4xf32>
  return
}

// -----

// (C2) nothing says where the bias is read.
func.func @maps(%a: tensor<2x8xf32>, %b: tensor<8x4xf32>, %c: tensor<4xf32>, %init: tensor<2x4xf32>) {
  // expected-error @+2 {{expects one map per epilogue input}}
  // expected-note @+1 {{1 inputs, 0 maps}}
  %y = halftone.contract ins(%a, %b : tensor<2x8xf32>, tensor<8x4xf32>) epilogue_ins(%c : tensor<4xf32>) outs(%init : tensor<2x4xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 8, n = 4>} {
  ^bb0(%acc: f32, %bias: f32):
    halftone.yield %acc : f32
  } -> tensor<2x4xf32>
  return
}

// -----

// (C2) a kernel reads its epilogue inputs in rows, not along diagonals.
func.func @map_results(%a: tensor<2x8xf32>, %b: tensor<8x4xf32>, %c: tensor<4xf32>, %init: tensor<2x4xf32>) {
  // expected-error @+3 {{expects projected permutations of the output dimensions as epilogue maps}}
  // expected-note @+2 {{the output has 2 dimensions, the input is 'tensor<4xf32>'}}
  // expected-note @+1 {{the map is affine_map<(d0, d1) -> (d0 + d1)>}}
  %y = halftone.contract ins(%a, %b : tensor<2x8xf32>, tensor<8x4xf32>) epilogue_ins(%c : tensor<4xf32>) outs(%init : tensor<2x4xf32>)
      attributes {epilogue_maps = [affine_map<(m, n) -> (m + n)>], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 8, n = 4>} {
  ^bb0(%acc: f32, %bias: f32):
    halftone.yield %acc : f32
  } -> tensor<2x4xf32>
  return
}

// -----

// (C3) 20 columns need two panels of 16.
func.func @packing(%a: tensor<2x8xf32>, %b: tensor<1x8x16x1xf32>, %init: tensor<2x20xf32>) {
  // expected-error @+3 {{expects `rhs` to agree with `packing`}}
  // expected-note @+2 {{expected [2, 8, 16, 1]}}
  // expected-note @+1 {{`rhs` is 'tensor<1x8x16x1xf32>'}}
  %y = halftone.contract ins(%a, %b : tensor<2x8xf32>, tensor<1x8x16x1xf32>) outs(%init : tensor<2x20xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 20>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<2x20xf32>
  return
}

// -----

// (C4) a stride of 0 never moves on.
func.func @window(%x: tensor<1x6x6x4xf32>, %w: tensor<36x8xf32>, %init: tensor<1x4x4x8xf32>) {
  // expected-error @+1 {{expects positive 32-bit numbers in `window`, not 0}}
  %y = halftone.contract ins(%x, %w : tensor<1x6x6x4xf32>, tensor<36x8xf32>) outs(%init : tensor<1x4x4x8xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 36, n = 8>,
        window = #halftone.window<kernel = [3, 3], strides = [0, 1], dilations = [1, 1]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<1x4x4x8xf32>
  return
}

// -----

// (C3) a depthwise convolution slides.
func.func @depthwise_window(%x: tensor<1x6x6x8xf32>, %w: tensor<3x3x8xf32>, %init: tensor<1x4x4x8xf32>) {
  // expected-error @+1 {{expects a `window`}}
  %y = halftone.depthwise ins(%x, %w : tensor<1x6x6x8xf32>, tensor<3x3x8xf32>) outs(%init : tensor<1x4x4x8xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 9, n = 8>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<1x4x4x8xf32>
  return
}

// -----

// (C1) vectors are loaded from whole cache lines.
func.func @offset() {
  // expected-error @+1 {{expects `offset` to be a multiple of 64, not 32}}
  %w = halftone.weights_view {offset = 32 : i64} : memref<4xf32>
  return
}

// -----

// (C1) the same for the arena.
func.func @arena_offset() {
  // expected-error @+1 {{expects `offset` to be a multiple of 64, not 100}}
  %b = halftone.arena_view {offset = 100 : i64} : memref<4xf32>
  return
}

// -----

func.func @yield_in_the_middle(%x: f32) {
  // expected-error @+1 {{must be the last operation in the parent block}}
  halftone.yield %x : f32
  return
}
