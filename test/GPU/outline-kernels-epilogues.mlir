// RUN: quant-opt --halftone-outline-kernels --canonicalize --cse --split-input-file %s | FileCheck %s

#global = #gpu.address_space<global>
#lhs = affine_map<(m, n, k) -> (m, k)>
#rhs = affine_map<(m, n, k) -> (k, n)>
#out = affine_map<(m, n, k) -> (m, n)>
#same = affine_map<(n, m) -> (m, n)>
#column = affine_map<(n, m) -> (n)>

// The sums of a tile go on as rows times columns: scaled, with a bias and what the output holds
// (a residual). They are in no memory, and the operand is freed behind the kernel.
// CHECK-LABEL: gpu.func @kernel_0
// CHECK-SAME:    memref<100x80xi8{{.*}}memref<80x150xi8{{.*}}memref<100x150xf32{{.*}}memref<150xf32
// CHECK-NOT:     memref<100x150xi32
// CHECK:         nvvm.mma.sync
// CHECK:         scf.if
// CHECK:           arith.sitofp
// CHECK:           %[[BIASED:.*]] = arith.addf
// CHECK:           %[[OLD:.*]] = memref.load {{.*}} : memref<100x150xf32
// CHECK:           arith.addf %[[BIASED]], %[[OLD]]
// CHECK:           memref.store {{.*}} : memref<100x150xf32

// CHECK-LABEL: func.func @tile
// CHECK-NOT:     memref<100x150xi32
// CHECK:         gpu.launch_func @kernels::@kernel_0
// CHECK-NEXT:    memref.dealloc {{.*}} : memref<100x80xi8
// CHECK-NOT:     gpu.launch_func
func.func @tile(%x: memref<100x80xi8, #global>, %b: memref<80x150xi8, #global>, %bias: memref<150xf32, #global>) -> memref<100x150xf32, #global> {
  %zero = arith.constant 0 : i32
  %a = memref.alloc() : memref<100x80xi8, #global>
  memref.copy %x, %a : memref<100x80xi8, #global> to memref<100x80xi8, #global>
  %y = memref.alloc() : memref<100x150xf32, #global>
  %c = memref.alloc() : memref<100x150xi32, #global>
  linalg.fill ins(%zero : i32) outs(%c : memref<100x150xi32, #global>)
  linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : memref<100x80xi8, #global>, memref<80x150xi8, #global>) outs(%c : memref<100x150xi32, #global>) {
  ^bb0(%l: i8, %r: i8, %sum: i32):
    %wide = arith.extsi %l : i8 to i32
    %other = arith.extsi %r : i8 to i32
    %product = arith.muli %wide, %other : i32
    %new = arith.addi %sum, %product : i32
    linalg.yield %new : i32
  }
  memref.dealloc %a : memref<100x80xi8, #global>
  linalg.generic {indexing_maps = [#same, #column, #same], iterator_types = ["parallel", "parallel"]}
      ins(%c, %bias : memref<100x150xi32, #global>, memref<150xf32, #global>) outs(%y : memref<100x150xf32, #global>) {
  ^bb0(%sum: i32, %in: f32, %old: f32):
    %number = arith.sitofp %sum : i32 to f32
    %biased = arith.addf %number, %in : f32
    %new = arith.addf %biased, %old : f32
    linalg.yield %new : f32
  }
  memref.dealloc %c : memref<100x150xi32, #global>
  return %y : memref<100x150xf32, #global>
}

// -----

#global = #gpu.address_space<global>
#identity = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#element = affine_map<(d0) -> (d0)>

// Whatever the reduction; what it starts from is no kernel either.
// CHECK-LABEL: gpu.func @kernel_0
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK:         scf.if
// CHECK:           math.sqrt
// CHECK-NEXT:      memref.store
// CHECK-LABEL: func.func @row_sums
// CHECK:         gpu.launch_func @kernels::@kernel_0
// CHECK-NOT:     gpu.launch_func
func.func @row_sums(%x: memref<30x100xf32, #global>, %y: memref<30xf32, #global>) -> memref<30xf32, #global> {
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloc() : memref<30xf32, #global>
  %roots = memref.alloc() : memref<30xf32, #global>
  linalg.fill ins(%zero : f32) outs(%sums : memref<30xf32, #global>)
  linalg.generic {indexing_maps = [#identity, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<30x100xf32, #global>) outs(%sums : memref<30xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  }
  linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel"]}
      ins(%sums : memref<30xf32, #global>) outs(%roots : memref<30xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %root = math.sqrt %in : f32
    linalg.yield %root : f32
  }
  return %roots : memref<30xf32, #global>
}

// -----

#global = #gpu.address_space<global>
#identity = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>
#element = affine_map<(d0) -> (d0)>

// Other threads still read the row that the elementwise op would write.
// CHECK-LABEL: func.func @overwrites_operand
// CHECK:         gpu.launch_func
// CHECK:         gpu.launch_func
func.func @overwrites_operand(%x: memref<30x30xf32, #global>) {
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<30x30xf32, #global>
  memref.copy %x, %a : memref<30x30xf32, #global> to memref<30x30xf32, #global>
  %first = memref.subview %a[0, 0] [1, 30] [1, 1] : memref<30x30xf32, #global> to memref<30xf32, strided<[1]>, #global>
  %sums = memref.alloc() : memref<30xf32, #global>
  linalg.fill ins(%zero : f32) outs(%sums : memref<30xf32, #global>)
  linalg.generic {indexing_maps = [#identity, #row], iterator_types = ["parallel", "reduction"]}
      ins(%a : memref<30x30xf32, #global>) outs(%sums : memref<30xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  }
  linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel"]}
      ins(%sums : memref<30xf32, #global>) outs(%first : memref<30xf32, strided<[1]>, #global>) {
  ^bb0(%in: f32, %out: f32):
    %root = math.sqrt %in : f32
    linalg.yield %root : f32
  }
  memref.copy %a, %x : memref<30x30xf32, #global> to memref<30x30xf32, #global>
  return
}

// Every sum is needed for each element, or by somebody else.
// CHECK-LABEL: func.func @repeated
// CHECK-COUNT-2: gpu.launch_func
func.func @repeated(%x: memref<30x100xf32, #global>) -> memref<30x30xf32, #global> {
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloc() : memref<30xf32, #global>
  %all = memref.alloc() : memref<30x30xf32, #global>
  linalg.fill ins(%zero : f32) outs(%sums : memref<30xf32, #global>)
  linalg.generic {indexing_maps = [#identity, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<30x100xf32, #global>) outs(%sums : memref<30xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  }
  linalg.generic {indexing_maps = [#row, #column, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%sums, %sums : memref<30xf32, #global>, memref<30xf32, #global>) outs(%all : memref<30x30xf32, #global>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %product = arith.mulf %l, %r : f32
    linalg.yield %product : f32
  }
  return %all : memref<30x30xf32, #global>
}

// CHECK-LABEL: func.func @two_readers
// CHECK-COUNT-3: gpu.launch_func
func.func @two_readers(%x: memref<30x100xf32, #global>, %y: memref<30xf32, #global>, %z: memref<30xf32, #global>) {
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloc() : memref<30xf32, #global>
  linalg.fill ins(%zero : f32) outs(%sums : memref<30xf32, #global>)
  linalg.generic {indexing_maps = [#identity, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<30x100xf32, #global>) outs(%sums : memref<30xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %out : f32
    linalg.yield %sum : f32
  }
  linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel"]}
      ins(%sums : memref<30xf32, #global>) outs(%y : memref<30xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %root = math.sqrt %in : f32
    linalg.yield %root : f32
  }
  linalg.generic {indexing_maps = [#element, #element], iterator_types = ["parallel"]}
      ins(%sums : memref<30xf32, #global>) outs(%z : memref<30xf32, #global>) {
  ^bb0(%in: f32, %out: f32):
    %twice = arith.addf %in, %in : f32
    linalg.yield %twice : f32
  }
  return
}
