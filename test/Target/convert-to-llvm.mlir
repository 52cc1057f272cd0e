// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-llvm | FileCheck %s

// Observed tensors are numbered in program order.
// CHECK:       module attributes {halftone.observe_points = ["first", "second"]}
// CHECK-DAG:   llvm.mlir.global internal constant @[[TEXT:halftone_text_[0-9A-F]+]]("Gather_7: index out of range\00")

// CHECK-LABEL: llvm.func @places_are_distances_from_the_context
// CHECK:         %[[W:.*]] = llvm.call @halftone_weights()
// CHECK:         llvm.getelementptr inbounds %[[W]][64]
// CHECK:         %[[A:.*]] = llvm.call @halftone_arena()
// CHECK:         llvm.getelementptr inbounds %[[A]][128]
func.func @places_are_distances_from_the_context(%i: index) -> f32 {
  %w = halftone.weights_view {offset = 64 : i64} : memref<4xf32>
  %a = halftone.arena_view {offset = 128 : i64} : memref<4xf32>
  %v = memref.load %w[%i] : memref<4xf32>
  memref.store %v, %a[%i] : memref<4xf32>
  return %v : f32
}

// An offset in an attribute has 29 bits; beyond a quarter of a gigabyte it is a value.
// CHECK-LABEL: llvm.func @weights_lie_as_far_as_they_must
// CHECK:         %[[FAR:.*]] = llvm.mlir.constant(320000000 : i64)
// CHECK:         llvm.getelementptr inbounds %{{.*}}[%[[FAR]]]
func.func @weights_lie_as_far_as_they_must(%i: index) -> f32 {
  %w = halftone.weights_view {offset = 320000000 : i64} : memref<4xf32>
  %v = memref.load %w[%i] : memref<4xf32>
  return %v : f32
}

// CHECK-LABEL: llvm.func @buffers_come_from_the_runtime
// CHECK:         %[[M:.*]] = llvm.call @halftone_alloc(%{{.*}}) : (i64) -> !llvm.ptr
// CHECK:         llvm.call @halftone_release(%{{.*}}) : (!llvm.ptr) -> ()
func.func @buffers_come_from_the_runtime(%n: index) {
  %a = memref.alloc(%n) : memref<?x4xf32>
  memref.dealloc %a : memref<?x4xf32>
  return
}

// Upstream would call a function of its runner library.
// CHECK-LABEL: llvm.func @contiguous_copies_are_memcpy
// CHECK:         "llvm.intr.memcpy"
// CHECK-NOT:     llvm.call
func.func @contiguous_copies_are_memcpy(%a: memref<?x4xf32, strided<[4, 1], offset: ?>>, %b: memref<?x4xf32>) {
  memref.copy %a, %b : memref<?x4xf32, strided<[4, 1], offset: ?>> to memref<?x4xf32>
  return
}

// The caller may store any byte but 0 for true, and LLVM vectorizes bytes.
// CHECK-LABEL: llvm.func @booleans_are_bytes
// CHECK:         %[[B:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i8
// CHECK:         %[[V:.*]] = llvm.icmp "ne" %[[B]]
// CHECK:         %[[S:.*]] = llvm.zext %[[V]] : i1 to i8
// CHECK:         llvm.store %[[S]]
func.func @booleans_are_bytes(%x: memref<4xi1>, %y: memref<4xi1>, %i: index) {
  %v = memref.load %x[%i] : memref<4xi1>
  memref.store %v, %y[%i] : memref<4xi1>
  return
}

// CHECK-LABEL: llvm.func @an_assertion_names_its_node
// CHECK:         llvm.cond_br %{{.*}}, ^[[GOOD:.*]], ^[[BAD:bb[0-9]+]]
// CHECK:       ^[[GOOD]]:
// CHECK:         llvm.return
// CHECK:       ^[[BAD]]:
// CHECK:         %[[MESSAGE:.*]] = llvm.mlir.addressof @[[TEXT]]
// CHECK:         llvm.call @halftone_fail(%[[MESSAGE]])
// CHECK:         llvm.unreachable
func.func @an_assertion_names_its_node(%c: i1) {
  cf.assert %c, "index out of range" loc("Gather_7")
  return
}

// CHECK-LABEL: llvm.func @observers_hand_over_data_and_sizes
// CHECK:         llvm.call @halftone_observe
// CHECK:         %[[SIZES:.*]] = llvm.alloca
// CHECK:         %[[ID:.*]] = llvm.mlir.constant(1 : i64)
// CHECK:         %[[F32:.*]] = llvm.mlir.constant(12 : i64)
// CHECK:         %[[RANK:.*]] = llvm.mlir.constant(2 : i64)
// CHECK:         llvm.call @halftone_observe(%[[ID]], %{{.*}}, %[[F32]], %[[RANK]], %[[SIZES]])
func.func @observers_hand_over_data_and_sizes(%x: memref<4xi8>, %y: memref<?x4xf32>) {
  %0 = halftone.observe %x {tensor = "first"} : (memref<4xi8>) -> memref<4xi8>
  %1 = halftone.observe %y {tensor = "second"} : (memref<?x4xf32>) -> memref<?x4xf32>
  return
}

// A reduction of comparisons and selections would stay scalar.
// CHECK-LABEL: llvm.func @maxima_and_minima_are_intrinsics
// CHECK:         llvm.intr.maximum(%{{.*}}, %{{.*}}) {fastmathFlags = #llvm.fastmath<nsz>}
// CHECK:         llvm.intr.minimum
// CHECK-NOT:     llvm.fcmp
func.func @maxima_and_minima_are_intrinsics(%a: f32, %b: f32) -> f32 {
  %max = arith.maximumf %a, %b fastmath<nsz> : f32
  %min = arith.minimumf %max, %b : f32
  return %min : f32
}

// A CPU without bf16 rounds to nearest even with integers, here and not in a library.
// CHECK-LABEL: llvm.func @bf16_needs_no_library
// CHECK-NOT:     llvm.fptrunc
// CHECK:         llvm.bitcast
func.func @bf16_needs_no_library(%x: f32) -> bf16 {
  %y = arith.truncf %x : f32 to bf16
  return %y : bf16
}

// f64 becomes f16 by way of f32: where that is not exact, the number below with its last bit set.
// CHECK-LABEL: llvm.func @narrows_doubles
// CHECK:         %[[NEAREST:.*]] = llvm.fptrunc %{{.*}} : f64 to f32
// CHECK:         %[[VALUE:.*]] = llvm.fpext %[[NEAREST]] : f32 to f64
// CHECK:         %[[INEXACT:.*]] = llvm.fcmp "une" %[[VALUE]], %{{.*}} : f64
// CHECK:         %[[ODD:.*]] = llvm.or %{{.*}}, %{{.*}} : i32
// CHECK:         %[[NUMBER:.*]] = llvm.bitcast %[[ODD]] : i32 to f32
// CHECK:         llvm.fptrunc %[[NUMBER]] : f32 to f16
// CHECK-NOT:     f64 to f16
func.func @narrows_doubles(%x: f64) -> f16 {
  %0 = arith.truncf %x : f64 to f16
  return %0 : f16
}
