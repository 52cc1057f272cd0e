// RUN: quant-opt --halftone-outline-kernels %s | FileCheck %s

#global = #gpu.address_space<global>
#identity = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>

// Blocks of 256 threads, each with one element; what is beyond the last one is left alone.
// CHECK-LABEL: gpu.module @kernels
// CHECK:         gpu.func @kernel_0({{.*}}) kernel
// CHECK:           %[[POSITION:.*]] = arith.addi
// CHECK:           %[[INSIDE:.*]] = arith.cmpi ult, %[[POSITION]], %c3000
// CHECK:           scf.if %[[INSIDE]]
// CHECK:             memref.load
// CHECK:             arith.addf
// CHECK:             memref.store

// The lanes of a warp add up every 32nd element of a row, then exchange their sums.
// CHECK:         gpu.func @kernel_1({{.*}}) kernel
// CHECK:           scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c32{{.*}} iter_args
// CHECK-COUNT-5:   gpu.shuffle xor
// CHECK:           memref.store

// The number of what fails is on the device.
// CHECK:         gpu.func @kernel_2({{.*}}) kernel
// CHECK:           scf.if
// CHECK:             memref.store %c1_i32
// CHECK:           cf.assert

// Equal ops share a kernel.
// CHECK-LABEL: func.func @one_thread_per_element
// CHECK:         gpu.launch_func @kernels::@kernel_0 blocks in (%c12{{[_0-9]*}}, {{.*}}) threads in (%c256
// CHECK:         gpu.launch_func @kernels::@kernel_0
func.func @one_thread_per_element(%x: memref<30x100xf32, #global>, %y: memref<30x100xf32, #global>) {
  linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<30x100xf32, #global>) outs(%y : memref<30x100xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %twice = arith.addf %in, %in : f32
    linalg.yield %twice : f32
  }
  linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%y : memref<30x100xf32, #global>) outs(%x : memref<30x100xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %twice = arith.addf %in, %in : f32
    linalg.yield %twice : f32
  }
  return
}

// CHECK-LABEL: func.func @one_warp_per_row
// CHECK:         gpu.launch_func @kernels::@kernel_1 blocks in (%c4
func.func @one_warp_per_row(%x: memref<30x100xf32, #global>, %sums: memref<30xf32, #global>) {
  linalg.generic {indexing_maps = [#identity, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<30x100xf32, #global>) outs(%sums : memref<30xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  }
  return
}

// CHECK-LABEL: func.func @assertions
// CHECK:         %[[CELL:.*]] = memref.alloc() : memref<1xi32, #gpu.address_space<global>>
// CHECK:         memref.store %c0_i32, %[[CELL]]
// CHECK:         gpu.launch_func @kernels::@kernel_2
// CHECK:         %[[NUMBER:.*]] = memref.load %[[CELL]]
// CHECK:         %[[HOLDS:.*]] = arith.cmpi ne, %[[NUMBER]], %c1_i32
// CHECK:         cf.assert %[[HOLDS]], "negative"
func.func @assertions(%x: memref<100xi32, #global>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      outs(%x : memref<100xi32, #global>) {
  ^bb0(%out: i32):
    %zero = arith.constant 0 : i32
    %holds = arith.cmpi sge, %out, %zero : i32
    cf.assert %holds, "negative"
    linalg.yield %out : i32
  }
  return
}
