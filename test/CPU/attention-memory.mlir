// RUN: quant-opt %s --halftone-lower-to-tensors=target=x86-64-v3 --halftone-lower-to-loops=target=x86-64-v3 | FileCheck %s
// RUN: quant-opt %s "--halftone-lower-to-tensors=target=x86-64-v3 reference=true" "--halftone-lower-to-loops=target=x86-64-v3 reference=true" | FileCheck %s --check-prefix=REFERENCE

// Memory for the result, none for 64 x 512 scores; the reference has it.
// CHECK: halftone.arena_size = 2048 : i64
// CHECK-LABEL: func.func @attention
// CHECK-NOT: 64x512xf32
// REFERENCE-LABEL: func.func @attention
// REFERENCE: memref<1x1x64x512xf32>
func.func @attention(%q: tensor<1x1x64x8xf32>, %k: tensor<1x1x512x8xf32>, %v: tensor<1x1x512x8xf32>) -> tensor<1x1x64x8xf32> {
  %t = halftone.transpose %k {permutation = array<i64: 0, 1, 3, 2>} : (tensor<1x1x512x8xf32>) -> tensor<1x1x8x512xf32>
  %p = halftone.matmul %q, %t : (tensor<1x1x64x8xf32>, tensor<1x1x8x512xf32>) -> tensor<1x1x64x512xf32>
  %w = halftone.softmax %p {axis = 3 : i64} : (tensor<1x1x64x512xf32>) -> tensor<1x1x64x512xf32>
  %y = halftone.matmul %w, %v : (tensor<1x1x64x512xf32>, tensor<1x1x512x8xf32>) -> tensor<1x1x64x8xf32>
  return %y : tensor<1x1x64x8xf32>
}
