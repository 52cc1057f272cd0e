// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-simplify-quantize=target=x86-64-v3 --canonicalize | FileCheck %s --check-prefixes=CHECK,FMA
// RUN: quant-opt %s --halftone-simplify-quantize=target=x86-64 --canonicalize | FileCheck %s --check-prefixes=CHECK,NOFMA

#id = affine_map<(m) -> (m)>

// The reciprocal of a power of two is exact. Any float may be NaN, which has the code of 0.
// CHECK-LABEL: @multiplies
// CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[X:.*]], %[[X]]
// CHECK: %[[A:.*]] = arith.select %[[NAN]], %[[ZERO:.*]], %[[X]]
// CHECK: arith.cmpf olt, %[[A]]
// CHECK: arith.cmpf ogt
// CHECK: %[[Q:.*]] = arith.mulf
// CHECK: %[[R:.*]] = math.roundeven %[[Q]]
// CHECK: %[[I:.*]] = arith.fptosi %[[R]]
// CHECK: %[[Z:.*]] = arith.addi %[[I]], %{{.*}} : i32
// CHECK: arith.trunci %[[Z]]
// CHECK-NOT: arith.divf
func.func @multiplies(%x: tensor<32xf32>, %e: tensor<32xi8>) -> tensor<32xi8> {
  %scale = arith.constant 0.125 : f32
  %zero = arith.constant 10.0 : f32
  %low = arith.constant 0.0 : f32
  %high = arith.constant 255.0 : f32
  %relu = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<32xf32>) outs(%e : tensor<32xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = arith.divf %a, %scale : f32
    %r = math.roundeven %q : f32
    %s = arith.addf %r, %zero : f32
    %c0 = arith.cmpf olt, %s, %low : f32
    %s0 = arith.select %c0, %low, %s : f32
    %c1 = arith.cmpf ogt, %s0, %high : f32
    %s1 = arith.select %c1, %high, %s0 : f32
    %c2 = arith.cmpf uno, %s1, %s1 : f32
    %s2 = arith.select %c2, %zero, %s1 : f32
    %i = arith.fptosi %s2 : f32 to i32
    %t = arith.trunci %i : i32 to i8
    linalg.yield %t : i8
  } -> tensor<32xi8>
  return %0 : tensor<32xi8>
}

// Some x next to a boundary would get another code; a correction needs fused multiply-adds.
// CHECK-LABEL: @corrects
// FMA: %[[Q:.*]] = arith.mulf %[[X:.*]], %{{.*}} : f32
// FMA: %[[E:.*]] = math.fma %{{.*}}, %[[Q]], %[[X]]
// FMA: %[[P:.*]] = math.fma %[[E]], %{{.*}}, %[[Q]]
// FMA: math.roundeven %[[P]]
// FMA-NOT: arith.divf
// NOFMA: arith.divf
func.func @corrects(%x: tensor<32xf32>, %e: tensor<32xi8>) -> tensor<32xi8> {
  %scale = arith.constant 0.0073529412 : f32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %relu = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<32xf32>) outs(%e : tensor<32xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = arith.divf %a, %scale : f32
    %r = math.roundeven %q : f32
    %s = arith.addf %r, %zero : f32
    %c0 = arith.cmpf olt, %s, %low : f32
    %s0 = arith.select %c0, %low, %s : f32
    %c1 = arith.cmpf ogt, %s0, %high : f32
    %s1 = arith.select %c1, %high, %s0 : f32
    %c2 = arith.cmpf uno, %s1, %s1 : f32
    %s2 = arith.select %c2, %zero, %s1 : f32
    %i = arith.fptosi %s2 : f32 to i32
    %t = arith.trunci %i : i32 to i8
    linalg.yield %t : i8
  } -> tensor<32xi8>
  return %0 : tensor<32xi8>
}

// An integer is never NaN, and the lowest code is that of 0 already.
// CHECK-LABEL: @drops_what_the_codes_imply
// CHECK-NOT: arith.cmpf uno
// CHECK: arith.sitofp
// CHECK: arith.cmpf olt
// CHECK-NOT: arith.cmpf olt
// CHECK: arith.cmpf ogt
// CHECK-NOT: arith.cmpf
// CHECK-NOT: arith.addi
// CHECK: arith.trunci
func.func @drops_what_the_codes_imply(%x: tensor<32xi32>, %e: tensor<32xi8>) -> tensor<32xi8> {
  %scale = arith.constant 0.125 : f32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0.0 : f32
  %high = arith.constant 255.0 : f32
  %relu = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<32xi32>) outs(%e : tensor<32xi8>) {
  ^bb0(%a: i32, %o: i8):
    %f = arith.sitofp %a : i32 to f32
    %h = arith.mulf %f, %half : f32
    %isNegative = arith.cmpf olt, %h, %relu : f32
    %p = arith.select %isNegative, %relu, %h : f32
    %q = arith.divf %p, %scale : f32
    %r = math.roundeven %q : f32
    %s = arith.addf %r, %zero : f32
    %c0 = arith.cmpf olt, %s, %low : f32
    %s0 = arith.select %c0, %low, %s : f32
    %c1 = arith.cmpf ogt, %s0, %high : f32
    %s1 = arith.select %c1, %high, %s0 : f32
    %c2 = arith.cmpf uno, %s1, %s1 : f32
    %s2 = arith.select %c2, %zero, %s1 : f32
    %i = arith.fptosi %s2 : f32 to i32
    %t = arith.trunci %i : i32 to i8
    linalg.yield %t : i8
  } -> tensor<32xi8>
  return %0 : tensor<32xi8>
}

// Codes below that of 0 exist here.
// CHECK-LABEL: @keeps_a_clamp_inside_the_range
// CHECK-COUNT-2: arith.cmpf olt
// CHECK: arith.trunci
func.func @keeps_a_clamp_inside_the_range(%x: tensor<32xi32>, %e: tensor<32xi8>) -> tensor<32xi8> {
  %scale = arith.constant 0.125 : f32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %relu = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<32xi32>) outs(%e : tensor<32xi8>) {
  ^bb0(%a: i32, %o: i8):
    %f = arith.sitofp %a : i32 to f32
    %h = arith.mulf %f, %half : f32
    %isNegative = arith.cmpf olt, %h, %relu : f32
    %p = arith.select %isNegative, %relu, %h : f32
    %q = arith.divf %p, %scale : f32
    %r = math.roundeven %q : f32
    %s = arith.addf %r, %zero : f32
    %c0 = arith.cmpf olt, %s, %low : f32
    %s0 = arith.select %c0, %low, %s : f32
    %c1 = arith.cmpf ogt, %s0, %high : f32
    %s1 = arith.select %c1, %high, %s0 : f32
    %c2 = arith.cmpf uno, %s1, %s1 : f32
    %s2 = arith.select %c2, %zero, %s1 : f32
    %i = arith.fptosi %s2 : f32 to i32
    %t = arith.trunci %i : i32 to i8
    linalg.yield %t : i8
  } -> tensor<32xi8>
  return %0 : tensor<32xi8>
}

// The reciprocal of this one is infinite.
// CHECK-LABEL: @keeps_divisions_by_extreme_scales
// CHECK: arith.divf
func.func @keeps_divisions_by_extreme_scales(%x: tensor<32xf32>, %e: tensor<32xi8>) -> tensor<32xi8> {
  %scale = arith.constant 1.0e-40 : f32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %relu = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<32xf32>) outs(%e : tensor<32xi8>) {
  ^bb0(%a: f32, %o: i8):
    %q = arith.divf %a, %scale : f32
    %r = math.roundeven %q : f32
    %s = arith.addf %r, %zero : f32
    %c0 = arith.cmpf olt, %s, %low : f32
    %s0 = arith.select %c0, %low, %s : f32
    %c1 = arith.cmpf ogt, %s0, %high : f32
    %s1 = arith.select %c1, %high, %s0 : f32
    %c2 = arith.cmpf uno, %s1, %s1 : f32
    %s2 = arith.select %c2, %zero, %s1 : f32
    %i = arith.fptosi %s2 : f32 to i32
    %t = arith.trunci %i : i32 to i8
    linalg.yield %t : i8
  } -> tensor<32xi8>
  return %0 : tensor<32xi8>
}

// Too many boundaries to try.
// CHECK-LABEL: @keeps_wide_codes
// CHECK: arith.divf
func.func @keeps_wide_codes(%x: tensor<32xf32>, %e: tensor<32xi16>) -> tensor<32xi16> {
  %scale = arith.constant 0.125 : f32
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -32768.0 : f32
  %high = arith.constant 32767.0 : f32
  %relu = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<32xf32>) outs(%e : tensor<32xi16>) {
  ^bb0(%a: f32, %o: i16):
    %q = arith.divf %a, %scale : f32
    %r = math.roundeven %q : f32
    %s = arith.addf %r, %zero : f32
    %c0 = arith.cmpf olt, %s, %low : f32
    %s0 = arith.select %c0, %low, %s : f32
    %c1 = arith.cmpf ogt, %s0, %high : f32
    %s1 = arith.select %c1, %high, %s0 : f32
    %c2 = arith.cmpf uno, %s1, %s1 : f32
    %s2 = arith.select %c2, %zero, %s1 : f32
    %i = arith.fptosi %s2 : f32 to i32
    %t = arith.trunci %i : i32 to i16
    linalg.yield %t : i16
  } -> tensor<32xi16>
  return %0 : tensor<32xi16>
}
