// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: printf 'weights: {format: int8}\nskip: [lm_hed]\n' > %t.skip.yaml
// RUN: quant-opt %s --halftone-assign-schemes="recipe=%t.skip.yaml" --verify-diagnostics
// RUN: not quant-opt %s --halftone-assign-schemes="recipe=w9a9" 2>&1 | FileCheck %s --check-prefix=PRESET
// RUN: printf 'weights: {format: int9}\n' > %t.format.yaml
// RUN: not quant-opt %s --halftone-assign-schemes="recipe=%t.format.yaml" 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: printf 'weights: {format: int8}\nactivation: {format: int8}\n' > %t.key.yaml
// RUN: not quant-opt %s --halftone-assign-schemes="recipe=%t.key.yaml" 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: printf 'weights: {format: int8}\nactivations: {format: int8, granularity: token}\n' > %t.token.yaml
// RUN: not quant-opt %s --halftone-assign-schemes="recipe=%t.token.yaml" 2>&1 | FileCheck %s --check-prefix=TOKEN

// PRESET: 'w9a9' is neither a file nor a preset; presets: float, w8, w8a8-static, w8a8-dynamic,
// FORMAT: format.yaml:1:11: error: unknown format 'int9'
// KEY: key.yaml:2:1: error: unknown key 'activation'
// TOKEN: token.yaml:2:15: error: granularity 'token' needs 'when: dynamic'

// A misspelt name would silently quantize the layer that it was to spare.
// expected-error @below {{'lm_hed' matches no node of the model}}
// expected-note @below {{a name must match exactly}}
func.func @a_skip_entry_must_match(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %y = halftone.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32> loc("lm_head")
  return %y : tensor<2x4xf32>
}
