// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C2) the sum runs over 3 on the left and 4 on the right.
func.func @matmul_k(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error @+3 {{expects operands that agree in K}}
  // expected-note @+2 {{K of `lhs` is 3: 'tensor<2x3xf32>'}}
  // expected-note @+1 {{K of `rhs` is 4: 'tensor<4x5xf32>'}}
  %y = halftone.matmul %a, %b : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

// (C3) two batches and three.
func.func @matmul_batches(%a: tensor<2x2x3xf32>, %b: tensor<3x3x5xf32>) {
  // expected-error @+3 {{expects batch dimensions that broadcast}}
  // expected-note @+2 {{`lhs` is 'tensor<2x2x3xf32>'}}
  // expected-note @+1 {{`rhs` is 'tensor<3x3x5xf32>'}}
  %y = halftone.matmul %a, %b : (tensor<2x2x3xf32>, tensor<3x3x5xf32>) -> tensor<2x2x5xf32>
  return
}

// -----

// (C1) a number has no K.
func.func @matmul_scalar(%a: tensor<f32>, %b: tensor<3x5xf32>) {
  // expected-error @+2 {{expects operands of at least one dimension}}
  // expected-note @+1 {{they are 'tensor<f32>' and 'tensor<3x5xf32>'}}
  %y = halftone.matmul %a, %b : (tensor<f32>, tensor<3x5xf32>) -> tensor<5xf32>
  return
}

// -----

// (C1) a matrix has no channels and places.
func.func @conv_rank(%x: tensor<3x4xf32>, %w: tensor<3x4xf32>) {
  // expected-error @+2 {{expects `input` to have 3 to 5 dimensions}}
  // expected-note @+1 {{`input` is 'tensor<3x4xf32>'}}
  %y = halftone.conv %x, %w {strides = array<i64>, dilations = array<i64>, pads = array<i64>} : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x3xf32>
  return
}

// -----

// (C2) 4 channels in 2 groups are 2 channels each.
func.func @conv_channels(%x: tensor<1x4x8xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @+4 {{expects the channels of `input` and `filter` to agree with `group`}}
  // expected-note @+3 {{`group` is 2}}
  // expected-note @+2 {{`input` is 'tensor<1x4x8xf32>'}}
  // expected-note @+1 {{`filter` is 'tensor<6x4x3xf32>'}}
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, group = 2 : i64} : (tensor<1x4x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x6xf32>
  return
}

// -----

// (C3) one stride per spatial dimension.
func.func @conv_strides(%x: tensor<1x4x8x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+2 {{expects 2 `strides`}}
  // expected-note @+1 {{there are 1}}
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x8x8xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

// (C3) a stride of 0 never moves on, and would be divided by.
func.func @conv_zero_stride(%x: tensor<1x4x8xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @+2 {{expects `strides` in [1, 2147483647]}}
  // expected-note @+1 {{one is 0}}
  %y = halftone.conv %x, %w {strides = array<i64: 0>, dilations = array<i64: 1>, pads = array<i64: 0, 0>} : (tensor<1x4x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x6xf32>
  return
}

// -----

// (C3) a hostile pad, with which the output size would overflow.
func.func @conv_huge_pad(%x: tensor<1x4x8xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @+2 {{expects `pads` in [0, 2147483647]}}
  // expected-note @+1 {{one is 9223372036854775807}}
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 9223372036854775807, 0>} : (tensor<1x4x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x?xf32>
  return
}

// -----

// (C4) a window of 9 does not fit into 8.
func.func @conv_window(%x: tensor<1x4x8xf32>, %w: tensor<6x4x9xf32>) {
  // expected-error @+2 {{has a window larger than its padded input}}
  // expected-note @+1 {{spatial dimension 0 of the result would be 0}}
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>} : (tensor<1x4x8xf32>, tensor<6x4x9xf32>) -> tensor<1x6x?xf32>
  return
}

// -----

// (C3) of a division by zero groups nothing is left.
func.func @conv_no_group(%x: tensor<1x4x8xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @+2 {{expects `group` in [1, 2147483647]}}
  // expected-note @+1 {{one is 0}}
  %y = halftone.conv %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, group = 0 : i64} : (tensor<1x4x8xf32>, tensor<6x4x3xf32>) -> tensor<1x6x6xf32>
  return
}

// -----

// (C2) a transposed filter starts with the input channels.
func.func @conv_transpose_channels(%x: tensor<1x4x8xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @+4 {{expects the channels of `input` and `filter` to agree with `group`}}
  // expected-note @+3 {{`group` is 1}}
  // expected-note @+2 {{`input` is 'tensor<1x4x8xf32>'}}
  // expected-note @+1 {{`filter` is 'tensor<6x4x3xf32>'}}
  %y = halftone.conv_transpose %x, %w {strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>, output_padding = array<i64: 0>} : (tensor<1x4x8xf32>, tensor<6x4x3xf32>) -> tensor<1x4x10xf32>
  return
}

// -----

// (C2) a negative kernel.
func.func @pool_kernel(%x: tensor<1x4x8xf32>) {
  // expected-error @+2 {{expects `kernel` in [1, 2147483647]}}
  // expected-note @+1 {{one is -2}}
  %y = halftone.max_pool %x {kernel = array<i64: -2>, strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>} : (tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  return
}

// -----

// (C1) a mean of integers is none.
func.func @average_of_integers(%x: tensor<1x4x8xi8>) {
  // expected-error @+2 {{expects the elements of `input` to be floats}}
  // expected-note @+1 {{`input` is 'tensor<1x4x8xi8>'}}
  %y = halftone.average_pool %x {kernel = array<i64: 2>, strides = array<i64: 1>, dilations = array<i64: 1>, pads = array<i64: 0, 0>} : (tensor<1x4x8xi8>) -> tensor<1x4x7xi8>
  return
}

// -----

// (C1) out of the rank.
func.func @reduce_axes(%x: tensor<2x8xf32>) {
  // expected-error @+2 {{expects `axes` in [0, 2)}}
  // expected-note @+1 {{`axes` is 2}}
  %y = halftone.reduce %x {axes = array<i64: 2>, keepdims = true, kind = 0 : i32} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return
}

// -----

// (C1) of no elements none is the largest.
func.func @arg_reduce_empty(%x: tensor<2x0xf32>) {
  // expected-error @+2 {{expects a dimension with elements to search}}
  // expected-note @+1 {{dimension 1 of 'tensor<2x0xf32>' is empty}}
  %y = halftone.arg_reduce %x {axis = 1 : i64, keepdims = false, minimum = false} : (tensor<2x0xf32>) -> tensor<2xi64>
  return
}

// -----

// (C1) 9 of 8.
func.func @topk_count(%x: tensor<2x8xf32>) {
  %k = halftone.constant dense<9> : tensor<1xi64>
  // expected-error @+3 {{expects `k` between 0 and the dimension}}
  // expected-note @+2 {{`k` is 9}}
  // expected-note @+1 {{dimension 1 of 'tensor<2x8xf32>'}}
  %v, %i = halftone.topk %x, %k {axis = 1 : i64, largest = true} : (tensor<2x8xf32>, tensor<1xi64>) -> (tensor<2x?xf32>, tensor<2x?xi64>)
  return
}

// -----

// (C1) axes are counted from the front.
func.func @softmax_axis(%x: tensor<2x8xf32>) {
  // expected-error @+2 {{expects `axis` in [0, 2)}}
  // expected-note @+1 {{`axis` is -1}}
  %y = halftone.softmax %x {axis = -1 : i64} : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return
}

// -----

// (C2) a factor for each of 4 in a row of 8.
func.func @layer_norm_scale(%x: tensor<2x8xf32>, %s: tensor<4xf32>) {
  // expected-error @+3 {{expects `scale` to broadcast to the normalized dimensions}}
  // expected-note @+2 {{`scale` is 'tensor<4xf32>'}}
  // expected-note @+1 {{the input is 'tensor<2x8xf32>'}}
  %y = halftone.layer_norm %x, %s {axis = 1 : i64, epsilon = 0.0 : f32} : (tensor<2x8xf32>, tensor<4xf32>) -> tensor<2x8xf32>
  return
}

// -----

// (C1) a negative epsilon can make the root undefined.
func.func @layer_norm_epsilon(%x: tensor<2x8xf32>, %s: tensor<8xf32>) {
  // expected-error @+1 {{expects a finite `epsilon` >= 0}}
  %y = halftone.layer_norm %x, %s {axis = 1 : i64, epsilon = -1.0 : f32} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

// (C2) one factor per channel.
func.func @instance_norm_channels(%x: tensor<1x3x4xf32>, %s: tensor<4xf32>) {
  // expected-error @+3 {{expects one element of `scale` per channel}}
  // expected-note @+2 {{`scale` is 'tensor<4xf32>'}}
  // expected-note @+1 {{the input is 'tensor<1x3x4xf32>'}}
  %y = halftone.instance_norm %x, %s, %s {epsilon = 0.0 : f32} : (tensor<1x3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x3x4xf32>
  return
}

// -----

// (C2) cubic interpolation is not supported, and says so.
func.func @resize_mode(%x: tensor<1x3x4xf32>, %n: tensor<3xi64>, %s: tensor<3xf32>) {
  // expected-error @+3 {{expects `mode` to be one of the known words}}
  // expected-note @+2 {{`mode` is "cubic"}}
  // expected-note @+1 {{known: nearest, linear}}
  %y = halftone.resize %x, %n, %s {mode = "cubic", coordinates = "asymmetric", nearest_mode = "floor"} : (tensor<1x3x4xf32>, tensor<3xi64>, tensor<3xf32>) -> tensor<?x?x?xf32>
  return
}

// -----

// (C1) A box has four numbers, and every box a score.
func.func @suppressed_boxes(%b: tensor<1x6x5xf32>, %s: tensor<1x2x6xf32>, %m: tensor<i64>, %t: tensor<f32>) {
  // expected-error @+2 {{expects boxes [B, N, 4] and scores [B, C, N]}}
  // expected-note @+1 {{they are 'tensor<1x6x5xf32>' and 'tensor<1x2x6xf32>'}}
  %k = halftone.non_max_suppression %b, %s, %m, %t, %t : (tensor<1x6x5xf32>, tensor<1x2x6xf32>, tensor<i64>, tensor<f32>, tensor<f32>) -> tensor<1x2x6xi64>
  return
}

// -----

// (C2) Thresholds are f32.
func.func @suppression_threshold(%b: tensor<1x6x4xf32>, %s: tensor<1x2x6xf32>, %m: tensor<i64>, %t: tensor<f64>) {
  // expected-error @+1 {{expects boxes, scores and thresholds to be f32}}
  %k = halftone.non_max_suppression %b, %s, %m, %t, %t : (tensor<1x6x4xf32>, tensor<1x2x6xf32>, tensor<i64>, tensor<f64>, tensor<f64>) -> tensor<1x2x6xi64>
  return
}
