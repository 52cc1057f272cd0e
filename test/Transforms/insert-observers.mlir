// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=w8a8-static},halftone-insert-observers))' | FileCheck %s
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-assign-schemes{recipe=w8a8-dynamic},halftone-insert-observers))' | FileCheck %s --check-prefix=NONE
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(halftone-insert-observers{all=true}))' | FileCheck %s

// RUN: quant-opt %s --halftone-insert-observers | FileCheck %s --check-prefix=SOME

// A dynamic recipe finds its ranges at run time.
// NONE-NOT: halftone.observe

// CHECK-LABEL: @every_use_but_the_result_reads_the_observed_value
// CHECK: %[[X:.*]] = halftone.observe %{{.*}} {tensor = "input"}
// CHECK: %[[Y:.*]] = halftone.matmul %[[X]],
// CHECK: %[[O:.*]] = halftone.observe %[[Y]] {tensor = "fc"}
// CHECK: %[[Z:.*]] = halftone.matmul %[[O]],
// CHECK: halftone.add %[[Z]], %[[O]]
// CHECK: return %{{.*}}, %[[Y]]
func.func @every_use_but_the_result_reads_the_observed_value(%x: tensor<2x4xf32> {halftone.name = "input"})
    -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %w = halftone.constant dense<1.0> : tensor<4x4xf32>
  %y = halftone.matmul %x, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> loc("fc")
  %z = halftone.matmul %y, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> loc("fc2")
  %s = halftone.add %z, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> loc("sum")
  return %s, %y : tensor<2x4xf32>, tensor<2x4xf32>
}

// One node may become several ops; observations are found by name, so names must differ.
// CHECK-LABEL: @names_are_unique
// CHECK: halftone.observe %{{.*}} {tensor = "gate"}
// CHECK: halftone.observe %{{.*}} {tensor = "gate#1"}
func.func @names_are_unique(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = halftone.constant dense<1.0> : tensor<4x4xf32>
  %a = halftone.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32> loc("gate")
  %y = halftone.matmul %a, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> loc("fc")
  %b = halftone.abs %y : (tensor<2x4xf32>) -> tensor<2x4xf32> loc("gate")
  %z = halftone.matmul %b, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> loc("fc2")
  return %z : tensor<2x4xf32>
}

// A recipe that observes fewer values finds the others' names taken: what it calls `gate#1` is so in every file.
// SOME-LABEL: @names_do_not_depend_on_what_is_observed
// SOME-NOT: halftone.observe
// SOME: halftone.observe %{{.*}} {tensor = "gate#1"}
// SOME-NOT: halftone.observe
func.func @names_do_not_depend_on_what_is_observed(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = halftone.constant dense<1.0> : tensor<4x4xf32>
  %a = halftone.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32> loc("gate")
  %y = halftone.matmul %a, %w : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> loc("fc")
  %b = halftone.abs %y : (tensor<2x4xf32>) -> tensor<2x4xf32> loc("gate")
  %z = halftone.matmul %b, %w {halftone.scheme = {weights = {format = "int8"}, activations = {format = "uint8", when = "static"}}}
      : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> loc("fc2")
  return %z : tensor<2x4xf32>
}
