// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-plan-arena --split-input-file | FileCheck %s

// %a is not needed once %b is written, so %c takes its place, and the result that of %b: two places for four buffers.
// CHECK:       module attributes {halftone.arena_size = 128 : i64}
// CHECK-LABEL: @buffers_share_memory_by_liveness
// CHECK:         %[[A:.*]] = halftone.arena_view {offset = [[SHARED:[0-9]+]] : i64} : memref<16xf32>
// CHECK:         %[[B:.*]] = halftone.arena_view
// CHECK:         memref.copy %[[A]], %[[B]]
// CHECK:         %[[C:.*]] = halftone.arena_view {offset = [[SHARED]] : i64} : memref<8xf32>
// CHECK:         %[[R:.*]] = halftone.arena_view
// CHECK:         return %[[R]]
func.func @buffers_share_memory_by_liveness(%x: memref<16xf32>) -> memref<4xf32> {
  %a = memref.alloc() : memref<16xf32>
  memref.copy %x, %a : memref<16xf32> to memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  memref.copy %a, %b : memref<16xf32> to memref<16xf32>
  %c = memref.alloc() : memref<8xf32>
  %half = memref.subview %b[0] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1]>>
  memref.copy %half, %c : memref<8xf32, strided<[1]>> to memref<8xf32>
  %r = memref.alloc() : memref<4xf32>
  %quarter = memref.subview %c[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %quarter, %r : memref<4xf32, strided<[1], offset: 4>> to memref<4xf32>
  return %r : memref<4xf32>
}

// -----

// A view keeps its buffer alive.
// CHECK:       module attributes {halftone.arena_size = 128 : i64}
// CHECK-LABEL: @views_keep_buffers_alive
// CHECK:         halftone.arena_view {offset = 0 : i64}
// CHECK:         halftone.arena_view {offset = 64 : i64}
func.func @views_keep_buffers_alive(%v: f32, %i: index) -> f32 {
  %a = memref.alloc() : memref<16xf32>
  %view = memref.collapse_shape %a [[0]] : memref<16xf32> into memref<16xf32>
  memref.store %v, %view[%i] : memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  memref.store %v, %b[%i] : memref<16xf32>
  %w = memref.load %view[%i] : memref<16xf32>
  return %w : f32
}

// -----

// A dynamic buffer goes back after its last use; a returned one with the next run.
// CHECK:       module attributes {halftone.arena_size = 0 : i64}
// CHECK-LABEL: @dynamic_buffers_are_released
// CHECK:         %[[A:.*]] = memref.alloc
// CHECK:         %[[R:.*]] = memref.alloc
// CHECK:         memref.copy %[[A]], %[[R]]
// CHECK-NEXT:    memref.dealloc %[[A]]
// CHECK-NOT:     memref.dealloc
// CHECK:         return %[[R]]
func.func @dynamic_buffers_are_released(%n: index, %v: f32) -> memref<?xf32> {
  %a = memref.alloc(%n) : memref<?xf32>
  linalg.fill ins(%v : f32) outs(%a : memref<?xf32>)
  %r = memref.alloc(%n) : memref<?xf32>
  memref.copy %a, %r : memref<?xf32> to memref<?xf32>
  return %r : memref<?xf32>
}

// -----

// What a loop carries lives beside the buffer of the next iteration, so both cannot have one place; a buffer of one iteration can.
// CHECK-LABEL: @carried_buffers_stay_dynamic
// CHECK:         halftone.arena_view
// CHECK:         scf.for
// CHECK:           %[[NEXT:.*]] = memref.alloc
// CHECK:           halftone.arena_view
// CHECK:           scf.yield %[[NEXT]]
func.func @carried_buffers_stay_dynamic(%n: index, %v: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %start = memref.alloc() : memref<16xf32>
  %end = scf.for %i = %c0 to %n step %c1 iter_args(%state = %start) -> memref<16xf32> {
    %next = memref.alloc() : memref<16xf32>
    %temporary = memref.alloc() : memref<16xf32>
    memref.copy %state, %temporary : memref<16xf32> to memref<16xf32>
    memref.copy %temporary, %next : memref<16xf32> to memref<16xf32>
    scf.yield %next : memref<16xf32>
  }
  %w = memref.load %end[%c0] : memref<16xf32>
  return %w : f32
}

// -----

// Threads work at the same time, so the temporaries of their tasks are their own.
// CHECK:       module attributes {halftone.arena_size = 0 : i64}
// CHECK-LABEL: @temporaries_of_tasks
// CHECK:         scf.forall
// CHECK-NEXT:      memref.alloca() {alignment = 64 : i64} : memref<16xf32>
// CHECK:           %[[LARGE:.*]] = memref.alloc() : memref<16384xf32>
// CHECK:           memref.dealloc %[[LARGE]]
func.func @temporaries_of_tasks(%v: f32) {
  %c0 = arith.constant 0 : index
  scf.forall (%i) in (8) {
    %j = arith.addi %i, %c0 : index
    %small = memref.alloc() : memref<16xf32>
    memref.store %v, %small[%j] : memref<16xf32>
    %large = memref.alloc() : memref<16384xf32>
    memref.store %v, %large[%j] : memref<16384xf32>
  }
  return
}
