// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-parallelize-loops --canonicalize --split-input-file | FileCheck %s
// RUN: quant-opt %s --halftone-parallelize-loops="parallel=false" --split-input-file | FileCheck %s --check-prefix=ONE

// ONE-NOT: scf.forall

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>

// Both loops walk through all buffers without a gap: one long loop, and too little work for tasks.
// CHECK-LABEL: @contiguous_loops_become_one
// CHECK-DAG:     %[[N:.*]] = arith.constant 32 : index
// CHECK:         %[[X:.*]] = memref.collapse_shape %{{.*}} {{\[\[}}0, 1, 2]]
// CHECK-NOT:     scf.forall
// CHECK:         scf.for %[[I:.*]] = %{{.*}} to %[[N]]
// CHECK:           memref.load %[[X]][%[[I]]]
// CHECK-NOT:     scf.for
func.func @contiguous_loops_become_one(%x: memref<4x1x8xf32>, %y: memref<4x1x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i, j, k)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<4x1x8xf32>) outs(%y : memref<4x1x8xf32>) {
  ^bb0(%a: f32, %old: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// A sum along rows stays in a register, and may be reordered so that it vectorizes.
// CHECK-LABEL: @a_sum_along_rows_stays_in_a_register
// CHECK:         scf.for %[[I:.*]] =
// CHECK:           %[[START:.*]] = memref.load %[[Y:.*]][%[[I]]]
// CHECK:           %[[SUM:.*]] = scf.for %[[J:.*]] = {{.*}} iter_args(%[[ACC:.*]] = %[[START]])
// CHECK:             memref.load %{{.*}}[%[[I]], %[[J]]]
// CHECK:             arith.addf %{{.*}}, %[[ACC]] fastmath<reassoc>
// CHECK:           memref.store %[[SUM]], %[[Y]][%[[I]]]
func.func @a_sum_along_rows_stays_in_a_register(%x: memref<4x8xf32>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x8xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#column = affine_map<(i, j) -> (j)>

// Summing columns, neighbours in memory belong to different sums: the parallel loop is innermost, in the order of the sums.
// CHECK-LABEL: @a_sum_along_columns_keeps_the_parallel_loop_inside
// CHECK:         scf.for %[[I:.*]] = %{{.*}} to %c4
// CHECK:           scf.for %[[J:.*]] = %{{.*}} to %c8
// CHECK-DAG:         memref.load %{{.*}}[%[[I]], %[[J]]]
// CHECK-DAG:         memref.load %{{.*}}[%[[J]]]
// CHECK-NOT:         reassoc
func.func @a_sum_along_columns_keeps_the_parallel_loop_inside(%x: memref<4x8xf32>, %y: memref<8xf32>) {
  linalg.generic {indexing_maps = [#id, #column], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<4x8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %s = arith.addf %a, %acc : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// A fused op yields elements along the reduction as well: those are stored as they come.
// CHECK-LABEL: @a_result_along_the_reduction_is_stored_inside
// CHECK:         scf.for %[[I:.*]] =
// CHECK:           %[[SUM:.*]] = scf.for %[[J:.*]] = {{.*}} iter_args
// CHECK:             memref.store %{{.*}}, %[[Z:.*]][%[[I]], %[[J]]]
// CHECK:             scf.yield
// CHECK:           memref.store %[[SUM]]
func.func @a_result_along_the_reduction_is_stored_inside(%x: memref<4x8xf32>, %y: memref<4xf32>, %z: memref<4x8xf32>) {
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x8xf32>) outs(%y, %z : memref<4xf32>, memref<4x8xf32>) {
  ^bb0(%a: f32, %acc: f32, %old: f32):
    %n = arith.negf %a : f32
    %s = arith.addf %n, %acc : f32
    linalg.yield %s, %n : f32, f32
  }
  return
}

// -----

// How much a task does depends on sizes alone: here 2048 rows of 8 elements and 2 operations.
// CHECK-LABEL: @large_work_is_cut_into_tasks
// CHECK-DAG:     %[[TASK:.*]] = arith.constant 2048 : index
// CHECK:         %[[ROWS:.*]] = memref.dim
// CHECK:         %[[TASKS:.*]] = arith.ceildivui %[[ROWS]], %[[TASK]]
// CHECK:         scf.forall (%[[T:.*]]) in (%[[TASKS]])
// CHECK:           %[[BEGIN:.*]] = arith.muli %[[T]], %[[TASK]]
// CHECK:           %[[FULL:.*]] = arith.addi %[[BEGIN]], %[[TASK]]
// CHECK:           %[[END:.*]] = arith.minui %[[FULL]], %[[ROWS]]
// CHECK:           scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
func.func @large_work_is_cut_into_tasks(%x: memref<?x8xf32>, %b: memref<8xf32>, %y: memref<?x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : memref<?x8xf32>, memref<8xf32>) outs(%y : memref<?x8xf32>) {
  ^bb0(%a: f32, %c: f32, %old: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// With one loop, that one is cut, at multiples of a cache line.
// CHECK-LABEL: @one_loop_is_cut_itself
// CHECK:         scf.forall (%{{.*}}) in (64)
// CHECK-COUNT-1: scf.for
// CHECK-NOT:     scf.for
func.func @one_loop_is_cut_itself(%y: memref<1024x2048xf32>, %v: f32) {
  linalg.fill ins(%v : f32) outs(%y : memref<1024x2048xf32>)
  return
}

// -----

// linalg.index means the loop of the op as written.
// CHECK-LABEL: @indices_survive_unit_loops
// CHECK:         scf.for %[[J:.*]] =
// CHECK:           %[[V:.*]] = arith.index_cast %[[J]]
// CHECK:           memref.store %[[V]]
func.func @indices_survive_unit_loops(%y: memref<1x8xi32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      outs(%y : memref<1x8xi32>) {
  ^bb0(%old: i32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = arith.addi %i, %j : index
    %v = arith.index_cast %k : index to i32
    linalg.yield %v : i32
  }
  return
}

// -----

// Contiguous copies stay: they become memcpy. Strided ones are loops.
// CHECK-LABEL: @strided_copies_become_loops
// CHECK:         memref.copy %{{.*}}, %{{.*}} : memref<8xf32> to memref<8xf32>
// CHECK:         scf.for
// CHECK:           memref.store %{{.*}} : memref<4x8xf32, strided<[16, 1]>>
func.func @strided_copies_become_loops(%a: memref<8xf32>, %b: memref<8xf32>, %c: memref<4x8xf32>, %d: memref<4x8xf32, strided<[16, 1]>>) {
  memref.copy %a, %b : memref<8xf32> to memref<8xf32>
  memref.copy %c, %d : memref<4x8xf32> to memref<4x8xf32, strided<[16, 1]>>
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// The maximum, what fills the sums, the sums and the quotients of one row before the next row.
// CHECK-LABEL: @neighbours_share_their_rows
// CHECK:         scf.for
// CHECK-NOT:     scf.forall
// CHECK:         scf.forall
// CHECK:           scf.for %[[I:.*]] =
// CHECK:             scf.for
// CHECK:               arith.maximumf
// CHECK:             memref.store %{{.*}}, %{{.*}}[%[[I]]]
// CHECK:             scf.for
// CHECK:               arith.subf
// CHECK:               arith.addf
// CHECK:             scf.for
// CHECK:               arith.divf
// CHECK-NOT:     scf.forall
// CHECK:         return
func.func @neighbours_share_their_rows(%x: memref<?x512xf32>, %most: memref<?xf32>, %n: index) -> memref<?x512xf32> {
  %zero = arith.constant 0.0 : f32
  %sum = memref.alloc(%n) : memref<?xf32>
  %max = memref.alloc(%n) : memref<?xf32>
  %y = memref.alloc(%n) : memref<?x512xf32>
  linalg.fill ins(%zero : f32) outs(%max : memref<?xf32>)
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x512xf32>) outs(%max : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %out : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f32) outs(%sum : memref<?xf32>)
  linalg.generic {indexing_maps = [#id, #row, #id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x, %max : memref<?x512xf32>, memref<?xf32>) outs(%y, %sum : memref<?x512xf32>, memref<?xf32>) {
  ^bb0(%in: f32, %m: f32, %old: f32, %out: f32):
    %0 = arith.subf %in, %m : f32
    %1 = arith.addf %0, %out : f32
    linalg.yield %0, %1 : f32, f32
  }
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %sum : memref<?x512xf32>, memref<?xf32>) outs(%y : memref<?x512xf32>) {
  ^bb0(%in: f32, %s: f32, %old: f32):
    %0 = arith.divf %in, %s : f32
    linalg.yield %0 : f32
  }
  return %y : memref<?x512xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>

// The second op reads, in every row, the sums of all columns: no row may start before all sums are there.
// CHECK-LABEL: @sums_of_columns_come_first
// CHECK:         scf.forall
// CHECK:           arith.mulf
// CHECK:         scf.f
// CHECK:           arith.addf
// CHECK:         scf.forall
// CHECK:           arith.subf
func.func @sums_of_columns_come_first(%x: memref<512x512xf32>) -> memref<512x512xf32> {
  %sum = memref.alloc() : memref<512xf32>
  %y = memref.alloc() : memref<512x512xf32>
  %z = memref.alloc() : memref<512x512xf32>
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum : memref<512x512xf32>, memref<512xf32>) outs(%y : memref<512x512xf32>) {
  ^bb0(%in: f32, %s: f32, %old: f32):
    %0 = arith.mulf %in, %s : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #column], iterator_types = ["reduction", "parallel"]}
      ins(%y : memref<512x512xf32>) outs(%sum : memref<512xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#id, #column, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %sum : memref<512x512xf32>, memref<512xf32>) outs(%z : memref<512x512xf32>) {
  ^bb0(%in: f32, %s: f32, %old: f32):
    %0 = arith.subf %in, %s : f32
    linalg.yield %0 : f32
  }
  return %z : memref<512x512xf32>
}

// -----

#id = affine_map<(i, j) -> (i, j)>

// The second op reads rows that are not its own: all of them must be there.
// CHECK-LABEL: @reads_at_other_indices_come_later
// CHECK:         scf.forall
// CHECK:           math.absf
// CHECK:         scf.forall
// CHECK:           memref.load
// CHECK:           arith.addf
func.func @reads_at_other_indices_come_later(%x: memref<256x512xf32>) -> memref<256x512xf32> {
  %last = arith.constant 255 : index
  %y = memref.alloc() : memref<256x512xf32>
  %z = memref.alloc() : memref<256x512xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<256x512xf32>) outs(%y : memref<256x512xf32>) {
  ^bb0(%in: f32, %old: f32):
    %i = linalg.index 0 : index
    %row = arith.index_cast %i : index to i32
    %scale = arith.sitofp %row : i32 to f32
    %0 = arith.mulf %in, %scale : f32
    %1 = math.absf %0 : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<256x512xf32>) outs(%z : memref<256x512xf32>) {
  ^bb0(%in: f32, %old: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %mirrored = arith.subi %last, %i : index
    %other = memref.load %y[%mirrored, %j] : memref<256x512xf32>
    %0 = arith.addf %in, %other : f32
    linalg.yield %0 : f32
  }
  return %z : memref<256x512xf32>
}
