// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-bufferize --canonicalize --split-input-file | FileCheck %s

// The caller's memory is only read, so what is computed "in place" of an input needs a buffer.
// CHECK-LABEL: func @inputs_are_not_written
// CHECK-SAME:    (%[[X:.*]]: memref<4xf32>) -> memref<4xf32>
// CHECK:         %[[Y:.*]] = memref.alloc
// CHECK:         linalg.generic {{.*}} ins(%[[X]] : {{.*}}) outs(%[[Y]]
func.func @inputs_are_not_written(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) {
  ^bb0(%a: f32, %old: f32):
    %s = arith.addf %a, %old : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Constants lie in read-only memory.
// CHECK-LABEL: func @constants_are_copied_before_a_write
// CHECK:         %[[C:.*]] = halftone.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> to memref<2xf32>
// CHECK:         %[[Y:.*]] = memref.alloc
// CHECK:         memref.copy %[[C]], %[[Y]]
// CHECK:         memref.store %{{.*}}, %[[Y]]
func.func @constants_are_copied_before_a_write(%v: f32) -> tensor<2xf32> {
  %c0 = arith.constant 0 : index
  %c = halftone.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = tensor.insert %v into %c[%c0] : tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// An observer sees contiguous memory, so a part of a tensor is copied for it; the users keep the part.
// CHECK-LABEL: func @an_observer_sees_contiguous_memory
// CHECK:         %[[PART:.*]] = memref.subview
// CHECK:         %[[SEEN:.*]] = memref.alloc
// CHECK:         memref.copy %[[PART]], %[[SEEN]]
// CHECK:         halftone.observe %[[SEEN]] {tensor = "t"}
// CHECK:         memref.load %[[PART]]
func.func @an_observer_sees_contiguous_memory(%x: tensor<4x8xf32>, %i: index) -> f32 {
  %part = tensor.extract_slice %x[0, 0] [4, 2] [1, 1] : tensor<4x8xf32> to tensor<4x2xf32>
  %seen = halftone.observe %part {tensor = "t"} : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %v = tensor.extract %seen[%i, %i] : tensor<4x2xf32>
  return %v : f32
}

// -----

// A kernel op overwrites its init, so whatever is there need not be kept.
// CHECK-LABEL: func @a_kernel_writes_into_its_place
// CHECK:         %[[Y:.*]] = memref.alloc
// CHECK:         %[[PART:.*]] = memref.subview %[[Y]]
// CHECK-NOT:     memref.copy
// CHECK:         halftone.contract
// CHECK-SAME:      outs(%[[PART]]
// CHECK:         return %[[Y]]
func.func @a_kernel_writes_into_its_place(%x: tensor<4x8xf32>, %w: tensor<1x8x16x1xf32>) -> tensor<8x16xf32> {
  %init = tensor.empty() : tensor<4x16xf32>
  %p = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x8x16x1xf32>) outs(%init : tensor<4x16xf32>)
      attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>} {
  ^bb0(%acc: f32):
    halftone.yield %acc : f32
  } -> tensor<4x16xf32>
  %whole = tensor.empty() : tensor<8x16xf32>
  %y = tensor.insert_slice %p into %whole[0, 0] [4, 16] [1, 1] : tensor<4x16xf32> into tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// -----

// One tensor of zeros would have to be copied for the second sum.
// CHECK-LABEL: func @every_sum_fills_its_own_accumulator
// CHECK-COUNT-2: linalg.fill
// CHECK-NOT:     memref.copy
// CHECK:         return
func.func @every_sum_fills_its_own_accumulator(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<f32>, tensor<f32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %a = linalg.reduce ins(%x : tensor<4xf32>) outs(%init : tensor<f32>) dimensions = [0]
    (%in: f32, %acc: f32) {
      %sum = arith.addf %in, %acc : f32
      linalg.yield %sum : f32
    }
  %b = linalg.reduce ins(%y : tensor<4xf32>) outs(%init : tensor<f32>) dimensions = [0]
    (%in: f32, %acc: f32) {
      %sum = arith.addf %in, %acc : f32
      linalg.yield %sum : f32
    }
  return %a, %b : tensor<f32>, tensor<f32>
}

// -----

// CHECK-LABEL: func @what_nobody_reads_is_no_trouble
func.func @what_nobody_reads_is_no_trouble(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4xf32>
  %unused = linalg.fill ins(%zero : f32) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  return %x : tensor<4xf32>
}

// -----

// Results that start from one empty tensor, as equal ones become, have a buffer each and are not copied.
// CHECK-LABEL: func @empty_tensors_are_not_shared
// CHECK-COUNT-2: memref.alloc()
// CHECK-NOT:     memref.copy
// CHECK:         return
func.func @empty_tensors_are_not_shared(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %empty = tensor.empty() : tensor<4xf32>
  %a = linalg.exp ins(%x : tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  %b = linalg.abs ins(%x : tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// -----

// A part of another tensor is no result: its rows are further apart than the result's type says.
// CHECK-LABEL: func @parts_are_copied_into_results
// CHECK: %[[PART:.*]] = memref.subview
// CHECK: %[[RESULT:.*]] = memref.alloc({{.*}}) {{.*}}: memref<?x?xf32>
// CHECK: memref.copy %[[PART]], %[[RESULT]]
// CHECK: return %[[RESULT]] : memref<?x?xf32>
func.func @parts_are_copied_into_results(%x: tensor<?x?xf32>, %m: index, %n: index) -> tensor<?x?xf32> {
  %part = tensor.extract_slice %x[0, 0] [%m, %n] [1, 1] : tensor<?x?xf32> to tensor<?x?xf32>
  return %part : tensor<?x?xf32>
}
