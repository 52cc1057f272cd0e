// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A file of rounded weights is only used for a layer that it can be of, and when it is whole.
// RUN: rm -rf %t && mkdir %t
// RUN: sed 's|PATH|%t/a|; s|GRAM|halftone.gram_matrix = dense<1.0> : tensor<2x2xf32>,|' %s | quant-opt --halftone-quantize-weights -o /dev/null
// RUN: sed 's|PATH|%t/a|; s|GRAM||' %s | quant-opt --halftone-quantize-weights -o /dev/null

// RUN: sed 's|PATH|%t/none|; s|GRAM||' %s | not quant-opt --halftone-quantize-weights 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: cannot use its rounded weights: '{{.*}}/none': No such file or directory
// NONE: note: remove the file, so that they are rounded again

// RUN: cp %s %t/other
// RUN: sed 's|PATH|%t/other|; s|GRAM||' %s | not quant-opt --halftone-quantize-weights 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: error: cannot use its rounded weights: '{{.*}}/other': is no file of rounded weights

// RUN: head -c 25 %t/a > %t/short
// RUN: sed 's|PATH|%t/short|; s|GRAM||' %s | not quant-opt --halftone-quantize-weights 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: error: cannot use its rounded weights: '{{.*}}/short': ends too early

// RUN: %python -c "b = bytearray(open('%t/a', 'rb').read()); b[-1] ^= 1; open('%t/flipped', 'wb').write(b)"
// RUN: sed 's|PATH|%t/flipped|; s|GRAM||' %s | not quant-opt --halftone-quantize-weights 2>&1 | FileCheck %s --check-prefix=FLIPPED
// FLIPPED: error: cannot use its rounded weights: '{{.*}}/flipped': is damaged

// Codes of int4 are no codes of int2, and one scale is not one for each channel.
// RUN: sed 's|PATH|%t/a|; s|GRAM||; s|int4|int2|' %s | not quant-opt --halftone-quantize-weights 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: sed 's|PATH|%t/a|; s|GRAM||; s|"tensor", rounding|"channel", rounding|' %s | not quant-opt --halftone-quantize-weights 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: sed 's|PATH|%t/a|; s|GRAM||; s|int4|kmeans4|; s|gptq|centroids|' %s | not quant-opt --halftone-quantize-weights 2>&1 | FileCheck %s --check-prefix=FORMAT
// FORMAT: error: cannot use its rounded weights: '{{.*}}/a': holds weights of another shape or format

// RUN: sed 's|PATH|%t/a/b|; s|GRAM|halftone.gram_matrix = dense<1.0> : tensor<2x2xf32>,|' %s | not quant-opt --halftone-quantize-weights 2>&1 | FileCheck %s --check-prefix=KEEP
// KEEP: error: cannot keep its rounded weights: '{{.*}}/a/b': Not a directory
func.func @main(%x: tensor<5x2xf32>) -> tensor<5x2xf32> {
  %w = halftone.constant dense<[[0.4, 7.0], [0.4, 0.1]]> : tensor<2x2xf32>
  %y = halftone.matmul %x, %w {
      halftone.scheme = {weights = {format = "int4", granularity = "tensor", rounding = "gptq"}}, GRAM
      halftone.rounded_file = "PATH"}
      : (tensor<5x2xf32>, tensor<2x2xf32>) -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}
