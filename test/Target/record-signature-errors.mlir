// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: quant-opt %s --halftone-record-signature --split-input-file --verify-diagnostics

// A caller finds tensors by name.
// expected-error @below {{two inputs are named 'x'}}
func.func @names_are_unique(%a: tensor<4xf32> {halftone.name = "x"}, %b: tensor<4xf32> {halftone.name = "x"}) {
  return
}

// -----

// The tables have room for eight sizes.
// expected-error @below {{'input0' has rank 9; at most 8 is supported}}
func.func @ranks_are_limited(%a: tensor<1x1x1x1x1x1x1x1x1xf32>) {
  return
}

// -----

// expected-error @below {{'input0' has element type 'i24', which a module file cannot describe}}
func.func @element_types_have_codes(%a: tensor<4xi24>) {
  return
}

// -----

// expected-error @below {{'input0' has type 'index'; an entry takes and yields ranked tensors}}
func.func @entries_take_tensors(%a: index) {
  return
}
