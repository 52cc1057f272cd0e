// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-emit-entry | FileCheck %s

// Pointer and sizes of an input come from the caller's table, what is static from the signature; results go to the other table.
// CHECK-LABEL: llvm.func internal @main
// CHECK-NOT:     halftone.inputs
// CHECK-LABEL: llvm.func @halftone_entry_main
// CHECK-SAME:    (%[[INPUTS:.*]]: !llvm.ptr, %[[OUTPUTS:.*]]: !llvm.ptr) -> i32
// CHECK-SAME:    halftone.entry_for = "main"
// CHECK:         %[[P0:.*]] = llvm.getelementptr inbounds %[[INPUTS]][0]
// CHECK:         %[[DATA:.*]] = llvm.load %[[P0]] : !llvm.ptr -> !llvm.ptr
// CHECK:         %[[P1:.*]] = llvm.getelementptr inbounds %[[INPUTS]][16]
// CHECK:         %[[ROWS:.*]] = llvm.load %[[P1]] : !llvm.ptr -> i64
// CHECK:         %[[COLUMNS:.*]] = llvm.mlir.constant(3 : i64)
// CHECK:         %[[RESULT:.*]] = llvm.call @main(%[[DATA]], %[[DATA]], %{{.*}}, %[[ROWS]], %[[COLUMNS]],
// CHECK:         %[[OUT:.*]] = llvm.getelementptr %{{.*}}[%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, f32
// CHECK:         %[[Q0:.*]] = llvm.getelementptr inbounds %[[OUTPUTS]][0]
// CHECK:         llvm.store %[[OUT]], %[[Q0]]
// CHECK:         %[[SIZE:.*]] = llvm.extractvalue %[[RESULT]][3, 0]
// CHECK:         %[[Q1:.*]] = llvm.getelementptr inbounds %[[OUTPUTS]][16]
// CHECK:         llvm.store %[[SIZE]], %[[Q1]]
llvm.func @main(%allocated: !llvm.ptr, %aligned: !llvm.ptr, %offset: i64, %size0: i64, %size1: i64, %stride0: i64, %stride1: i64)
    -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
    attributes {halftone.inputs = [{name = "x", type = tensor<?x3xf32>}], halftone.outputs = [{name = "y", type = tensor<?xf32>}]} {
  %r = llvm.mlir.poison : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  llvm.return %r : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
}
