// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-outline-parallel --canonicalize --split-input-file | FileCheck %s
// RUN: quant-opt %s --halftone-outline-parallel="sequential" --split-input-file | FileCheck %s --check-prefix=ONE
// RUN: quant-opt %s --halftone-outline-parallel="max-kernels-in-place=1" --split-input-file | FileCheck %s --check-prefix=CALL

// ONE-NOT: halftone_parallel_for

// What comes from outside is in a struct on the caller's stack; the runtime says which iterations to do.
// CHECK-LABEL: func private @tasks_get_what_they_use_task_0
// CHECK-SAME:    (%[[ENVIRONMENT:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK:         %[[FIRST:.*]] = llvm.getelementptr %[[ENVIRONMENT]][0, 0]
// CHECK:         %[[V:.*]] = llvm.load %[[FIRST]] : !llvm.ptr -> f32
// CHECK:         %[[X:.*]] = builtin.unrealized_conversion_cast %{{.*}} : !llvm.struct<{{.*}}> to memref<?xf32>
// CHECK:         %[[B:.*]] = arith.index_cast %[[BEGIN]]
// CHECK:         %[[E:.*]] = arith.index_cast %[[END]]
// CHECK:         scf.for %[[I:.*]] = %[[B]] to %[[E]]
// CHECK:           memref.store %[[V]], %[[X]][%[[I]]]
// CHECK-LABEL: func @tasks_get_what_they_use
// CHECK:         %[[S:.*]] = llvm.alloca %{{.*}} x !llvm.struct<(f32, struct<
// CHECK:         %[[N:.*]] = arith.index_cast %{{.*}} : index to i64
// CHECK:         llvm.call @halftone_parallel_for(%{{.*}}, %[[S]], %[[N]])
func.func @tasks_get_what_they_use(%n: index, %v: f32, %x: memref<?xf32>) {
  scf.forall (%i) in (%n) {
    memref.store %v, %x[%i] : memref<?xf32>
  }
  return
}

// -----

// Equal layers work on other buffers and weights in the same way: one function, given the places of each.
// CHECK-LABEL: func private @equal_tasks_are_one_function_task_0
// CHECK:         arith.constant 1.0
// CHECK-LABEL: func private @equal_tasks_are_one_function_task_1
// CHECK:         arith.constant 2.0
// CHECK-NOT:   func private
// CHECK-LABEL: func @equal_tasks_are_one_function
// CHECK-COUNT-3: llvm.call @halftone_parallel_for
func.func @equal_tasks_are_one_function() {
  %one = arith.constant 1.0 : f32
  %x = halftone.arena_view {offset = 64 : i64} : memref<16xf32>
  scf.forall (%i) in (16) {
    memref.store %one, %x[%i] : memref<16xf32>
  }
  %y = halftone.arena_view {offset = 128 : i64} : memref<16xf32>
  scf.forall (%i) in (16) {
    memref.store %one, %y[%i] : memref<16xf32>
  }
  %two = arith.constant 2.0 : f32
  scf.forall (%i) in (16) {
    memref.store %two, %y[%i] : memref<16xf32>
  }
  return
}

// -----

// An assertion names its node, so tasks of different nodes stay apart.
// CHECK-LABEL: func private @assertions_keep_their_nodes_task_0
// CHECK-LABEL: func private @assertions_keep_their_nodes_task_1
func.func @assertions_keep_their_nodes(%c: i1) {
  scf.forall (%i) in (16) {
    cf.assert %c, "no" loc("a")
  } loc("x")
  scf.forall (%i) in (16) {
    cf.assert %c, "no" loc("b")
  } loc("x")
  return
}

// -----

// The runtime counts iterations in one dimension; the task finds the indices of each.
// CHECK-LABEL: func private @several_dimensions_task_0
// CHECK-DAG:     %[[FIVE:.*]] = arith.constant 5 : index
// CHECK:         scf.for %[[K:.*]] =
// CHECK-DAG:       %[[J:.*]] = arith.remui %[[K]], %[[FIVE]]
// CHECK-DAG:       %[[I:.*]] = arith.divui %[[K]], %[[FIVE]]
// CHECK:           memref.store %{{.*}}, %{{.*}}[%[[I]], %[[J]]]
// CHECK-LABEL: func @several_dimensions
// CHECK:         %[[N:.*]] = arith.constant 20 : i64
// CHECK:         llvm.call @halftone_parallel_for(%{{.*}}, %{{.*}}, %[[N]])
func.func @several_dimensions(%v: f32, %x: memref<4x5xf32>) {
  scf.forall (%i, %j) in (4, 5) {
    memref.store %v, %x[%i, %j] : memref<4x5xf32>
  }
  return
}

// -----

// Stack memory in the loop over iterations would grow with each.
// CHECK-LABEL: func private @stack_memory_is_taken_once_task_0
// CHECK:         memref.alloca
// CHECK:         scf.for
// CHECK-NOT:       memref.alloca
// CHECK-LABEL: func @stack_memory_is_taken_once
func.func @stack_memory_is_taken_once(%v: f32, %y: memref<16xf32>, %j: index) {
  scf.forall (%i) in (16) {
    %x = memref.alloca() : memref<16xf32>
    memref.store %v, %x[%i] : memref<16xf32>
    %w = memref.load %x[%j] : memref<16xf32>
    memref.store %w, %y[%i] : memref<16xf32>
  }
  return
}

// -----

// Inside a task there are no more threads to be had.
// CHECK-LABEL: func private @nested_loops_run_in_the_task_task_0
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK-LABEL: func @nested_loops_run_in_the_task
// CHECK-COUNT-1: llvm.call @halftone_parallel_for
// CHECK-NOT:     llvm.call @halftone_parallel_for
func.func @nested_loops_run_in_the_task(%v: f32, %x: memref<4x5xf32>) {
  scf.forall (%i) in (4) {
    scf.forall (%j) in (5) {
      memref.store %v, %x[%i, %j] : memref<4x5xf32>
    }
  }
  return
}

// -----

// What is no task stays where it is in a small function. In a large one, kernels become functions that equal ones share,
// whatever buffers they work on, or all that follows would see one function as long as the model.
// CHECK-LABEL: func @kernels_become_functions
// CHECK-NOT:     execute_region
// CHECK-NOT:     call
// CHECK-COUNT-3: scf.for
// CALL-LABEL: func private @kernels_become_functions_kernel_0
// CALL-SAME:    (%[[V:.*]]: f32, %[[P:.*]]: !llvm.ptr) attributes {passthrough = ["noinline"]}
// CALL:         %[[X:.*]] = builtin.unrealized_conversion_cast %{{.*}} : !llvm.struct<{{.*}}> to memref<16xf32>
// CALL:         scf.for
// CALL:           memref.store %[[V]], %[[X]]
// CALL:       func private @kernels_become_functions_kernel_1
// CALL-NOT:   func private
// CALL:       func @kernels_become_functions
// CALL:         call @kernels_become_functions_kernel_0
// CALL:         call @kernels_become_functions_kernel_0
// CALL:         call @kernels_become_functions_kernel_1
func.func @kernels_become_functions(%v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %x = halftone.arena_view {offset = 64 : i64} : memref<16xf32>
  %y = halftone.arena_view {offset = 128 : i64} : memref<16xf32>
  scf.execute_region no_inline {
    scf.for %i = %c0 to %c16 step %c1 {
      memref.store %v, %x[%i] : memref<16xf32>
    }
    scf.yield
  }
  scf.execute_region no_inline {
    scf.for %i = %c0 to %c16 step %c1 {
      memref.store %v, %y[%i] : memref<16xf32>
    }
    scf.yield
  }
  scf.execute_region no_inline {
    scf.for %i = %c0 to %c8 step %c1 {
      memref.store %v, %y[%i] : memref<16xf32>
    }
    scf.yield
  }
  return
}
