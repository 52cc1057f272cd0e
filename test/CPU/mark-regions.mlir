// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-mark-regions=min-bytes=1024 | FileCheck %s

// CHECK: halftone.profile_regions = [
// CHECK-SAME: {bytes = 960 : i64, dtype = 12 : i64, kind = "contract", macs = 512 : i64, nodes = "product\0Abias"}
// CHECK-SAME: {bytes = 32 : i64, dtype = 0 : i64, kind = "loop", macs = 0 : i64, nodes = "move"}
// CHECK-SAME: {bytes = 320 : i64, dtype = 0 : i64, kind = "control", macs = 0 : i64, nodes = "small loop\0Astep"}
// CHECK-SAME: {bytes = 4096 : i64, dtype = 0 : i64, kind = "loop", macs = 0 : i64, nodes = "large step"}

// An op that became two loops is one region; the next op starts another; the end is told.
// CHECK-LABEL: @each_op_is_a_region
// CHECK:       %[[FIRST:.*]] = arith.constant 0 : i64
// CHECK-NEXT:  llvm.call @halftone_profile(%[[FIRST]])
// CHECK-NEXT:  scf.for
// CHECK-NOT:   halftone_profile
// CHECK:       scf.for
// CHECK:       %[[SECOND:.*]] = arith.constant 1 : i64
// CHECK-NEXT:  llvm.call @halftone_profile(%[[SECOND]])
// CHECK-NEXT:  memref.copy
// CHECK:       %[[END:.*]] = arith.constant -1 : i64
// CHECK-NEXT:  llvm.call @halftone_profile(%[[END]])
// CHECK-NEXT:  return
func.func @each_op_is_a_region(%x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %c0 to %c4 step %c1 {
    memref.store %zero, %y[%i] : memref<4xf32>
  } loc(#product)
  scf.for %i = %c0 to %c4 step %c1 {
    memref.store %zero, %y[%i] : memref<4xf32>
  } loc(#product)
  memref.copy %x, %y : memref<4xf32> to memref<4xf32> loc(#move)
  return
}

// A mark in each of ten short iterations would cost more than they do.
// CHECK-LABEL: @short_iterations_are_one_region
// CHECK:       halftone_profile
// CHECK-NEXT:  scf.for
// CHECK-NOT:   halftone_profile
// CHECK:       }
// CHECK:       halftone_profile
// CHECK-NEXT:  return
func.func @short_iterations_are_one_region(%x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  scf.for %i = %c0 to %c10 step %c1 {
    memref.copy %x, %y : memref<4xf32> to memref<4xf32> loc(#step)
  } loc(#smallloop)
  return
}

// CHECK-LABEL: @long_iterations_are_marked_inside
// CHECK-NOT:   halftone_profile
// CHECK:       scf.for
// CHECK:       halftone_profile
// CHECK-NEXT:  memref.copy
func.func @long_iterations_are_marked_inside(%x: memref<512xf32>, %y: memref<512xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    memref.copy %x, %y : memref<512xf32> to memref<512xf32> loc(#largestep)
  } loc(#largeloop)
  return
}

#product = loc(fused<array<i64: 0, 512, 960, 12>>["product", "bias"])
#move = loc(fused<array<i64: 1, 0, 32, 0>>["move"])
#step = loc(fused<array<i64: 0, 0, 32, 0>>["step"])
#smallloop = loc(fused<"control">["small loop"])
#largestep = loc(fused<array<i64: 0, 0, 4096, 0>>["large step"])
#largeloop = loc(fused<"control">["large loop"])
