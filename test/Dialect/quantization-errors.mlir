// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1) four scales for eight channels.
func.func @quantize_scales(%x: tensor<2x8xf32>, %s: tensor<4xf32>, %z: tensor<i8>) {
  // expected-error @+3 {{expects one scale, one per channel of `axis`, or scales that broadcast to the input}}
  // expected-note @+2 {{the input is 'tensor<2x8xf32>', `axis` is 1}}
  // expected-note @+1 {{`scale` is 'tensor<4xf32>'}}
  %q = halftone.quantize %x, %s, %z {axis = 1 : i64} : (tensor<2x8xf32>, tensor<4xf32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// (C1) zero points go with the scales.
func.func @quantize_zero_points(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %z: tensor<4xi8>) {
  // expected-error @+3 {{expects one zero point or as many as there are scales}}
  // expected-note @+2 {{`scale` is 'tensor<8xf32>'}}
  // expected-note @+1 {{`zero_point` is 'tensor<4xi8>'}}
  %q = halftone.quantize %x, %s, %z {axis = 1 : i64} : (tensor<2x8xf32>, tensor<8xf32>, tensor<4xi8>) -> tensor<2x8xi8>
  return
}

// -----

// (C2) a scale of 0 divides by it.
func.func @quantize_zero_scale(%x: tensor<2x8xf32>, %z: tensor<i8>) {
  %s = halftone.constant dense<0.0> : tensor<f32>
  // expected-error @+1 {{expects finite and positive scales, not 0}}
  %q = halftone.quantize %x, %s, %z : (tensor<2x8xf32>, tensor<f32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// (C2) a negative one would turn the order of numbers around.
func.func @quantize_negative_scale(%x: tensor<2x8xf32>, %z: tensor<i8>) {
  %s = halftone.constant dense<-0.5> : tensor<f32>
  // expected-error @+1 {{expects finite and positive scales, not -0.5}}
  %q = halftone.quantize %x, %s, %z : (tensor<2x8xf32>, tensor<f32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// (C2) NaN does not scale anything.
func.func @dequantize_nan_scale(%q: tensor<2x8xi8>, %z: tensor<i8>) {
  %s = halftone.constant dense<0x7FC00000> : tensor<f32>
  // expected-error @+1 {{expects finite scales, not NaN}}
  %x = halftone.dequantize %q, %s, %z : (tensor<2x8xi8>, tensor<f32>, tensor<i8>) -> tensor<2x8xf32>
  return
}

// -----

// (C3) codes and zero point live on one grid.
func.func @dequantize_types(%q: tensor<2x8xi8>, %s: tensor<f32>, %z: tensor<ui8>) {
  // expected-error @+3 {{expects `input` and `zero_point` to have one element type}}
  // expected-note @+2 {{`input` is 'tensor<2x8xi8>'}}
  // expected-note @+1 {{`zero_point` is 'tensor<ui8>'}}
  %x = halftone.dequantize %q, %s, %z : (tensor<2x8xi8>, tensor<f32>, tensor<ui8>) -> tensor<2x8xf32>
  return
}

// -----

// (C3) quantizing does not reshape.
func.func @quantize_result(%x: tensor<2x8xf32>, %s: tensor<f32>, %z: tensor<i8>) {
  // expected-error @+3 {{has a result of the wrong type}}
  // expected-note @+2 {{expected 'tensor<2x8xi8>'}}
  // expected-note @+1 {{actual 'tensor<16xi8>'}}
  %q = halftone.quantize %x, %s, %z : (tensor<2x8xf32>, tensor<f32>, tensor<i8>) -> tensor<16xi8>
  return
}

// -----

// (C1) an axis out of the rank.
func.func @dynamic_axes(%x: tensor<2x8xf32>) {
  // expected-error @+2 {{expects `axes` in [0, 2)}}
  // expected-note @+1 {{`axes` is 5}}
  %q, %s, %z = halftone.dynamic_quantize %x {axes = array<i64: 5>, symmetric = true, to = i8} : (tensor<2x8xf32>) -> (tensor<2x8xi8>, tensor<2x1xf32>, tensor<2x1xi8>)
  return
}

// -----

// (C2) 16 bits are not what integer contractions take.
func.func @dynamic_type(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{expects `to` to be i8 or ui8, not 'i16'}}
  %q, %s, %z = halftone.dynamic_quantize %x {axes = array<i64: 1>, symmetric = true, to = i16} : (tensor<2x8xf32>) -> (tensor<2x8xi16>, tensor<2x1xf32>, tensor<2x1xi16>)
  return
}

// -----

// (C1) 8 bits only: wider products would not be exact.
func.func @matmul_wide(%a: tensor<2x8xi16>, %b: tensor<8x4xi8>, %za: tensor<i16>, %zb: tensor<i8>) {
  // expected-error @+2 {{expects the elements of `lhs` to be i8 or ui8}}
  // expected-note @+1 {{`lhs` is 'tensor<2x8xi16>'}}
  %c = halftone.matmul_integer %a, %b, %za, %zb : (tensor<2x8xi16>, tensor<8x4xi8>, tensor<i16>, tensor<i8>) -> tensor<2x4xi32>
  return
}

// -----

// (C2) one product more than i32 holds in the worst case.
func.func @matmul_overflow(%a: tensor<1x65794xui8>, %b: tensor<65794x1xi8>, %za: tensor<ui8>, %zb: tensor<i8>) {
  // expected-error @+2 {{expects sums that cannot overflow i32}}
  // expected-note @+1 {{at most 65793 products may be added, here 65794}}
  %c = halftone.matmul_integer %a, %b, %za, %zb : (tensor<1x65794xui8>, tensor<65794x1xi8>, tensor<ui8>, tensor<i8>) -> tensor<1x1xi32>
  return
}

// -----

// A zero point that varies along K could not leave the sum.
func.func @matmul_zero_point(%a: tensor<2x8xui8>, %b: tensor<8x4xi8>, %za: tensor<2x8xui8>, %zb: tensor<i8>) {
  // expected-error @+2 {{expects `lhs_zero_point` to have one element or one per row}}
  // expected-note @+1 {{`lhs_zero_point` is 'tensor<2x8xui8>'}}
  %c = halftone.matmul_integer %a, %b, %za, %zb : (tensor<2x8xui8>, tensor<8x4xi8>, tensor<2x8xui8>, tensor<i8>) -> tensor<2x4xi32>
  return
}

// -----

// (C5) one zero point per filter, and there are 16.
func.func @conv_zero_point(%x: tensor<1x3x8xui8>, %w: tensor<16x3x3xi8>, %zx: tensor<ui8>, %zw: tensor<3xi8>) {
  // expected-error @+2 {{expects `filter_zero_point` to have one element or one per output channel}}
  // expected-note @+1 {{`filter_zero_point` is 'tensor<3xi8>'}}
  %c = halftone.conv_integer %x, %w, %zx, %zw {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>} : (tensor<1x3x8xui8>, tensor<16x3x3xi8>, tensor<ui8>, tensor<3xi8>) -> tensor<1x16x6xi32>
  return
}

// -----

// Observers look at tensors only.
func.func @observed_scalar(%x: f32) {
  // expected-error @+1 {{operand #0 must be ranked tensor}}
  %y = halftone.observe %x {tensor = "x"} : (f32) -> f32
  return
}

// -----

// (C1) observations are kept by name.
func.func @observed_nameless(%x: tensor<2xf32>) {
  // expected-error @+1 {{expects the name of the tensor}}
  %y = halftone.observe %x {tensor = ""} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// (C2) an identity cannot change the shape.
func.func @observed_shape(%x: tensor<2xf32>) {
  // expected-error @+1 {{expects an output like its input, 'tensor<2xf32>', not 'tensor<3xf32>'}}
  %y = halftone.observe %x {tensor = "x"} : (tensor<2xf32>) -> tensor<3xf32>
  return
}

// -----

// (C3) one value is no range.
func.func @observed_half_range(%x: tensor<2xf32>) {
  // expected-error @+1 {{expects a range of 2 values, not 1}}
  %y = halftone.observe %x {tensor = "x", range = array<f32: 1.0>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// (C3) no scale fits a range that is upside down.
func.func @observed_reversed_range(%x: tensor<2xf32>) {
  // expected-error @+1 {{expects a finite range from low to high, not 1.000000e+00 to -1.000000e+00}}
  %y = halftone.observe %x {tensor = "x", range = array<f32: 1.0, -1.0>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// (C4) a block size for each dimension.
func.func @blocks_rank(%q: tensor<8x4xi4>, %s: tensor<2x4xf32>, %z: tensor<i4>) {
  // expected-error @+1 {{expects `blocks` to be one positive size for each of the 2 dimensions, not [4]}}
  %x = halftone.dequantize %q, %s, %z {blocks = array<i64: 4>} : (tensor<8x4xi4>, tensor<2x4xf32>, tensor<i4>) -> tensor<8x4xf32>
  return
}

// -----

// (C4) 8 rows in groups of 3 are 3 groups.
func.func @blocks_count(%q: tensor<8x4xi4>, %s: tensor<2x4xf32>, %z: tensor<i4>) {
  // expected-error @+3 {{expects `scale` to have one per block}}
  // expected-note @+2 {{the blocks are [3, 1] of 'tensor<8x4xi4>'}}
  // expected-note @+1 {{`scale` is 'tensor<2x4xf32>'}}
  %x = halftone.dequantize %q, %s, %z {blocks = array<i64: 3, 1>} : (tensor<8x4xi4>, tensor<2x4xf32>, tensor<i4>) -> tensor<8x4xf32>
  return
}

// -----

// (C1) an index is never negative.
func.func @lookup_signed(%q: tensor<8x4xi4>, %t: tensor<16xf32>) {
  // expected-error @+1 {{expects `codes` of unsigned integers of at most 8 bits, not 'i4'}}
  %x = halftone.lookup %q, %t : (tensor<8x4xi4>, tensor<16xf32>) -> tensor<8x4xf32>
  return
}

// -----

// (C2) every code has a value.
func.func @lookup_short(%q: tensor<8x4xui4>, %t: tensor<15xf32>) {
  // expected-error @+1 {{expects codebooks of 16 values in `table`, 'tensor<15xf32>'}}
  %x = halftone.lookup %q, %t : (tensor<8x4xui4>, tensor<15xf32>) -> tensor<8x4xf32>
  return
}

// -----

// (C3) one codebook for each column.
func.func @lookup_blocks(%q: tensor<8x4xui4>, %t: tensor<1x3x16xf32>) {
  // expected-error @+3 {{expects `table` to have one per block}}
  // expected-note @+2 {{the blocks are [8, 1] of 'tensor<8x4xui4>'}}
  // expected-note @+1 {{`table` is 'tensor<1x3x16xf32>'}}
  %x = halftone.lookup %q, %t {blocks = array<i64: 8, 1>} : (tensor<8x4xui4>, tensor<1x3x16xf32>) -> tensor<8x4xf32>
  return
}

// -----

// (C1) a plane holds signs.
func.func @planes_bytes(%p: tensor<2x8x4xi8>, %s: tensor<2x1x4xf32>, %o: tensor<1x4xf32>) {
  // expected-error @+1 {{expects `planes` to be i1 with a first dimension of planes, not 'tensor<2x8x4xi8>'}}
  %x = halftone.binary_decode %p, %s, %o {blocks = array<i64: 8, 1>} : (tensor<2x8x4xi8>, tensor<2x1x4xf32>, tensor<1x4xf32>) -> tensor<8x4xf32>
  return
}

// -----

// (C3) each plane has its scales.
func.func @planes_scales(%p: tensor<2x8x4xi1>, %s: tensor<3x1x4xf32>, %o: tensor<1x4xf32>) {
  // expected-error @+3 {{expects `scales` to have one per block}}
  // expected-note @+2 {{the blocks are [8, 1] of 'tensor<2x8x4xi1>'}}
  // expected-note @+1 {{`scales` is 'tensor<3x1x4xf32>'}}
  %x = halftone.binary_decode %p, %s, %o {blocks = array<i64: 8, 1>} : (tensor<2x8x4xi1>, tensor<3x1x4xf32>, tensor<1x4xf32>) -> tensor<8x4xf32>
  return
}

// -----

// (C3) the offsets have the blocks of the scales.
func.func @planes_offset(%p: tensor<2x8x4xi1>, %s: tensor<2x1x4xf32>, %o: tensor<4xf32>) {
  // expected-error @+3 {{expects `offset` to have one per block}}
  // expected-note @+2 {{the blocks are [8, 1] of 'tensor<2x8x4xi1>'}}
  // expected-note @+1 {{`offset` is 'tensor<4xf32>'}}
  %x = halftone.binary_decode %p, %s, %o {blocks = array<i64: 8, 1>} : (tensor<2x8x4xi1>, tensor<2x1x4xf32>, tensor<4xf32>) -> tensor<8x4xf32>
  return
}
