// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the codes of each kind of format look like. The weights are 64 x 2, -1.5 and 1.5 in turn down
// each column, which every format holds exactly.
// RUN: printf 'weights: {format: int4, group: 32}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=INT4
// RUN: printf 'weights: {format: uint4, group: 48, symmetric: false}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=UINT4
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=fp8},halftone-quantize-weights))' | FileCheck %s --check-prefix=FP8
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=nf4},halftone-quantize-weights))' | FileCheck %s --check-prefix=NF4
// RUN: printf 'weights: {format: table, table: [1, 0.5, -3, -1, 0], granularity: channel}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=TABLE
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=mxfp4},halftone-quantize-weights))' | FileCheck %s --check-prefix=MXFP4
// RUN: printf 'weights: {format: mx6}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=MX6
// RUN: printf 'weights: {format: vsq4}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=VSQ4
// RUN: printf 'weights: {format: kmeans2}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=KMEANS
// RUN: printf 'weights: {format: bcq1, group: 32}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=BCQ
// RUN: printf 'weights: {format: bf16}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=BF16

// RUN: printf 'weights: {format: int4, group: 32, scales: f16}' > %t.yaml
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=%t.yaml},halftone-quantize-weights))' | FileCheck %s --check-prefix=HALF

// One scale per group of 32 rows: 1.5 / 7.
// INT4:      attributes {halftone.quantized_weights = {fc = {bytes = 80 : i64, effective_bits = 5.000000e+00 : f64, format = "int4", granularity = "group", group = 32 : i64{{.*}}}}}
// INT4-DAG:  %[[Q:.*]] = halftone.constant dense<{{.*}}> : tensor<64x2xi4>
// INT4-DAG:  %[[S:.*]] = halftone.constant dense<0.214285716> : tensor<2x2xf32>
// INT4-DAG:  %[[Z:.*]] = halftone.constant dense<0> : tensor<i4>
// INT4:      %[[W:.*]] = halftone.dequantize %[[Q]], %[[S]], %[[Z]] {blocks = array<i64: 32, 1>}
// INT4:      halftone.matmul %{{.*}}, %[[W]]

// The same scales in half of the bytes.
// HALF:      %[[S:.*]] = halftone.cast {{.*}} {to = f32} : (tensor<2x2xf16>) -> tensor<2x2xf32>
// HALF:      halftone.dequantize %{{.*}}, %[[S]], %{{.*}} {blocks = array<i64: 32, 1>} : (tensor<64x2xi4>

// A ragged last group; 3 / 15 and the middle of the codes.
// UINT4-DAG: halftone.constant dense<2.000000e-01> : tensor<2x2xf32>
// UINT4-DAG: halftone.constant dense<8> : tensor<ui4>
// UINT4:     halftone.dequantize {{.*}} {blocks = array<i64: 48, 1>} : (tensor<64x2xui4>, tensor<2x2xf32>, tensor<ui4>)

// FP8-DAG:   halftone.constant dense<{{.*}}> : tensor<64x2xf8E4M3FN>
// FP8:       halftone.dequantize {{.*}} {axis = 1 : i64} : (tensor<64x2xf8E4M3FN>, tensor<2xf32>, tensor<f8E4M3FN>) -> tensor<64x2xf32>

// The table is part of the format, the scale that of the group.
// NF4:       %[[NUMBERS:.*]] = halftone.lookup {{.*}} : (tensor<64x2xui4>, tensor<16xf32>) -> tensor<64x2xf32>
// NF4:       halftone.dequantize %[[NUMBERS]], {{.*}} {blocks = array<i64: 64, 1>} : (tensor<64x2xf32>, tensor<1x2xf32>, tensor<f32>)

// A table of the recipe's own, in order and filled up to the eight numbers of three bits. The largest magnitude is 3: the scale
// is .5, and 1.5 is no more than 1 of the table.
// TABLE:       format = "table", granularity = "channel"
// TABLE:       %[[T:.*]] = halftone.constant dense<[-3.000000e+00, -1.000000e+00, 0.000000e+00, 5.000000e-01, 1.000000e+00, 1.000000e+00, 1.000000e+00, 1.000000e+00]> : tensor<8xf32>
// TABLE:       %[[NUMBERS:.*]] = halftone.lookup %{{.*}}, %[[T]] : (tensor<64x2xui3>, tensor<8xf32>) -> tensor<64x2xf32>
// TABLE:       %[[S:.*]] = halftone.constant dense<5.000000e-01> : tensor<2xf32>
// TABLE:       halftone.dequantize %[[NUMBERS]], %[[S]], %{{.*}} {axis = 1 : i64}

// 1.5 = 6 * 2^-2: the exponent of 1.5 less that of 6, biased by 127, is 125.
// MXFP4:     %[[S:.*]] = halftone.dequantize {{.*}} : (tensor<2x2xf8E8M0FNU>, tensor<f32>, tensor<f8E8M0FNU>) -> tensor<2x2xf32>
// MXFP4:     halftone.dequantize %{{.*}}, %[[S]], %{{.*}} {blocks = array<i64: 32, 1>} : (tensor<64x2xf4E2M1FN>, tensor<2x2xf32>, tensor<f4E2M1FN>)

// Pairs share one bit, groups of sixteen an exponent.
// MX6:       %[[BITS:.*]] = halftone.lookup {{.*}} : (tensor<32x2xui1>, tensor<2xf32>) -> tensor<32x2xf32>
// MX6:       %[[COARSE:.*]] = halftone.dequantize {{.*}} : (tensor<4x2xf8E8M0FNU>
// MX6:       %[[FINE:.*]] = halftone.dequantize %[[BITS]], %[[COARSE]], %{{.*}} {blocks = array<i64: 8, 1>} : (tensor<32x2xf32>, tensor<4x2xf32>, tensor<f32>)
// MX6:       halftone.dequantize %{{.*}}, %[[FINE]], %{{.*}} {blocks = array<i64: 2, 1>} : (tensor<64x2xi5>

// Four-bit scales per vector of sixteen, times one float per column.
// VSQ4:      %[[FINE:.*]] = halftone.dequantize {{.*}} {blocks = array<i64: 4, 1>} : (tensor<4x2xui4>, tensor<1x2xf32>, tensor<ui4>) -> tensor<4x2xf32>
// VSQ4:      halftone.dequantize %{{.*}}, %[[FINE]], %{{.*}} {blocks = array<i64: 16, 1>} : (tensor<64x2xi4>

// KMEANS-DAG: %[[T:.*]] = halftone.constant dense<[-1.500000e+00, -5.000000e-01, 5.000000e-01, 1.500000e+00]> : tensor<4xf32>
// KMEANS:     halftone.lookup %{{.*}}, %[[T]] : (tensor<64x2xui2>, tensor<4xf32>) -> tensor<64x2xf32>

// BCQ-DAG:   halftone.constant dense<{{.*}}> : tensor<1x64x2xi1>
// BCQ-DAG:   halftone.constant dense<1.500000e+00> : tensor<1x2x2xf32>
// BCQ:       halftone.binary_decode {{.*}} {blocks = array<i64: 32, 1>} : (tensor<1x64x2xi1>, tensor<1x2x2xf32>, tensor<2x2xf32>) -> tensor<64x2xf32>

// BF16:      halftone.dequantize {{.*}} : (tensor<64x2xbf16>, tensor<f32>, tensor<bf16>) -> tensor<64x2xf32>
func.func @the_weights_become_codes_of_the_format(%x: tensor<3x64xf32>) -> tensor<3x2xf32> {
  %w = halftone.constant dense<"0x0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F0000C0BF0000C0BF0000C03F0000C03F"> : tensor<64x2xf32>
  %y = halftone.matmul %x, %w : (tensor<3x64xf32>, tensor<64x2xf32>) -> tensor<3x2xf32> loc("fc")
  return %y : tensor<3x2xf32>
}
