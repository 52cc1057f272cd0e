// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-convert-to-linalg --canonicalize | FileCheck %s

// One codebook for all: the code is the index.
// CHECK-LABEL: @looks_codes_up
// CHECK:         linalg.generic {{.*}} ins(%{{.*}} : tensor<4x6xi8>)
// CHECK:         ^bb0(%[[CODE:.*]]: i8, %{{.*}}: f32):
// CHECK:           %[[INDEX:.*]] = arith.index_castui %[[CODE]] : i8 to index
// CHECK:           tensor.extract %{{.*}}[%[[INDEX]]] : tensor<256xf32>
func.func @looks_codes_up(%q: tensor<4x6xui8>, %t: tensor<256xf32>) -> tensor<4x6xf32> {
  %0 = halftone.lookup %q, %t : (tensor<4x6xui8>, tensor<256xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// The block comes first, then the code.
// CHECK-LABEL: @chooses_the_codebook_of_the_block
// CHECK:           %[[COLUMN:.*]] = linalg.index
// CHECK:           %[[INDEX:.*]] = arith.index_castui
// CHECK:           tensor.extract %{{.*}}[%{{.*}}, %[[COLUMN]], %[[INDEX]]] : tensor<1x6x256xf32>
func.func @chooses_the_codebook_of_the_block(%q: tensor<4x6xui8>, %t: tensor<1x6x256xf32>) -> tensor<4x6xf32> {
  %0 = halftone.lookup %q, %t {blocks = array<i64: 4, 1>} : (tensor<4x6xui8>, tensor<1x6x256xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// From the offset on, plane by plane.
// CHECK-LABEL: @adds_planes
// CHECK:         %[[START:.*]] = linalg.generic
// CHECK:         %[[FIRST:.*]] = linalg.generic {{.*}}, %[[START]] :
// CHECK:           arith.select
// CHECK:           arith.addf
// CHECK:         linalg.generic {{.*}}, %[[FIRST]] :
// CHECK:           arith.select
// CHECK:           arith.addf
// CHECK-NOT:     arith.select
func.func @adds_planes(%p: tensor<2x4x6xi1>, %s: tensor<2x1x6xf32>, %o: tensor<1x6xf32>) -> tensor<4x6xf32> {
  %0 = halftone.binary_decode %p, %s, %o {blocks = array<i64: 4, 1>} : (tensor<2x4x6xi1>, tensor<2x1x6xf32>, tensor<1x6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// A loop where their number is not known.
// CHECK-LABEL: @adds_planes_of_any_number
// CHECK:         scf.for
// CHECK:           linalg.generic
func.func @adds_planes_of_any_number(%p: tensor<?x4x6xi1>, %s: tensor<?x1x6xf32>, %o: tensor<1x6xf32>) -> tensor<4x6xf32> {
  %0 = halftone.binary_decode %p, %s, %o {blocks = array<i64: 4, 1>} : (tensor<?x4x6xi1>, tensor<?x1x6xf32>, tensor<1x6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}
