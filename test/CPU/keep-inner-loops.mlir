// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-keep-inner-loops | FileCheck %s
// RUN: quant-opt %s --halftone-keep-inner-loops --convert-scf-to-cf --halftone-convert-to-llvm | FileCheck %s --check-prefix=LLVM

// Groups of 32 share a scale.
// CHECK-LABEL: func.func @groups
// CHECK: scf.for
// CHECK: scf.for
// CHECK: memref.store
// CHECK-NEXT: } {llvm.loop_annotation = #loop_annotation}
// CHECK-NEXT: }
// LLVM: #[[UNROLL:.*]] = #llvm.loop_unroll<disable = true>
// LLVM: llvm.func @groups
// LLVM: llvm.br {{.*}} {loop_annotation = #
func.func @groups(%codes: memref<1024x32xi8>, %scales: memref<1024xf32>, %out: memref<1024x32xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %c1024 = arith.constant 1024 : index
  scf.for %i = %c0 to %c1024 step %c1 {
    scf.for %j = %c0 to %c32 step %c1 {
      %code = memref.load %codes[%i, %j] : memref<1024x32xi8>
      %scale = memref.load %scales[%i] : memref<1024xf32>
      %number = arith.sitofp %code : i8 to f32
      %weight = arith.mulf %number, %scale : f32
      memref.store %weight, %out[%i, %j] : memref<1024x32xf32>
    }
  }
  return
}

// Few iterations are better without a loop; a loop alone is vectorized anyway; across rows there are no vectors.
// CHECK-LABEL: func.func @others
// CHECK-NOT: loop_annotation
func.func @others(%in: memref<64x64xf32>, %out: memref<64x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c1 {
    scf.for %j = %c0 to %c5 step %c1 {
      %x = memref.load %in[%i, %j] : memref<64x64xf32>
      memref.store %x, %out[%i, %j] : memref<64x64xf32>
    }
  }
  scf.for %j = %c0 to %c64 step %c1 {
    %x = memref.load %in[%c0, %j] : memref<64x64xf32>
    memref.store %x, %out[%c0, %j] : memref<64x64xf32>
  }
  scf.for %i = %c0 to %c64 step %c1 {
    scf.for %j = %c0 to %c64 step %c1 {
      %x = memref.load %in[%j, %i] : memref<64x64xf32>
      memref.store %x, %out[%i, %j] : memref<64x64xf32>
    }
  }
  return
}
