// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-layout-weights | FileCheck %s

// Equal contents share a place, whatever holds them; places are whole cache lines, and know the first node that reads them.
// CHECK:       module attributes
// CHECK-SAME:    halftone.weights = [dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>, dense<[true, false, true]> : tensor<3xi1>, dense<7> : tensor<4xi8>]
// CHECK-SAME:    halftone.weights_nodes = ["fc1", "fc2", ""]
// CHECK-SAME:    halftone.weights_offsets = array<i64: 0, 64, 128>
// CHECK-SAME:    halftone.weights_size = 192 : i64
// CHECK-NOT:     memref.global
// CHECK-LABEL: @constants_get_places
// CHECK:         halftone.weights_view {offset = 0 : i64} : memref<2xf32>
// CHECK:         halftone.weights_view {offset = 64 : i64} : memref<3xi1>
// CHECK:         halftone.weights_view {offset = 0 : i64} : memref<1x2xf32>
// CHECK:         halftone.weights_view {offset = 0 : i64} : memref<2xi32>
// CHECK:         halftone.weights_view {offset = 128 : i64} : memref<4xi8>
memref.global "private" constant @seven : memref<4xi8> = dense<7>
func.func @constants_get_places() -> (memref<2xf32>, memref<3xi1>, memref<1x2xf32>, memref<2xi32>, memref<4xi8>) {
  %0 = halftone.constant dense<[1.0, 2.0]> : tensor<2xf32> to memref<2xf32> loc("fc1")
  %1 = halftone.constant dense<[true, false, true]> : tensor<3xi1> to memref<3xi1> loc(fused["fc2", "fc3"])
  %2 = halftone.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32> to memref<1x2xf32>
  %3 = halftone.constant dense<[0x3f800000, 0x40000000]> : tensor<2xi32> to memref<2xi32>
  %4 = memref.get_global @seven : memref<4xi8>
  return %0, %1, %2, %3, %4 : memref<2xf32>, memref<3xi1>, memref<1x2xf32>, memref<2xi32>, memref<4xi8>
}
