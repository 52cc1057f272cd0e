// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-bind-runtime | FileCheck %s

// CHECK-NOT: llvm.func @halftone_
llvm.func @halftone_weights() -> !llvm.ptr
llvm.func @halftone_alloc(i64) -> !llvm.ptr
llvm.func @halftone_parallel_for(!llvm.ptr, !llvm.ptr, i64)

// CHECK: llvm.func @expf(f32) -> f32
llvm.func @expf(f32) -> f32

// CHECK-LABEL: llvm.func @callee(%arg0: !llvm.ptr, %arg1: i64)
llvm.func @callee(%n: i64) {
  llvm.return
}

// CHECK-LABEL: llvm.func @task(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: i64, %arg3: i64)
llvm.func @task(%environment: !llvm.ptr, %begin: i64, %end: i64) {
  llvm.return
}

// CHECK-LABEL: llvm.func @everything_comes_through_the_context
// CHECK-SAME:    (%[[C:.*]]: !llvm.ptr, %[[N:.*]]: i64, %[[X:.*]]: f32)
// CHECK:         %[[W:.*]] = llvm.getelementptr inbounds %[[C]][8]
// CHECK:         llvm.load %[[W]] invariant : !llvm.ptr -> !llvm.ptr
// CHECK:         %[[P:.*]] = llvm.getelementptr inbounds %[[C]][24]
// CHECK:         %[[ALLOC:.*]] = llvm.load %[[P]] invariant : !llvm.ptr -> !llvm.ptr
// CHECK:         llvm.call %[[ALLOC]](%[[C]], %[[N]]) : !llvm.ptr, (!llvm.ptr, i64) -> !llvm.ptr
// CHECK:         llvm.call @callee(%[[C]], %[[N]])
// CHECK:         llvm.call @expf(%[[X]])
// CHECK:         %[[TASK:.*]] = llvm.mlir.addressof @task
// CHECK:         llvm.call %{{.*}}(%[[C]], %[[TASK]], %{{.*}}, %[[N]])
llvm.func @everything_comes_through_the_context(%n: i64, %x: f32) -> !llvm.ptr {
  %w = llvm.call @halftone_weights() : () -> !llvm.ptr
  %a = llvm.call @halftone_alloc(%n) : (i64) -> !llvm.ptr
  llvm.call @callee(%n) : (i64) -> ()
  %e = llvm.call @expf(%x) : (f32) -> f32
  %t = llvm.mlir.addressof @task : !llvm.ptr
  llvm.call @halftone_parallel_for(%t, %a, %n) : (!llvm.ptr, !llvm.ptr, i64) -> ()
  llvm.return %w : !llvm.ptr
}
