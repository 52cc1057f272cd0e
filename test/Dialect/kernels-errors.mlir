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

// -----

// (C5) nothing says what the operand is.
func.func @inputs_without_decoder(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects 0 decoder inputs, not 1}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) a scale for each group is announced, and there is none for the table.
func.func @missing_input(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects 2 decoder inputs, not 1}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>, <"scale", f32, group = 0, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) codes share bytes.
func.func @wide_codes(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects codes of at most 8 bits, f16 or bf16, not 'i16'}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i16, inputs = [<"scale", f32, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) two rows of 4 bits fill a byte.
func.func @code_rows(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects `kr` to be 2 for codes of 'i4'}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) 8 rows of 16 codes of 4 bits are 64 bytes.
func.func @code_bytes(%x: tensor<4x8xf32>, %w: tensor<1x8x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+3 {{expects `rhs` to agree with the decoder}}
  // expected-note @+2 {{expected [1, 4, 16] of 'i8'}}
  // expected-note @+1 {{actual 'tensor<1x8x16xi8>'}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x8x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) 8 rows are two groups of 4.
func.func @scale_size(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x1x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+3 {{expects a decoder input 'scale' to agree with the decoder}}
  // expected-note @+2 {{expected [1, 2, 16] of 'f32'}}
  // expected-note @+1 {{actual 'tensor<1x1x16xf32>'}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x1x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) only sums and products are described.
func.func @unknown_role(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{has a decoder input of the unknown role 'shift'}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"shift", f32, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) no decoder reads numbers of 64 bits.
func.func @input_type(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{has a decoder input 'scale' of type 'f64', which no decoder reads}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"scale", f64, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) groups count rows.
func.func @negative_group(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects `group` and `columns` of a decoder input to be at least 0}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = -4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) each bit of a code is the sign of a plane.
func.func @planes(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects a plane for each bit of a code, one offset and nothing else}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<ui4, inputs = [<"plane", f32, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) a code is the place in a table.
func.func @signed_table(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects unsigned codes with a table or planes, not 'i4'}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"table", f32, group = 0, columns = 0>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) numbers are multiplied with numbers.
func.func @integer_activations(%x: tensor<4x8xf64>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects `lhs` of f32 with a decoder, not 'tensor<4x8xf64>'}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf64>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) the rows of codes are those of a matrix.
func.func @window(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects a packed right-hand side and no window with a decoder}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s : tensor<1x2x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>,
        window = #halftone.window<kernel = [1, 1], strides = [1, 1], dilations = [1, 1]>, decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) numbers have no use for a table.
func.func @scale_table(%x: tensor<4x8xf32>, %w: tensor<1x4x16xi8>, %s: tensor<1x2x16xf32>, %t: tensor<1x1x4xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects one table after scales that are unsigned codes of at most 4 bits}}
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x4x16xi8>) decoder_ins(%s, %t : tensor<1x2x16xf32>, tensor<1x1x4xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 16>, decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 4, columns = 1>, <"scale_table", f32, group = 0, columns = 0>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C1) of decode_panels: the codes are as many as the box has elements.
func.func @decode_box(%codes: tensor<1x6x16xi8>, %init: tensor<1x6x16xf32>) {
  // expected-error @+1 {{expects a box of as many elements as K: 6, not 8}}
  %w = halftone.decode_panels ins(%codes : tensor<1x6x16xi8>) outs(%init : tensor<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 4, 2>, strides = array<i64: 1, 3>} -> tensor<1x6x16xf32>
  return
}

// -----

// (C1): codes and packing agree.
func.func @decode_codes(%codes: tensor<1x4x16xi8>, %init: tensor<1x6x16xf32>) {
  // expected-error @+3 {{expects `codes` to agree with the decoder}}
  // expected-note @+2 {{expected [1, 6, 16] of 'i8'}}
  // expected-note @+1 {{actual 'tensor<1x4x16xi8>'}}
  %w = halftone.decode_panels ins(%codes : tensor<1x4x16xi8>) outs(%init : tensor<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1, 3>} -> tensor<1x6x16xf32>
  return
}

// -----

// (C2) of decode_panels.
func.func @decode_sizes(%codes: tensor<1x6x16xi8>, %init: tensor<1x6x16xf32>) {
  // expected-error @+1 {{expects `sizes`, `padded` and `strides` of as many positive numbers, the first at most the second}}
  %w = halftone.decode_panels ins(%codes : tensor<1x6x16xi8>) outs(%init : tensor<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 4, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1, 3>} -> tensor<1x6x16xf32>
  return
}

// -----

// (C2) of decode_panels.
func.func @decode_dimensions(%codes: tensor<1x6x16xi8>, %init: tensor<1x6x16xf32>) {
  // expected-error @+1 {{expects `sizes`, `padded` and `strides` of as many positive numbers, the first at most the second}}
  %w = halftone.decode_panels ins(%codes : tensor<1x6x16xi8>) outs(%init : tensor<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1>} -> tensor<1x6x16xf32>
  return
}

// -----

// (C3): two indices have one row.
func.func @decode_rows(%codes: tensor<1x6x16xi8>, %init: tensor<1x6x16xf32>) {
  // expected-error @+3 {{expects `init` to have a row of panels for each index}}
  // expected-note @+2 {{`strides` give several indices one row}}
  // expected-note @+1 {{actual 'tensor<1x6x16xf32>'}}
  %w = halftone.decode_panels ins(%codes : tensor<1x6x16xi8>) outs(%init : tensor<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1, 2>} -> tensor<1x6x16xf32>
  return
}

// -----

// (C3): the last index has no row.
func.func @decode_room(%codes: tensor<1x6x16xi8>, %init: tensor<1x6x16xf32>) {
  // expected-error @+3 {{expects `init` to have a row of panels for each index}}
  // expected-note @+2 {{expected [1, at least 7, 16] of f32}}
  // expected-note @+1 {{actual 'tensor<1x6x16xf32>'}}
  %w = halftone.decode_panels ins(%codes : tensor<1x6x16xi8>) outs(%init : tensor<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1, 4>} -> tensor<1x6x16xf32>
  return
}

// -----

// Codes in rows and columns are no panels.
func.func @decode_plain(%codes: tensor<1x6x16xi8>, %init: tensor<1x6x16xf32>) {
  // expected-error @+1 {{expects packed codes}}
  %w = halftone.decode_panels ins(%codes : tensor<1x6x16xi8>) outs(%init : tensor<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-generic", nr = 0, kr = 1, k = 6, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1, 3>} -> tensor<1x6x16xf32>
  return
}

// -----

// Lanes along k are for codes.
func.func @along_k_of_floats(%x: tensor<4x32xf32>, %w: tensor<1x32x16x1xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects a decoder with `along_k`}}
  %y = halftone.contract ins(%x, %w : tensor<4x32xf32>, tensor<1x32x16x1xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32-generic", nr = 16, kr = 1, k = 32, n = 16, along_k = true>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) a row of 16 k would have two groups.
func.func @groups_within_rows(%x: tensor<4x32xf32>, %w: tensor<16x1x16xi8>, %t: tensor<4x16x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+1 {{expects groups of the decoder to be multiples of `nr` with `along_k`}}
  %y = halftone.contract ins(%x, %w : tensor<4x32xf32>, tensor<16x1x16xi8>) decoder_ins(%t : tensor<4x16x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 32, n = 16, along_k = true>,
        decoder = #halftone.decoder<ui4, inputs = [<"table", f32, group = 8, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

// (C5) each column is a panel.
func.func @columns_along_k(%x: tensor<4x32xf32>, %w: tensor<1x1x32xi8>, %t: tensor<2x16x16xf32>, %init: tensor<4x16xf32>) {
  // expected-error @+3 {{expects `rhs` to agree with the decoder}}
  // expected-note @+2 {{expected [16, 1, 16] of 'i8'}}
  // expected-note @+1 {{actual 'tensor<1x1x32xi8>'}}
  %y = halftone.contract ins(%x, %w : tensor<4x32xf32>, tensor<1x1x32xi8>) decoder_ins(%t : tensor<2x16x16xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 32, n = 16, along_k = true>,
        decoder = #halftone.decoder<ui4, inputs = [<"table", f32, group = 16, columns = 1>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  return
}

// -----

func.func @panels_along_k(%codes: tensor<16x1x16xi8>, %init: tensor<1x16x16xf32>) {
  // expected-error @+1 {{expects lanes of columns, not `along_k`}}
  %w = halftone.decode_panels ins(%codes : tensor<16x1x16xi8>) outs(%init : tensor<1x16x16xf32>)
      attributes {decoder = #halftone.decoder<i8>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 16, n = 16, along_k = true>,
        sizes = array<i64: 16>, padded = array<i64: 16>, strides = array<i64: 1>} -> tensor<1x16x16xf32>
  return
}

// -----

// (C1) of decode_rows.
func.func @rows_of_columns(%codes: tensor<100x1x16xi8>, %i: tensor<4xi64>, %init: tensor<4x33xf32>) {
  // expected-error @+1 {{expects rows of at most `kr` times `nr` packed codes}}
  %y = halftone.decode_rows ins(%codes, %i : tensor<100x1x16xi8>, tensor<4xi64>) outs(%init : tensor<4x33xf32>)
      attributes {decoder = #halftone.decoder<i4>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 100, n = 33>} -> tensor<4x33xf32>
  return
}

// -----

// (C1) of decode_rows: a row is by itself.
func.func @rows_of_codes(%codes: tensor<50x1x32xi8>, %i: tensor<4xi64>, %init: tensor<4x32xf32>) {
  // expected-error @+3 {{expects `codes` to agree with the decoder}}
  // expected-note @+2 {{expected [100, 1, 16] of 'i8'}}
  // expected-note @+1 {{actual 'tensor<50x1x32xi8>'}}
  %y = halftone.decode_rows ins(%codes, %i : tensor<50x1x32xi8>, tensor<4xi64>) outs(%init : tensor<4x32xf32>)
      attributes {decoder = #halftone.decoder<i4>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 100, n = 32>} -> tensor<4x32xf32>
  return
}

// -----

// (C2) of decode_rows: 100 codes of 3 bits are 38 bytes.
func.func @rows_of_parameters(%codes: tensor<100x1x16xi8>, %i: tensor<4xi64>, %zero: tensor<100x1xi8>, %init: tensor<4x32xf32>) {
  // expected-error @+3 {{expects a decoder input 'zero_point' to agree with the decoder}}
  // expected-note @+2 {{expected [38] of 'i8'}}
  // expected-note @+1 {{actual 'tensor<100x1xi8>'}}
  %y = halftone.decode_rows ins(%codes, %i : tensor<100x1x16xi8>, tensor<4xi64>) decoder_ins(%zero : tensor<100x1xi8>) outs(%init : tensor<4x32xf32>)
      attributes {decoder = #halftone.decoder<ui4, inputs = [<"zero_point", ui3, group = 1, columns = 32>]>,
        packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 100, n = 32>} -> tensor<4x32xf32>
  return
}

// -----

// (C3) of decode_rows.
func.func @rows_of_indices(%codes: tensor<100x1x16xi8>, %i: tensor<5xi64>, %init: tensor<4x32xf32>) {
  // expected-error @+3 {{expects `indices` of [M] and `init` of [M][32]}}
  // expected-note @+2 {{`indices` is 'tensor<5xi64>'}}
  // expected-note @+1 {{`init` is 'tensor<4x32xf32>'}}
  %y = halftone.decode_rows ins(%codes, %i : tensor<100x1x16xi8>, tensor<5xi64>) outs(%init : tensor<4x32xf32>)
      attributes {decoder = #halftone.decoder<i4>, packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 100, n = 32>} -> tensor<4x32xf32>
  return
}
