// RUN: quant-opt %s | quant-opt | FileCheck %s
// Printed and parsed again, every op is what it was; parsing runs the verifiers on well-formed ops.

// CHECK-LABEL: @contract_with_bias
// CHECK: halftone.contract ins({{.*}} : tensor<4x8xf32>, tensor<1x8x16x1xf32>) epilogue_ins({{.*}} : tensor<16xf32>) outs({{.*}} : tensor<4x16xf32>)
// CHECK-SAME: epilogue_maps = [#map]
// CHECK-SAME: packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>
// CHECK: halftone.yield {{.*}} : f32
// CHECK: -> tensor<4x16xf32>
func.func @contract_with_bias(%x: tensor<4x8xf32>, %w: tensor<1x8x16x1xf32>, %b: tensor<16xf32>, %init: tensor<4x16xf32>) {
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x8x16x1xf32>) epilogue_ins(%b : tensor<16xf32>)
      outs(%init : tensor<4x16xf32>) attributes {epilogue_maps = [affine_map<(m, n) -> (n)>],
        packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>} {
  ^bb0(%acc: f32, %bias: f32):
    %sum = arith.addf %acc, %bias : f32
    halftone.yield %sum : f32
  } -> tensor<4x16xf32>
  return
}

// On memrefs the op has no result.
// CHECK-LABEL: @contract_window
// CHECK: halftone.contract ins({{.*}} : memref<1x6x6x4xi8>, memref<36x8xi8>) outs({{.*}} : memref<1x4x4x8xi32>)
// CHECK-SAME: window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>
func.func @contract_window(%x: memref<1x6x6x4xi8>, %w: memref<36x8xi8>, %init: memref<1x4x4x8xi32>) {
  halftone.contract ins(%x, %w : memref<1x6x6x4xi8>, memref<36x8xi8>) outs(%init : memref<1x4x4x8xi32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 36, n = 8>,
        window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: i32):
    halftone.yield %acc : i32
  }
  return
}

// CHECK-LABEL: @depthwise
// CHECK: halftone.depthwise ins({{.*}} : tensor<1x6x6x8xf32>, tensor<3x3x8xf32>) outs({{.*}} : tensor<1x4x4x8xf32>)
func.func @depthwise(%x: tensor<1x6x6x8xf32>, %w: tensor<3x3x8xf32>, %init: tensor<1x4x4x8xf32>) {
  %y = halftone.depthwise ins(%x, %w : tensor<1x6x6x8xf32>, tensor<3x3x8xf32>) outs(%init : tensor<1x4x4x8xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 9, n = 8>,
        window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<1x4x4x8xf32>
  return
}

// CHECK-LABEL: @views
// CHECK: halftone.weights_view {offset = 128 : i64} : memref<4x8xf32>
// CHECK: halftone.arena_view {offset = 64 : i64} : memref<4x8xf32>
func.func @views() {
  %w = halftone.weights_view {offset = 128 : i64} : memref<4x8xf32>
  %b = halftone.arena_view {offset = 64 : i64} : memref<4x8xf32>
  return
}

// Codes of 4 bits with a zero point and two levels of scales; the shapes follow from the decoder.
// CHECK-LABEL: @decoder
// CHECK: halftone.contract ins({{.*}}) decoder_ins({{.*}} : tensor<2x1x16xi8>, tensor<2x1x16xi8>, tensor<1x1xf32>) outs
// CHECK-SAME: decoder = #halftone.decoder<i4, inputs = [<"zero_point", i4, group = 4, columns = 1>, <"scale", f8E8M0FNU, group = 8, columns = 1>, <"scale", f32, group = 0, columns = 0>]>
func.func @decoder(%x: tensor<4x8xf32>, %w: tensor<2x4x16xi8>, %z: tensor<2x1x16xi8>, %s: tensor<2x1x16xi8>, %g: tensor<1x1xf32>, %init: tensor<4x20xf32>) {
  %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<2x4x16xi8>)
      decoder_ins(%z, %s, %g : tensor<2x1x16xi8>, tensor<2x1x16xi8>, tensor<1x1xf32>) outs(%init : tensor<4x20xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 8, n = 20>,
        decoder = #halftone.decoder<i4, inputs = [<"zero_point", i4, group = 4, columns = 1>,
          <"scale", f8E8M0FNU, group = 8, columns = 1>, <"scale", f32, group = 0, columns = 0>]>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x20xf32>
  return
}

// Two taps of three channels, stored channel by channel, as a window with channels last wants them; the
// fourth channel of the box is padding.
// CHECK-LABEL: @decode_panels
// CHECK: halftone.decode_panels ins({{.*}} : tensor<1x8x16xi8>) decoder_ins({{.*}} : tensor<1x1x16xf32>) outs({{.*}} : tensor<1x6x16xf32>)
func.func @decode_panels(%codes: tensor<1x8x16xi8>, %scales: tensor<1x1x16xf32>, %init: tensor<1x6x16xf32>) -> tensor<1x6x16xf32> {
  %w = halftone.decode_panels ins(%codes : tensor<1x8x16xi8>) decoder_ins(%scales : tensor<1x1x16xf32>) outs(%init : tensor<1x6x16xf32>)
      attributes {decoder = #halftone.decoder<i8, inputs = [<"scale", f32, group = 0, columns = 1>]>,
        packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 1, k = 8, n = 16>,
        sizes = array<i64: 3, 2>, padded = array<i64: 4, 2>, strides = array<i64: 1, 3>} -> tensor<1x6x16xf32>
  return %w : tensor<1x6x16xf32>
}

// CHECK-LABEL: @decode_rows
// CHECK: halftone.decode_rows ins({{.*}} : tensor<100x1x16xi8>, tensor<?xi64>) decoder_ins({{.*}} : tensor<38xi8>) outs({{.*}} : tensor<?x32xf32>)
func.func @decode_rows(%codes: tensor<100x1x16xi8>, %i: tensor<?xi64>, %zero: tensor<38xi8>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = halftone.decode_rows ins(%codes, %i : tensor<100x1x16xi8>, tensor<?xi64>) decoder_ins(%zero : tensor<38xi8>) outs(%init : tensor<?x32xf32>)
      attributes {decoder = #halftone.decoder<ui4, inputs = [<"zero_point", ui3, group = 1, columns = 32>]>,
        packing = #halftone.packing<"f32codes-generic", nr = 16, kr = 2, k = 100, n = 32>} -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
