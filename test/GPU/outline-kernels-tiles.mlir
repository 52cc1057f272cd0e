// RUN: quant-opt --halftone-outline-kernels --canonicalize --cse --split-input-file %s | FileCheck %s

#global = #gpu.address_space<global>
#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (k, n)>
#out = affine_map<(m, n, k) -> (m, n)>

// Rows of the left side are copied in whole chunks while others are multiplied; the right side's
// columns are gathered. What the output is filled with is where the sums start.
// CHECK-LABEL: gpu.func @kernel_0
// CHECK-SAME:    workgroup(%[[LHS:.*]] : memref<4x64x64xi8, #gpu.address_space<workgroup>> {llvm.align = 16 : i64}, %[[RHS:.*]] : memref<4x64x64xi8, #gpu.address_space<workgroup>> {llvm.align = 16 : i64})
// CHECK:         nvgpu.device_async_copy %{{.*}}, %[[LHS]][{{.*}}], 16, %{{.*}} {bypassL1}
// CHECK:         vector.store %{{.*}}, %[[RHS]]{{.*}} {alignment = 16 : i64}
// CHECK:         nvvm.cp.async.commit.group
// CHECK:         scf.for {{.*}} iter_args({{.*}} = %c7_i32
// CHECK:           nvvm.cp.async.wait.group 2
// CHECK:           gpu.barrier
// CHECK:           nvgpu.ldmatrix %[[LHS]]
// CHECK:           nvgpu.ldmatrix %[[RHS]]
// CHECK:           nvvm.mma.sync {{.*}} multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>, shape = #nvvm.shape<m = 16, n = 8, k = 32>
// CHECK:         scf.if
// CHECK:           memref.store

// CHECK-LABEL: func.func @bytes
// CHECK:         gpu.launch_func @kernels::@kernel_0 blocks in (%c6,
// CHECK-NOT:     gpu.launch_func
func.func @bytes(%a: memref<100x80xi8, #global>, %b: memref<80x150xi8, #global>, %c: memref<100x150xi32, #global>) {
  %seven = arith.constant 7 : i32
  linalg.fill ins(%seven : i32) outs(%c : memref<100x150xi32, #global>)
  linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<100x80xi8, #global>, memref<80x150xi8, #global>) outs(%c : memref<100x150xi32, #global>) {
  ^bb0(%x: i8, %y: i8, %sum: i32):
    %l = arith.extui %x : i8 to i32
    %r = arith.extsi %y : i8 to i32
    %product = arith.muli %l, %r : i32
    %new = arith.addi %sum, %product : i32
    linalg.yield %new : i32
  }
  return
}

// -----

#global = #gpu.address_space<global>
#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (n, k)>
#out = affine_map<(m, n, k) -> (m, n)>

// f32 is multiplied and added as on a CPU, one term after the other, from what the output holds.
// CHECK-LABEL: gpu.func @kernel_0
// CHECK:         memref.load
// CHECK:         scf.for
// CHECK-NOT:       mma
// CHECK:           vector.load {{.*}} {alignment = 16 : i64}
// CHECK:           arith.mulf
// CHECK-NOT:       fastmath
// CHECK:           arith.addf
func.func @floats(%a: memref<?x64xf32, #global>, %b: memref<33x64xf32, #global>, %c: memref<?x33xf32, #global>) {
  linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<?x64xf32, #global>, memref<33x64xf32, #global>) outs(%c : memref<?x33xf32, #global>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %product = arith.mulf %x, %y : f32
    %new = arith.addf %product, %sum : f32
    linalg.yield %new : f32
  }
  return
}

// -----

#global = #gpu.address_space<global>
#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (k, n)>
#out = affine_map<(m, n, k) -> (m, n)>

// Most of a tile would be padding.
// CHECK-LABEL: gpu.func @kernel_0
// CHECK-NOT:     workgroup
// CHECK:         scf.for
// CHECK-LABEL: func.func @few_rows
// CHECK:         gpu.launch_func @kernels::@kernel_0
func.func @few_rows(%a: memref<7x64xf32, #global>, %b: memref<64x33xf32, #global>, %c: memref<7x33xf32, #global>) {
  linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<7x64xf32, #global>, memref<64x33xf32, #global>) outs(%c : memref<7x33xf32, #global>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %product = arith.mulf %x, %y : f32
    %new = arith.addf %product, %sum : f32
    linalg.yield %new : f32
  }
  return
}
