// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TRANSFORMS_PASSES_TD
#define HALFTONE_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===--- Quantization: decide, observe, insert scales, fuse ---===//

def AssignSchemes : Pass<"halftone-assign-schemes", "func::FuncOp"> {
  let summary = "Decide for each contraction how it is quantized";
  let description = [{
    Reads a recipe (a preset's name or a YAML file) and writes its decision as attribute `halftone.scheme` on every contraction that
    has a constant float right-hand side; later passes look only there.

    Requires: constants are folded, so that weights are `halftone.constant`.
    Ensures:  every `matmul` and `conv` with constant weights has a scheme, unless its node is skipped or the recipe is float.
    Declines (op unchanged): contractions of two activations; weights that are not f32; a reduction too long for exact i32 sums.
    Errors:   a skip entry or layer rule that matches no node; a recipe that cannot be read.
    Example:  test/Transforms/assign-schemes.mlir
  }];
  let options = [Option<"recipe", "recipe", "std::string", "\"w8a8-static\"", "Preset name or YAML file">];
  let statistics = [Statistic<"numAssigned", "assigned", "Contractions that will be quantized">];
}

def InsertObservers : Pass<"halftone-insert-observers", "func::FuncOp"> {
  let summary = "Let every activation that will get a static scale pass through an observer";
  let description = [{
    Requires: schemes are assigned.
    Ensures:  the input of every contraction with static activations is the result of a `halftone.observe` named after the node that
              produces it (or the model's input), and all other users of that value read it there too. Names are unique.
    Example:  test/Transforms/insert-observers.mlir
  }];
  let options = [Option<"all", "all", "bool", "false",
                        "Observe the input of every contraction with constant weights, so that any recipe can use the file">];
  let statistics = [Statistic<"numObservers", "observers", "Values observed">];
}

def AttachObservations : Pass<"halftone-attach-observations", "func::FuncOp"> {
  let summary = "Give every observer the range that its scheme's estimator finds in the observations file";
  let description = [{
    Requires: observers are inserted, and the users of each have a scheme with static activations.
    Ensures:  every `observe` has a `range`: the first user's scheme says how it is estimated.
    Errors:   a tensor without observations; a file that cannot be read or is of another model.
    Example:  test/Transforms/attach-observations.mlir
  }];
  let options = [Option<"file", "file", "std::string", "", "Observations file (JSON)">];
}

def QuantizeWeights : Pass<"halftone-quantize-weights", "func::FuncOp"> {
  let summary = "Replace constant weights by codes, scales and a dequantize";
  let description = [{
    Requires: schemes are assigned.
    Ensures:  the weights of every contraction with a scheme are `dequantize(codes, scales, zero points)`, rounded to nearest, per output
              channel or per tensor as the scheme says. Weights that several contractions share under one scheme stay shared.
    Errors:   weights that are not finite.
    Example:  test/Transforms/quantize-weights.mlir
  }];
  let statistics = [Statistic<"numQuantized", "quantized", "Weight tensors quantized">];
}

def QuantizeActivations : Pass<"halftone-quantize-activations", "func::FuncOp"> {
  let summary = "Insert quantize and dequantize on the inputs of contractions";
  let description = [{
    Static: every `observe` with a range becomes `dequantize(quantize(x))` with a constant scale and zero point, for all users of the value.
    Dynamic: the input of the contraction becomes `dequantize(dynamic_quantize(x))`, one scale per token (last dimension) or per tensor.

    Requires: schemes are assigned; static schemes also that observations are attached.
    Ensures:  no `observe` and no scheme remains.
    Errors:   a contraction with a static scheme whose input has no range: calibration data is missing, and no scale is made up.
    Example:  test/Transforms/quantize-activations.mlir
  }];
}

def FuseQDQ : Pass<"halftone-fuse-qdq", "func::FuncOp"> {
  let summary = "Turn contractions of dequantized codes into integer contractions";
  let description = [{
    `matmul(dequantize(a, sa, za), dequantize(w, sw, zw))` becomes `dequantize(matmul_integer(a, w, za, zw), sw) * sa`, and `conv` likewise: the
    scales leave the sum, which becomes exact.

    Requires: nothing.
    Declines (op unchanged): a scale or zero point that varies along the reduction; zero points of a type other than the codes'; a reduction that could overflow i32;
              padding with a float zero that is no code (never: a zero point is a code).
    Example:  test/Transforms/fuse-qdq.mlir
  }];
  let statistics = [Statistic<"numFused", "fused", "Contractions that became integer">];
}

#endif // HALFTONE_TRANSFORMS_PASSES_TD
