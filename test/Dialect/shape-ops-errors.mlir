// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1) a constant's type is that of its value.
func.func @constant_type() {
  // expected-error @+3 {{expects a result of the shape and element type of `value`}}
  // expected-note @+2 {{`value` is 'tensor<2xf32>'}}
  // expected-note @+1 {{the result is 'memref<3xf32>'}}
  %a = halftone.constant dense<0.0> : tensor<2xf32> to memref<3xf32>
  return
}

// -----

// (C1) without its size, the rank of the result is unknown.
func.func @reshape_of_unknown_rank(%x: tensor<6xf32>, %s: tensor<?xi64>) {
  // expected-error @+1 {{expects `shape` of static size, not 'tensor<?xi64>'}}
  %y = halftone.reshape %x, %s : (tensor<6xf32>, tensor<?xi64>) -> tensor<2x3xf32>
  return
}

// -----

// (C1) two unknowns have many solutions.
func.func @reshape_two_inferred(%x: tensor<6xf32>) {
  %s = halftone.constant dense<-1> : tensor<2xi64>
  // expected-error @+1 {{expects at most one -1 in `shape`, not 2}}
  %y = halftone.reshape %x, %s : (tensor<6xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return
}

// -----

// (C2) six elements are not eight.
func.func @reshape_count(%x: tensor<2x3xf32>) {
  %s = halftone.constant dense<[2, 4]> : tensor<2xi64>
  // expected-error @+3 {{expects as many elements as the input has}}
  // expected-note @+2 {{the input has 6 elements: 'tensor<2x3xf32>'}}
  // expected-note @+1 {{`shape` asks for [2, 4]}}
  %y = halftone.reshape %x, %s : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x4xf32>
  return
}

// -----

// (C2) 6 is no multiple of 4.
func.func @reshape_remainder(%x: tensor<2x3xf32>) {
  %s = halftone.constant dense<[4, -1]> : tensor<2xi64>
  // expected-error @+3 {{expects as many elements as the input has}}
  // expected-note @+2 {{the input has 6 elements: 'tensor<2x3xf32>'}}
  // expected-note @+1 {{`shape` asks for [4, -1]}}
  %y = halftone.reshape %x, %s : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<4x?xf32>
  return
}

// -----

// A size below -1 means nothing.
func.func @reshape_negative(%x: tensor<6xf32>) {
  %s = halftone.constant dense<-7> : tensor<1xi64>
  // expected-error @+1 {{expects `shape` of -1, 0 and sizes, not -7}}
  %y = halftone.reshape %x, %s : (tensor<6xf32>, tensor<1xi64>) -> tensor<6xf32>
  return
}

// -----

// A hostile shape whose product does not fit in 63 bits.
func.func @reshape_overflow(%x: tensor<6xf32>) {
  %s = halftone.constant dense<[4294967296, 4294967296]> : tensor<2xi64>
  // expected-error @+1 {{has too many elements to count in 63 bits}}
  %y = halftone.reshape %x, %s : (tensor<6xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return
}

// -----

// (C1) axes are counted from the front.
func.func @flatten_axis(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{expects `axis` in [0, 3)}}
  // expected-note @+1 {{`axis` is -1}}
  %y = halftone.flatten %x {axis = -1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

// (C1) a dimension of 3 holds elements that would be lost.
func.func @squeeze_three(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{expects squeezed dimensions to be 1}}
  // expected-note @+1 {{dimension 1 of 'tensor<2x3xf32>' is not}}
  %y = halftone.squeeze %x {axes = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

// (C1) an axis given twice is a mistake of the writer.
func.func @unsqueeze_twice(%x: tensor<2xf32>) {
  // expected-error @+2 {{expects `axes` to be sorted and unique}}
  // expected-note @+1 {{0 follows 0}}
  %y = halftone.unsqueeze %x {axes = array<i64: 0, 0>} : (tensor<2xf32>) -> tensor<1x1x2xf32>
  return
}

// -----

// (C1) dimension 1 is missing.
func.func @transpose_no_permutation(%x: tensor<2x3xf32>) {
  // expected-error @+3 {{expects a permutation of the input's dimensions}}
  // expected-note @+2 {{the input is 'tensor<2x3xf32>'}}
  // expected-note @+1 {{`permutation` is [0, 0]}}
  %y = halftone.transpose %x {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----

// (C2) rows of different lengths cannot be stacked.
func.func @concat_disagrees(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected-error @+3 {{expects inputs that agree in all but dimension 0}}
  // expected-note @+2 {{an input is 'tensor<2x3xf32>'}}
  // expected-note @+1 {{an input is 'tensor<2x4xf32>'}}
  %y = halftone.concat %a, %b {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return
}

// -----

// (C1) an axis has one range.
func.func @slice_axis_twice(%x: tensor<4xf32>, %s: tensor<2xi64>) {
  // expected-error @+1 {{expects unique `axes`: 0 appears twice}}
  %y = halftone.slice %x, %s, %s, %s {axes = array<i64: 0, 0>} : (tensor<4xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<?xf32>
  return
}

// -----

// (C2) a step of 0 never arrives.
func.func @slice_no_step(%x: tensor<4xf32>, %s: tensor<1xi64>) {
  %zero = halftone.constant dense<0> : tensor<1xi64>
  // expected-error @+1 {{expects no step to be 0}}
  %y = halftone.slice %x, %s, %s, %zero {axes = array<i64: 0>} : (tensor<4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return
}

// -----

// (C2) 1 + 1 is not 3.
func.func @split_sum(%x: tensor<3xf32>) {
  // expected-error @+3 {{expects `sizes` to add up to the dimension}}
  // expected-note @+2 {{the sizes add up to 2}}
  // expected-note @+1 {{dimension 0 of 'tensor<3xf32>' is not}}
  %a, %b = halftone.split %x {axis = 0 : i64, sizes = array<i64: 1, 1>} : (tensor<3xf32>) -> (tensor<1xf32>, tensor<1xf32>)
  return
}

// -----

// (C2) broadcasting goes both ways, but 2 and 3 stay different.
func.func @expand_disagrees(%x: tensor<2xf32>) {
  %s = halftone.constant dense<3> : tensor<1xi64>
  // expected-error @+3 {{expects an input that broadcasts against `shape`}}
  // expected-note @+2 {{the input is 'tensor<2xf32>'}}
  // expected-note @+1 {{`shape` holds [3]}}
  %y = halftone.expand %x, %s : (tensor<2xf32>, tensor<1xi64>) -> tensor<?xf32>
  return
}

// -----

// A hostile size.
func.func @expand_negative(%x: tensor<2xf32>) {
  %s = halftone.constant dense<-2> : tensor<1xi64>
  // expected-error @+2 {{expects `shape` without negative sizes}}
  // expected-note @+1 {{entry 0 is -2}}
  %y = halftone.expand %x, %s : (tensor<2xf32>, tensor<1xi64>) -> tensor<?xf32>
  return
}

// -----

// (C1) every dimension is repeated.
func.func @tile_entries(%x: tensor<2x3xf32>, %r: tensor<1xi64>) {
  // expected-error @+3 {{expects one entry of `repeats` per dimension}}
  // expected-note @+2 {{the input is 'tensor<2x3xf32>'}}
  // expected-note @+1 {{`repeats` is 'tensor<1xi64>'}}
  %y = halftone.tile %x, %r : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<?x?xf32>
  return
}

// -----

// A hostile product.
func.func @tile_overflow(%x: tensor<4294967296xf32>) {
  %r = halftone.constant dense<4294967296> : tensor<1xi64>
  // expected-error @+1 {{has too many elements to count in 63 bits}}
  %y = halftone.tile %x, %r : (tensor<4294967296xf32>, tensor<1xi64>) -> tensor<?xf32>
  return
}

// -----

// (C2) cropping 5 of 3.
func.func @pad_crops_all(%x: tensor<3xf32>, %v: tensor<f32>) {
  %p = halftone.constant dense<[-2, -3]> : tensor<2xi64>
  // expected-error @+2 {{expects no more to be cropped than there is}}
  // expected-note @+1 {{a dimension of 3 is padded by -2 and -3}}
  %y = halftone.pad %x, %p, %v : (tensor<3xf32>, tensor<2xi64>, tensor<f32>) -> tensor<?xf32>
  return
}

// -----

// (C2) three elements have only two others to reflect.
func.func @pad_reflects_too_much(%x: tensor<3xf32>, %v: tensor<f32>) {
  %p = halftone.constant dense<[3, 0]> : tensor<2xi64>
  // expected-error @+2 {{expects to reflect less than the dimension}}
  // expected-note @+1 {{a dimension of 3 is padded by 3}}
  %y = halftone.pad %x, %p, %v {mode = 2 : i32} : (tensor<3xf32>, tensor<2xi64>, tensor<f32>) -> tensor<?xf32>
  return
}

// -----

// (C1) bounds out of the rank.
func.func @shape_bounds(%x: tensor<3xf32>) {
  // expected-error @+2 {{expects 0 <= `start` <= `end` <= 1}}
  // expected-note @+1 {{`start` is 0, `end` is 2}}
  %y = halftone.shape %x {start = 0 : i64, end = 2 : i64} : (tensor<3xf32>) -> tensor<2xi64>
  return
}

// -----

// (C2) a range that never ends.
func.func @range_no_delta(%a: tensor<i64>) {
  %d = halftone.constant dense<0> : tensor<i64>
  // expected-error @+1 {{expects a `delta` other than 0}}
  %y = halftone.range %a, %a, %d : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return
}

// -----

// (C1) one value fills the tensor.
func.func @constant_of_shape_values(%s: tensor<1xi64>) {
  // expected-error @+2 {{expects `value` of one element}}
  // expected-note @+1 {{it is 'tensor<2xf32>'}}
  %y = halftone.constant_of_shape %s {value = dense<0.0> : tensor<2xf32>} : (tensor<1xi64>) -> tensor<?xf32>
  return
}

// -----

// A hostile shape: more elements than any memory holds.
func.func @constant_of_shape_huge() {
  %s = halftone.constant dense<[4294967296, 4294967296]> : tensor<2xi64>
  // expected-error @+2 {{infers a result of too many elements}}
  // expected-note @+1 {{at most 72057594037927936 elements are supported}}
  %y = halftone.constant_of_shape %s {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x?xf32>
  return
}

// -----

// (C1) a float is no index.
func.func @gather_float_index(%x: tensor<3xf32>) {
  // expected-error @+2 {{expects the elements of `indices` to be integers other than i1}}
  // expected-note @+1 {{`indices` is 'tensor<3xf32>'}}
  %y = halftone.gather %x, %x {axis = 0 : i64} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

// (C1) single elements are picked in every dimension.
func.func @gather_elements_rank(%x: tensor<3x4xf32>, %i: tensor<2xi64>) {
  // expected-error @+2 {{expects `indices` to have 2 dimensions}}
  // expected-note @+1 {{`indices` is 'tensor<2xi64>'}}
  %y = halftone.gather_elements %x, %i {axis = 0 : i64} : (tensor<3x4xf32>, tensor<2xi64>) -> tensor<2xf32>
  return
}

// -----

// (C2) a tuple of three for two dimensions.
func.func @gather_nd_tuple(%x: tensor<3x4xf32>, %i: tensor<2x3xi64>) {
  // expected-error @+2 {{expects the last dimension of `indices` to be at most 2 and static}}
  // expected-note @+1 {{`indices` is 'tensor<2x3xi64>'}}
  %y = halftone.gather_nd %x, %i : (tensor<3x4xf32>, tensor<2x3xi64>) -> tensor<2xf32>
  return
}

// -----

// (C1) each index needs its update.
func.func @scatter_elements_shapes(%x: tensor<3xf32>, %i: tensor<2xi64>, %u: tensor<1xf32>) {
  // expected-error @+3 {{expects `indices` and `updates` of one shape}}
  // expected-note @+2 {{`indices` is 'tensor<2xi64>'}}
  // expected-note @+1 {{`updates` is 'tensor<1xf32>'}}
  %y = halftone.scatter_elements %x, %i, %u {axis = 0 : i64} : (tensor<3xf32>, tensor<2xi64>, tensor<1xf32>) -> tensor<3xf32>
  return
}

// -----

// (C2) each index replaces a row of 4.
func.func @scatter_nd_updates(%x: tensor<3x4xf32>, %i: tensor<2x1xi64>, %u: tensor<2x3xf32>) {
  // expected-error @+3 {{expects `updates` of the shape that `indices` and `input` leave}}
  // expected-note @+2 {{expected [2, 4]}}
  // expected-note @+1 {{`updates` is 'tensor<2x3xf32>'}}
  %y = halftone.scatter_nd %x, %i, %u : (tensor<3x4xf32>, tensor<2x1xi64>, tensor<2x3xf32>) -> tensor<3x4xf32>
  return
}

// -----

// (C1) a vector has no triangle.
func.func @trilu_vector(%x: tensor<3xf32>, %k: tensor<i64>) {
  // expected-error @+2 {{expects `input` to have at least 2 dimensions}}
  // expected-note @+1 {{`input` is 'tensor<3xf32>'}}
  %y = halftone.trilu %x, %k {upper = true} : (tensor<3xf32>, tensor<i64>) -> tensor<3xf32>
  return
}

// -----

// (C2) off and on are two values.
func.func @one_hot_values(%i: tensor<3xi64>, %d: tensor<i64>, %v: tensor<3xf32>) {
  // expected-error @+2 {{expects `values` to have 2 elements}}
  // expected-note @+1 {{`values` is 'tensor<3xf32>'}}
  %y = halftone.one_hot %i, %d, %v {axis = 1 : i64} : (tensor<3xi64>, tensor<i64>, tensor<3xf32>) -> tensor<3x?xf32>
  return
}

// -----

// (C2) 6 channels are no multiple of 2 x 2.
func.func @depth_to_space_channels(%x: tensor<1x6x2x2xf32>) {
  // expected-error @+2 {{expects dimension 1 to be a multiple of 4}}
  // expected-note @+1 {{it is 6}}
  %y = halftone.depth_to_space %x {blocksize = 2 : i64} : (tensor<1x6x2x2xf32>) -> tensor<1x?x4x4xf32>
  return
}

// -----

// (C1) a hostile block, whose area would overflow.
func.func @space_to_depth_block(%x: tensor<1x6x2x2xf32>) {
  // expected-error @+1 {{expects `blocksize` in [1, 32768], not 4611686018427387904}}
  %y = halftone.space_to_depth %x {blocksize = 4611686018427387904 : i64} : (tensor<1x6x2x2xf32>) -> tensor<1x?x?x?xf32>
  return
}

// -----

// Names count dimensions, so there must be one for each.
// expected-error @+2 {{expects `"halftone.dim_names"` to hold one string per dimension}}
// expected-note @+1 {{it is ["batch"] on 'tensor<?x3xf32>'}}
func.func @names(%x: tensor<?x3xf32> {halftone.dim_names = ["batch"]}) {
  return
}

// -----

// Sizes are i64.
func.func @narrow_size(%x: tensor<?x3xf32>) {
  // expected-error @+3 {{has a result of the wrong type}}
  // expected-note @+2 {{expected 'tensor<i64>'}}
  // expected-note @+1 {{actual 'tensor<i32>'}}
  %n = halftone.size %x : (tensor<?x3xf32>) -> tensor<i32>
  return
}

// -----

// Truth values have no sum.
func.func @sum_of_truth_values(%x: tensor<2x3xi1>) {
  // expected-error @+2 {{expects the elements of `input` to be floats or integers other than i1}}
  // expected-note @+1 {{`input` is 'tensor<2x3xi1>'}}
  %y = halftone.cumsum %x {axis = 1 : i64} : (tensor<2x3xi1>) -> tensor<2x3xi1>
  return
}
