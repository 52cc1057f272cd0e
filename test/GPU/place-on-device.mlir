// RUN: quant-opt --halftone-place-on-device %s | FileCheck %s

#identity = affine_map<(d0) -> (d0)>

// The kernel's input is copied before it, its output after it.
// CHECK-LABEL: @copies_arguments_and_results(
// CHECK-SAME:    %[[ARGUMENT:.*]]: memref<?xf32>)
// CHECK:         %[[INPUT:.*]] = memref.alloc({{.*}}) : memref<?xf32, #gpu.address_space<global>>
// CHECK-NEXT:    memref.copy %[[ARGUMENT]], %[[INPUT]]
// CHECK:         %[[OUTPUT:.*]] = memref.alloc({{.*}}) : memref<?xf32, #gpu.address_space<global>>
// CHECK:         linalg.generic {{.*}} ins(%[[INPUT]] {{.*}} outs(%[[OUTPUT]]
// CHECK:         %[[RESULT:.*]] = memref.alloc({{.*}}) : memref<?xf32>
// CHECK-NEXT:    memref.copy %[[OUTPUT]], %[[RESULT]]
// CHECK-NEXT:    return %[[RESULT]] : memref<?xf32>
func.func @copies_arguments_and_results(%input: memref<?xf32>) -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %size = memref.dim %input, %c0 : memref<?xf32>
  %output = memref.alloc(%size) : memref<?xf32>
  linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel"]}
      ins(%input : memref<?xf32>) outs(%output : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %twice = arith.addf %in, %in : f32
    linalg.yield %twice : f32
  }
  return %output : memref<?xf32>
}

// Two sizes are not worth a launch.
// CHECK-LABEL: @keeps_shape_arithmetic
// CHECK-NOT:     address_space
// CHECK:         return
func.func @keeps_shape_arithmetic(%input: memref<2xi64>) -> memref<2xi64> {
  %output = memref.alloc() : memref<2xi64>
  linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel"]}
      ins(%input : memref<2xi64>) outs(%output : memref<2xi64>) {
  ^bb0(%in: i64, %out: i64):
    %twice = arith.addi %in, %in : i64
    linalg.yield %twice : i64
  }
  return %output : memref<2xi64>
}

// The host reads an argument where it is, though a kernel needs it on the device as well.
// CHECK-LABEL: @reads_arguments_on_the_host(
// CHECK-SAME:    %[[ARGUMENT:.*]]: memref<100xf32>)
// CHECK:         memref.copy %[[ARGUMENT]], %[[INPUT:.*]] : memref<100xf32> to memref<100xf32, #gpu.address_space<global>>
// CHECK:         memref.load %[[ARGUMENT]]
// CHECK:         linalg.generic {{.*}} ins(%[[INPUT]]
func.func @reads_arguments_on_the_host(%input: memref<100xf32>) -> (f32, memref<100xf32>) {
  %c7 = arith.constant 7 : index
  %element = memref.load %input[%c7] : memref<100xf32>
  %output = memref.alloc() : memref<100xf32>
  linalg.generic {indexing_maps = [#identity, #identity], iterator_types = ["parallel"]}
      ins(%input : memref<100xf32>) outs(%output : memref<100xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  }
  return %element, %output : f32, memref<100xf32>
}

// All that may be the memory of an operand goes with it, through views and branches.
// CHECK-LABEL: @takes_aliases_along
// CHECK:         scf.if {{.*}} -> (memref<100xf32, #gpu.address_space<global>>)
// CHECK:         memref.subview {{.*}} to memref<50xf32, strided<[1]>, #gpu.address_space<global>>
// CHECK:         linalg.fill {{.*}} #gpu.address_space<global>>
func.func @takes_aliases_along(%condition: i1, %value: f32) {
  %first = memref.alloc() : memref<100xf32>
  %second = memref.alloc() : memref<100xf32>
  %chosen = scf.if %condition -> memref<100xf32> {
    scf.yield %first : memref<100xf32>
  } else {
    scf.yield %second : memref<100xf32>
  }
  %part = memref.subview %chosen[0] [50] [1] : memref<100xf32> to memref<50xf32, strided<[1]>>
  linalg.fill ins(%value : f32) outs(%part : memref<50xf32, strided<[1]>>)
  return
}
