// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CONTROL_FLOW_OPS_TD
#define HALFTONE_CONTROL_FLOW_OPS_TD

include "halftone/Dialect/HalftoneBase.td"

// An op whose regions read values of the surrounding ones and end in halftone.yield. Its inferShapes infers the regions
// too; its verifier only looks at types, since the ops inside are verified by themselves.
class Halftone_RegionOp<string mnemonic, list<Trait> traits = []> : Halftone_Op<mnemonic, !listconcat(traits, [
    SingleBlock, RecursiveMemoryEffects, DeclareOpInterfaceMethods<SymbolicShapeOpInterface, ["inferShapes"]>])> {
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Halftone_IfOp : Halftone_RegionOp<"if"> {
  let summary = "One of two computations";
  let description = [{
    The results are what the first region yields if the one element of `condition` is true, else what the second yields. Only
    that region runs. A dimension in which the regions disagree is dynamic.

    - (C1) `condition` is i1 and may have one element.
    - (C2) the regions have no arguments, and yield as many values as there are results.
    - (C3) a result has the element type and rank of what both regions yield, and their dimensions or `?`.

    Example:
    ```mlir
    %y = halftone.if %flag : tensor<i1> {
      %negated = halftone.neg %x : (tensor<4xf32>) -> tensor<4xf32>
      halftone.yield %negated : tensor<4xf32>
    } else {
      halftone.yield %x : tensor<4xf32>
    } -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$condition);
  let results = (outs Variadic<Halftone_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$then_region, SizedRegion<1>:$else_region);
  let assemblyFormat = "$condition attr-dict `:` type($condition) $then_region `else` $else_region `->` type($outputs)";
  let extraClassDeclaration = [{
    ::mlir::halftone::YieldOp getThenYield();
    ::mlir::halftone::YieldOp getElseYield();
  }];
}

def Halftone_LoopOp : Halftone_RegionOp<"loop", [AttrSizedOperandSegments]> {
  let summary = "A computation repeated, which carries values from one iteration to the next";
  let description = [{
    ```
    states = inits; iteration = 0
    while iteration < count and condition:
      slices = [input[iteration] for input in scan_inputs]
      condition, states, elements = body(iteration, states, slices)
      iteration += 1
    results = states, [stack(all elements of one kind) …]
    ```
    The body takes the iteration, the states and one slice of each scan input; it yields the condition if there is one, the
    states, and one element of each stacked result. The number of iterations is at most the leading dimension of the scan inputs,
    else `trip_count`; without both, only `condition` ends the loop. A stacked result has the iterations as a new leading
    dimension. A scan input marked in `reversed_inputs` is read from its end; a stacked result marked in `reversed_outputs` is
    filled from its end.

    A dimension of a state that changes from iteration to iteration is dynamic in the argument and the result.

    - (C1) there is a `trip_count`, a `condition` or a scan input; not both a `trip_count` and scan inputs.
    - (C2) `trip_count` is i64 and may have one element; `condition` is i1 and may have one element.
    - (C3) scan inputs have one leading dimension, and agree in it.
    - (C4) the body takes a tensor<i64>, one argument per init of its element type and rank, and one per scan input, without its leading dimension.
    - (C5) the body yields the condition, if there is one, one value for each state, and one for each stacked result.
    - (C6) a state has one element type and one rank in init, argument, yield and result; dimensions of the argument and the result are those of init and yield, or `?`.
    - (C7) a stacked result has the element type of the yielded value and one dimension more.
    - (C8) `reversed_inputs` and `reversed_outputs` are empty or have one flag for each scan input and for each stacked result; with a `condition` no result is reversed.

    Example: running sums, and the last one.
    ```mlir
    %last, %sums = halftone.loop carry(%zero : tensor<4xf32>) over(%x : tensor<?x4xf32>) {
    ^bb0(%iteration: tensor<i64>, %sum: tensor<4xf32>, %row: tensor<4xf32>):
      %next = halftone.add %sum, %row : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      halftone.yield %next, %next : tensor<4xf32>, tensor<4xf32>
    } -> tensor<4xf32>, tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Optional<Halftone_Tensor>:$trip_count, Optional<Halftone_Tensor>:$condition, Variadic<Halftone_Tensor>:$inits,
      Variadic<Halftone_Tensor>:$scan_inputs, DefaultValuedAttr<DenseBoolArrayAttr, "{}">:$reversed_inputs,
      DefaultValuedAttr<DenseBoolArrayAttr, "{}">:$reversed_outputs);
  let results = (outs Variadic<Halftone_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`count` `(` $trip_count^ `:` type($trip_count) `)`)? (`while` `(` $condition^ `:` type($condition) `)`)?
    (`carry` `(` $inits^ `:` type($inits) `)`)? (`over` `(` $scan_inputs^ `:` type($scan_inputs) `)`)?
    attr-dict-with-keyword $body `->` type($outputs)
  }];
  let extraClassDeclaration = [{
    unsigned getNumStates() { return getInits().size(); }
    /// The results that are the states after the last iteration, and the stacked ones.
    ::mlir::ResultRange getFinals() { return getOutputs().take_front(getNumStates()); }
    ::mlir::ResultRange getStacked() { return getOutputs().drop_front(getNumStates()); }
    ::mlir::BlockArgument getIteration() { return getBody().getArgument(0); }
    ::mlir::Block::BlockArgListType getStates() {
      return getBody().getArguments().slice(1, getNumStates());
    }
    ::mlir::Block::BlockArgListType getSlices() { return getBody().getArguments().drop_front(1 + getNumStates()); }
    ::mlir::halftone::YieldOp getYield();
    /// What the body yields: the condition (null if there is none), the states, and the elements of the stacked results.
    ::mlir::Value getYieldedCondition();
    ::mlir::OperandRange getYieldedStates();
    ::mlir::OperandRange getYieldedElements();
    bool isInputReversed(unsigned index) { return !getReversedInputs().empty() && getReversedInputs()[index]; }
    bool isOutputReversed(unsigned index) { return !getReversedOutputs().empty() && getReversedOutputs()[index]; }
  }];
}

#endif // HALFTONE_CONTROL_FLOW_OPS_TD
