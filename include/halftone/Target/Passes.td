// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TARGET_PASSES_TD
#define HALFTONE_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def RecordSignature : Pass<"halftone-record-signature", "::mlir::ModuleOp"> {
  let summary = "Write down what the entries of the module accept and yield";
  let description = [{
    Later passes drop the signedness of integers and split tensors into pointers and sizes; the tables of the module
    file, and the code that unpacks inputs and packs outputs, are made from what this pass records.

    Requires: public functions on tensors; `halftone.name` and `halftone.dim_names` (one text per dimension, empty when
              unnamed) on arguments and results where the model gives names, `halftone.entry` on the function where the
              entry is not called like the function.
    Ensures:  every public function has `halftone.inputs` and `halftone.outputs`, arrays of
              `{name, type, dim_names}`. What has no name is called `input<i>` or `output<i>`.
    Errors:   two inputs (or outputs) of one name; an element type the module file has no code for; a rank above 8.
    Example:  test/Target/record-signature.mlir
  }];
}

def LayoutWeights : Pass<"halftone-layout-weights", "::mlir::ModuleOp"> {
  let summary = "Give every constant its place in the weights section";
  let description = [{
    Requires: bufferized functions.
    Ensures:  every `halftone.constant` on memrefs, and every `memref.get_global` of a constant, has become a
              `halftone.weights_view`. Equal contents share one place; places are multiples of 64 bytes in the order of
              first use. The module has `halftone.weights` (the contents), `halftone.weights_nodes` (the ONNX node that reads each
              first), `halftone.weights_offsets` and `halftone.weights_size`.
    Errors:   a resource without data; elements of less than a byte that are not packed (booleans take a byte each).
    Example:  test/Target/layout-weights.mlir
  }];
  let statistics = [
    Statistic<"numBlobs", "blobs", "Distinct contents">,
    Statistic<"numShared", "shared", "Constants that share the place of another">
  ];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def ConvertToLLVM : Pass<"halftone-convert-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Lower everything that is left to the LLVM dialect";
  let description = [{
    Buffers come from the runtime (`halftone_alloc`, `halftone_release`, `halftone_arena`, `halftone_weights`),
    observers call `halftone_observe`, and a `cf.assert` that does not hold calls `halftone_fail` with its message after
    the name of the node it stands for.

    Requires: no tensors, no `scf`, no strided `memref.copy`; places instead of constants.
    Ensures:  only the LLVM dialect is left; maxima and minima of floats are LLVM's intrinsics, whose reductions become
              vectors, which comparisons and selections do not. Observed tensors are numbered in program order, their names are in the
              module's `halftone.observe_points`. Booleans in memory are bytes, 0 or 1.
    Errors:   an op without a lowering.
    Example:  test/Target/convert-to-llvm.mlir
  }];
  let options = [
    Option<"expandBFloat16", "expand-bf16", "bool", "true",
           "Convert between bf16 and f32 by integer arithmetic, for CPUs without such instructions">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def EmitEntry : Pass<"halftone-emit-entry", "::mlir::ModuleOp"> {
  let summary = "Wrap the entries in functions of the module ABI";
  let description = [{
    The wrapper builds the memref arguments from an array of `halftone_tensor`, calls the entry and stores data pointers
    and sizes of the results into another.

    Requires: the LLVM dialect; signatures recorded.
    Ensures:  for every recorded function `f` there is `halftone_entry_f(inputs, outputs) -> i32`, named by the
              attribute `halftone.entry_for`; all other functions are private.
    Example:  test/Target/emit-entry.mlir
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def BindRuntime : Pass<"halftone-bind-runtime", "::mlir::ModuleOp"> {
  let summary = "Reach the runtime through the context instead of by symbol";
  let description = [{
    A module file has no undefined symbols: one file works in every process, whatever runtime is in it. All state and
    all functions come through the `halftone_context` that the caller of an entry passes.

    Requires: the LLVM dialect.
    Ensures:  every function with a body takes the context as its first argument and passes it on; calls of the
              runtime's functions (`halftone_alloc`, `halftone_release`, `halftone_parallel_for`, `halftone_fail`,
              `halftone_observe`) go through pointers loaded from it; `halftone_weights` and `halftone_arena` are loads.
    Errors:   a call of an unknown function named `halftone_…`.
    Example:  test/Target/bind-runtime.mlir
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // HALFTONE_TARGET_PASSES_TD
