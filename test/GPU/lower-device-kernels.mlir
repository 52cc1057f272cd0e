// RUN: quant-opt --pass-pipeline='builtin.module(gpu.module(halftone-lower-device-kernels))' %s | FileCheck %s

gpu.module @kernels {
  // Instructions and polynomials; libdevice is not there when a driver loads the module.
  // CHECK-LABEL: llvm.func @functions
  // CHECK-SAME:    nvvm.kernel
  // CHECK-NOT:     llvm.call
  // CHECK:         llvm.intr.sqrt
  // CHECK:         llvm.intr.roundeven
  // Whole turns of an angle are taken off in f64.
  // CHECK:         llvm.fpext {{.*}} : f32 to f64
  // CHECK:         llvm.intr.roundeven({{.*}}) : (f64) -> f64
  // CHECK-NOT:     llvm.call
  // CHECK:         llvm.return
  gpu.func @functions(%x: memref<1xf32, #gpu.address_space<global>>) kernel {
    %c0 = arith.constant 0 : index
    %0 = memref.load %x[%c0] : memref<1xf32, #gpu.address_space<global>>
    %1 = math.sqrt %0 : f32
    %2 = math.roundeven %1 : f32
    %3 = math.sin %2 : f32
    %4 = math.exp %3 : f32
    memref.store %4, %x[%c0] : memref<1xf32, #gpu.address_space<global>>
    gpu.return
  }

  // Users give bytes that are neither 0 nor 1.
  // CHECK-LABEL: llvm.func @any_byte_but_zero_is_true
  // CHECK:         %[[BYTE:.*]] = llvm.load {{.*}} : !llvm.ptr<1> -> i8
  // CHECK:         %[[TRUE:.*]] = llvm.icmp "ne" %[[BYTE]],
  // CHECK:         llvm.zext %[[TRUE]] : i1 to i8
  gpu.func @any_byte_but_zero_is_true(%x: memref<2xi1, #gpu.address_space<global>>) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %0 = memref.load %x[%c0] : memref<2xi1, #gpu.address_space<global>>
    memref.store %0, %x[%c1] : memref<2xi1, #gpu.address_space<global>>
    gpu.return
  }

  // CHECK-LABEL: llvm.func @ends_failing_threads
  // CHECK:         llvm.cond_br %{{.*}}, ^[[ON:.*]], ^[[END:.*]]
  // CHECK:       ^[[ON]]:
  // CHECK:         llvm.store
  // CHECK:       ^[[END]]:
  // CHECK-NEXT:    llvm.return
  gpu.func @ends_failing_threads(%x: memref<1xf32, #gpu.address_space<global>>, %holds: i1) kernel {
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    cf.assert %holds, ""
    memref.store %zero, %x[%c0] : memref<1xf32, #gpu.address_space<global>>
    gpu.return
  }
}
