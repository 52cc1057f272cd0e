// RUN: quant-opt %s --halftone-fuse-attention --cse | FileCheck %s

// The scale behind the product is a factor of the op; the sums of e^s need no tensor.
// CHECK-LABEL: @scaled_and_masked
// CHECK: %[[M:.*]] = halftone.unsqueeze %arg3 {axes = array<i64: 0, 1>}
// CHECK: %[[Y:.*]] = halftone.attention ins(%arg0, %arg1, %arg2 : {{.*}}) mask(%[[M]] : tensor<1x1x5x17xf32>) outs({{.*}}) {scale = 5.000000e-01 : f32} -> tensor<2x4x5x8xf32>
// CHECK-NOT: halftone.softmax
// CHECK: return %[[Y]]
func.func @scaled_and_masked(%q: tensor<2x4x5x8xf32>, %k: tensor<2x4x17x8xf32>, %v: tensor<2x4x17x8xf32>, %m: tensor<5x17xf32>) -> tensor<2x4x5x8xf32> {
  %two = halftone.constant dense<2.0> : tensor<f32>
  %t = halftone.transpose %k {permutation = array<i64: 0, 1, 3, 2>} : (tensor<2x4x17x8xf32>) -> tensor<2x4x8x17xf32>
  %p = halftone.matmul %q, %t : (tensor<2x4x5x8xf32>, tensor<2x4x8x17xf32>) -> tensor<2x4x5x17xf32>
  %s = halftone.div %p, %two : (tensor<2x4x5x17xf32>, tensor<f32>) -> tensor<2x4x5x17xf32>
  %a = halftone.add %s, %m : (tensor<2x4x5x17xf32>, tensor<5x17xf32>) -> tensor<2x4x5x17xf32>
  %w = halftone.softmax %a {axis = 3 : i64} : (tensor<2x4x5x17xf32>) -> tensor<2x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<2x4x5x17xf32>, tensor<2x4x17x8xf32>) -> tensor<2x4x5x8xf32>
  return %y : tensor<2x4x5x8xf32>
}

// Factors on the queries and on the keys, before and behind the transpose, are one.
// CHECK-LABEL: @scaled_operands
// CHECK: halftone.attention ins(%arg0, %arg1, %arg2 : {{.*}}) outs({{.*}}) {scale = 1.500000e+01 : f32}
func.func @scaled_operands(%q: tensor<?x4x?x8xf32>, %k: tensor<?x4x?x8xf32>, %v: tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32> {
  %three = halftone.constant dense<3.0> : tensor<1xf32>
  %five = halftone.constant dense<5.0> : tensor<f32>
  %sq = halftone.mul %q, %three : (tensor<?x4x?x8xf32>, tensor<1xf32>) -> tensor<?x4x?x8xf32>
  %t = halftone.transpose %k {permutation = array<i64: 0, 1, 3, 2>} : (tensor<?x4x?x8xf32>) -> tensor<?x4x8x?xf32>
  %st = halftone.mul %five, %t : (tensor<f32>, tensor<?x4x8x?xf32>) -> tensor<?x4x8x?xf32>
  %p = halftone.matmul %sq, %st : (tensor<?x4x?x8xf32>, tensor<?x4x8x?xf32>) -> tensor<?x4x?x?xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<?x4x?x?xf32>) -> tensor<?x4x?x?xf32>
  %y = halftone.matmul %w, %v : (tensor<?x4x?x?xf32>, tensor<?x4x?x8xf32>) -> tensor<?x4x?x8xf32>
  return %y : tensor<?x4x?x8xf32>
}

// Heads that were split off tokens, and joined again, are read and written where they lie.
// CHECK-LABEL: @by_token
// CHECK: %[[Y:.*]] = halftone.attention ins(%arg0, %arg1, %arg2 : {{.*}}) outs({{.*}}tensor<1x5x4x8xf32>) {by_token = array<i1: true, true, true, true>, scale = 1.000000e+00 : f32}
// CHECK-NOT: halftone.transpose
// CHECK: return %[[Y]]
func.func @by_token(%q: tensor<1x5x4x8xf32>, %k: tensor<1x17x4x8xf32>, %v: tensor<1x17x4x8xf32>) -> tensor<1x5x4x8xf32> {
  %qh = halftone.transpose %q {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x5x4x8xf32>) -> tensor<1x4x5x8xf32>
  %kt = halftone.transpose %k {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x17x4x8xf32>) -> tensor<1x4x8x17xf32>
  %vh = halftone.transpose %v {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x17x4x8xf32>) -> tensor<1x4x17x8xf32>
  %p = halftone.matmul %qh, %kt : (tensor<1x4x5x8xf32>, tensor<1x4x8x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %yh = halftone.matmul %w, %vh : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  %y = halftone.transpose %yh {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x4x5x8xf32>) -> tensor<1x5x4x8xf32>
  return %y : tensor<1x5x4x8xf32>
}

// Keys that come transposed are turned once, for all queries.
// CHECK-LABEL: @transposed_keys
// CHECK: %[[K:.*]] = halftone.transpose %arg1 {permutation = array<i64: 0, 1, 3, 2>}
// CHECK: halftone.attention ins(%arg0, %[[K]], %arg2
func.func @transposed_keys(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x8x17xf32>, %v: tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32> {
  %p = halftone.matmul %q, %k : (tensor<1x4x5x8xf32>, tensor<1x4x8x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}

// Keys and values repeated for all heads of a group are not copied.
// CHECK-LABEL: @repeated_keys
// CHECK: halftone.attention ins(%arg0, %arg1, %arg2 : tensor<1x4x5x8xf32>, tensor<1x2x17x8xf32>, tensor<1x2x17x8xf32>)
// CHECK-NOT: halftone.tile
// CHECK-NOT: halftone.expand
func.func @repeated_keys(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x17x8xf32>, %v: tensor<1x2x17x8xf32>) -> tensor<1x4x5x8xf32> {
  %repeats = halftone.constant dense<[1, 1, 2, 1, 1]> : tensor<5xi64>
  %shape = halftone.constant dense<[1, 2, 2, 17, 8]> : tensor<5xi64>
  %joined = halftone.constant dense<[1, 4, 17, 8]> : tensor<4xi64>
  %k1 = halftone.unsqueeze %k {axes = array<i64: 2>} : (tensor<1x2x17x8xf32>) -> tensor<1x2x1x17x8xf32>
  %k2 = halftone.tile %k1, %repeats : (tensor<1x2x1x17x8xf32>, tensor<5xi64>) -> tensor<1x2x2x17x8xf32>
  %k3 = halftone.reshape %k2, %joined : (tensor<1x2x2x17x8xf32>, tensor<4xi64>) -> tensor<1x4x17x8xf32>
  %v1 = halftone.unsqueeze %v {axes = array<i64: 2>} : (tensor<1x2x17x8xf32>) -> tensor<1x2x1x17x8xf32>
  %v2 = halftone.expand %v1, %shape : (tensor<1x2x1x17x8xf32>, tensor<5xi64>) -> tensor<1x2x2x17x8xf32>
  %v3 = halftone.reshape %v2, %joined : (tensor<1x2x2x17x8xf32>, tensor<4xi64>) -> tensor<1x4x17x8xf32>
  %t = halftone.transpose %k3 {permutation = array<i64: 0, 1, 3, 2>} : (tensor<1x4x17x8xf32>) -> tensor<1x4x8x17xf32>
  %p = halftone.matmul %q, %t : (tensor<1x4x5x8xf32>, tensor<1x4x8x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v3 : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}

// The importer's form of grouped heads: queries split into groups, keys with a dimension more; rows
// without any key become zeros.
// CHECK-LABEL: @groups_and_empty_rows
// CHECK: %[[A:.*]] = halftone.attention ins(%arg0, %arg1, %arg2 : tensor<1x4x5x8xf32>, tensor<1x2x17x8xf32>, tensor<1x2x17x8xf32>) mask({{.*}} : tensor<1x1x5x17xf32>) outs({{.*}}) {scale = 1.000000e+00 : f32, zero_empty}
// CHECK: tensor.expand_shape %[[A]]
// CHECK-NOT: halftone.where
func.func @groups_and_empty_rows(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x17x8xf32>, %v: tensor<1x2x17x8xf32>, %m: tensor<5x17xf32>) -> tensor<1x4x5x8xf32> {
  %zero = halftone.constant dense<0.0> : tensor<f32>
  %lowest = halftone.constant dense<0xFF800000> : tensor<f32>
  %split = halftone.constant dense<[1, 2, 2, 5, 8]> : tensor<5xi64>
  %cut = halftone.constant dense<[1, 2, 2, 5, 17]> : tensor<5xi64>
  %scores = halftone.constant dense<[1, 4, 5, 17]> : tensor<4xi64>
  %joined = halftone.constant dense<[1, 4, 5, 8]> : tensor<4xi64>
  %t = halftone.transpose %k {permutation = array<i64: 0, 1, 3, 2>} : (tensor<1x2x17x8xf32>) -> tensor<1x2x8x17xf32>
  %q5 = halftone.reshape %q, %split : (tensor<1x4x5x8xf32>, tensor<5xi64>) -> tensor<1x2x2x5x8xf32>
  %t5 = halftone.unsqueeze %t {axes = array<i64: 2>} : (tensor<1x2x8x17xf32>) -> tensor<1x2x1x8x17xf32>
  %p5 = halftone.matmul %q5, %t5 : (tensor<1x2x2x5x8xf32>, tensor<1x2x1x8x17xf32>) -> tensor<1x2x2x5x17xf32>
  %p = halftone.reshape %p5, %scores : (tensor<1x2x2x5x17xf32>, tensor<4xi64>) -> tensor<1x4x5x17xf32>
  %a = halftone.add %p, %m : (tensor<1x4x5x17xf32>, tensor<5x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %a {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %best = halftone.reduce %m {kind = 2 : i32, axes = array<i64: 1>, keepdims = true} : (tensor<5x17xf32>) -> tensor<5x1xf32>
  %empty = halftone.equal %best, %lowest : (tensor<5x1xf32>, tensor<f32>) -> tensor<5x1xi1>
  %z = halftone.where %empty, %zero, %w : (tensor<5x1xi1>, tensor<f32>, tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %z5 = halftone.reshape %z, %cut : (tensor<1x4x5x17xf32>, tensor<5xi64>) -> tensor<1x2x2x5x17xf32>
  %v5 = halftone.unsqueeze %v {axes = array<i64: 2>} : (tensor<1x2x17x8xf32>) -> tensor<1x2x1x17x8xf32>
  %y5 = halftone.matmul %z5, %v5 : (tensor<1x2x2x5x17xf32>, tensor<1x2x1x17x8xf32>) -> tensor<1x2x2x5x8xf32>
  %y = halftone.reshape %y5, %joined : (tensor<1x2x2x5x8xf32>, tensor<4xi64>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}

// Without heads there is one; a choice between scores and -inf is a mask of 0 and -inf.
// CHECK-LABEL: @chosen_scores
// CHECK-DAG: %[[Q:.*]] = halftone.unsqueeze %arg0 {axes = array<i64: 1>}
// CHECK-DAG: %[[W:.*]] = halftone.where %arg3, {{.*}} : (tensor<5x17xi1>, tensor<f32>, tensor<f32>) -> tensor<5x17xf32>
// CHECK: %[[M:.*]] = halftone.unsqueeze %[[W]] {axes = array<i64: 0, 1>}
// CHECK: %[[Y:.*]] = halftone.attention ins(%[[Q]], {{.*}}) mask(%[[M]] : {{.*}}
// CHECK: halftone.squeeze %[[Y]] {axes = array<i64: 1>}
func.func @chosen_scores(%q: tensor<3x5x8xf32>, %k: tensor<3x17x8xf32>, %v: tensor<3x17x8xf32>, %c: tensor<5x17xi1>) -> tensor<3x5x8xf32> {
  %lowest = halftone.constant dense<0xFF800000> : tensor<f32>
  %t = halftone.transpose %k {permutation = array<i64: 0, 2, 1>} : (tensor<3x17x8xf32>) -> tensor<3x8x17xf32>
  %p = halftone.matmul %q, %t : (tensor<3x5x8xf32>, tensor<3x8x17xf32>) -> tensor<3x5x17xf32>
  %a = halftone.where %c, %p, %lowest : (tensor<5x17xi1>, tensor<3x5x17xf32>, tensor<f32>) -> tensor<3x5x17xf32>
  %w = halftone.softmax %a {axis = 2 : i64} : (tensor<3x5x17xf32>) -> tensor<3x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<3x5x17xf32>, tensor<3x17x8xf32>) -> tensor<3x5x8xf32>
  return %y : tensor<3x5x8xf32>
}

// An observer, or whoever else, needs the scores as a tensor.
// CHECK-LABEL: @declines_observed_scores
// CHECK-NOT: halftone.attention
func.func @declines_observed_scores(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x8x17xf32>, %v: tensor<1x4x17x8xf32>) -> (tensor<1x4x5x8xf32>, tensor<1x4x5x17xf32>) {
  %p = halftone.matmul %q, %k : (tensor<1x4x5x8xf32>, tensor<1x4x8x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y, %p : tensor<1x4x5x8xf32>, tensor<1x4x5x17xf32>
}

// So do the users of the probabilities.
// CHECK-LABEL: @declines_returned_probabilities
// CHECK-NOT: halftone.attention
func.func @declines_returned_probabilities(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x8x17xf32>, %v: tensor<1x4x17x8xf32>) -> (tensor<1x4x5x8xf32>, tensor<1x4x5x17xf32>) {
  %p = halftone.matmul %q, %k : (tensor<1x4x5x8xf32>, tensor<1x4x8x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y, %w : tensor<1x4x5x8xf32>, tensor<1x4x5x17xf32>
}

// There is no tile of f16.
// CHECK-LABEL: @declines_f16
// CHECK-NOT: halftone.attention
func.func @declines_f16(%q: tensor<1x4x5x8xf16>, %k: tensor<1x4x8x17xf16>, %v: tensor<1x4x17x8xf16>) -> tensor<1x4x5x8xf16> {
  %p = halftone.matmul %q, %k : (tensor<1x4x5x8xf16>, tensor<1x4x8x17xf16>) -> tensor<1x4x5x17xf16>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x17xf16>) -> tensor<1x4x5x17xf16>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf16>, tensor<1x4x17x8xf16>) -> tensor<1x4x5x8xf16>
  return %y : tensor<1x4x5x8xf16>
}

// Tiles are cut for a size of heads.
// CHECK-LABEL: @declines_dynamic_heads
// CHECK-NOT: halftone.attention
func.func @declines_dynamic_heads(%q: tensor<1x4x5x?xf32>, %k: tensor<1x4x?x17xf32>, %v: tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32> {
  %p = halftone.matmul %q, %k : (tensor<1x4x5x?xf32>, tensor<1x4x?x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}

// A block of keys would not fit the first-level cache.
// CHECK-LABEL: @declines_large_heads
// CHECK-NOT: halftone.attention
func.func @declines_large_heads(%q: tensor<1x4x5x257xf32>, %k: tensor<1x4x257x17xf32>, %v: tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32> {
  %p = halftone.matmul %q, %k : (tensor<1x4x5x257xf32>, tensor<1x4x257x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}

// The mask is scaled too, and adding it to a small constant is no mask at all.
// CHECK-LABEL: @declines_scaled_mask
// CHECK-NOT: halftone.attention
func.func @declines_scaled_mask(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x8x17xf32>, %v: tensor<1x4x17x8xf32>, %m: tensor<5x17xf32>) -> tensor<1x4x5x8xf32> {
  %two = halftone.constant dense<2.0> : tensor<f32>
  %p = halftone.matmul %q, %k : (tensor<1x4x5x8xf32>, tensor<1x4x8x17xf32>) -> tensor<1x4x5x17xf32>
  %a = halftone.add %p, %m : (tensor<1x4x5x17xf32>, tensor<5x17xf32>) -> tensor<1x4x5x17xf32>
  %s = halftone.mul %a, %two : (tensor<1x4x5x17xf32>, tensor<f32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %s {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}

// -10000 is not so large that a score vanishes beside it.
// CHECK-LABEL: @declines_small_fill
// CHECK-NOT: halftone.attention
func.func @declines_small_fill(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x8x17xf32>, %v: tensor<1x4x17x8xf32>, %c: tensor<5x17xi1>) -> tensor<1x4x5x8xf32> {
  %fill = halftone.constant dense<-10000.0> : tensor<f32>
  %p = halftone.matmul %q, %k : (tensor<1x4x5x8xf32>, tensor<1x4x8x17xf32>) -> tensor<1x4x5x17xf32>
  %a = halftone.where %c, %p, %fill : (tensor<5x17xi1>, tensor<1x4x5x17xf32>, tensor<f32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %a {axis = 3 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}

// A softmax over queries adds up to one over queries.
// CHECK-LABEL: @declines_other_axis
// CHECK-NOT: halftone.attention
func.func @declines_other_axis(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x8x17xf32>, %v: tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32> {
  %p = halftone.matmul %q, %k : (tensor<1x4x5x8xf32>, tensor<1x4x8x17xf32>) -> tensor<1x4x5x17xf32>
  %w = halftone.softmax %p {axis = 2 : i64} : (tensor<1x4x5x17xf32>) -> tensor<1x4x5x17xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x17xf32>, tensor<1x4x17x8xf32>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}

// A few scores stay in the first-level cache anyway.
// CHECK-LABEL: @declines_few_keys
// CHECK-NOT: halftone.attention
func.func @declines_few_keys(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x8x15xf32>, %v: tensor<1x4x15x8xf32>) -> tensor<1x4x5x8xf32> {
  %p = halftone.matmul %q, %k : (tensor<1x4x5x8xf32>, tensor<1x4x8x15xf32>) -> tensor<1x4x5x15xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x4x5x15xf32>) -> tensor<1x4x5x15xf32>
  %y = halftone.matmul %w, %v : (tensor<1x4x5x15xf32>, tensor<1x4x15x8xf32>) -> tensor<1x4x5x8xf32>
  return %y : tensor<1x4x5x8xf32>
}
