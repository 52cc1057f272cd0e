// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CPU_PASSES_TD
#define HALFTONE_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

//===--- Kernels: choose, fuse, emit ---===//

def LayoutNHWC : Pass<"halftone-layout-nhwc", "func::FuncOp"> {
  let summary = "Compute convolutions and pools with the channels innermost";
  let description = [{
    Gives every 2-D convolution and pool layout `nhwc` between two transposes, then moves the transposes through the ops around
    them until they cancel or reach a value whose order is observable.

    Requires: types are inferred.
    Ensures:  every `conv`, `conv_integer`, `max_pool` and `average_pool` with two spatial dimensions has layout `nhwc`; no transpose
              remains between two of them when only elementwise, quantization, concatenation, padding, reduction, resizing and
              instance normalization ops, and `depth_to_space`, lie between.
    Declines (op unchanged): other numbers of spatial dimensions.
    Example:  test/CPU/layout-nhwc.mlir
  }];
  let statistics = [Statistic<"numConverted", "converted", "Convolutions and pools given the layout nhwc">];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect"];
}

def DecomposeConvTranspose : Pass<"halftone-decompose-conv-transpose", "func::FuncOp"> {
  let summary = "Compute transposed convolutions as convolutions";
  let description = [{
    With stride s, the outputs whose positions are equal modulo s see only every s-th element of the filter, so each of the s * s
    phases is a convolution of its own with a filter of ceil(k / s) elements per side. All phases become one `conv` with s * s times
    the channels (elements that a phase lacks are zeros), followed by `depth_to_space` and a `slice` that removes the pads.

    Requires: types are inferred.
    Ensures:  the same sums, in another order. An infinite or NaN input also reaches, as NaN, those outputs of its window whose
              element of the filter is one of the zeros.
    Declines (op unchanged): filters that are no constants of f32; other than two spatial dimensions; groups; dilations; strides
              that differ.
    Example:  test/CPU/decompose-conv-transpose.mlir
  }];
  let statistics = [Statistic<"numDecomposed", "decomposed", "Transposed convolutions replaced">];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect"];
}

def RaiseConvolutions : Pass<"halftone-raise-convolutions", "func::FuncOp"> {
  let summary = "Compute convolutions over one dimension as those over images of height 1";
  let description = [{
    Puts a dimension of size 1 before the spatial one of convolutions and pools over [N, C, W], between an `unsqueeze` and a `squeeze`, and
    moves the `squeeze` through elementwise and quantization ops until it meets the next `unsqueeze`, which cancels it.

    Requires: types are inferred.
    Ensures:  no `conv`, `conv_integer`, `max_pool` or `average_pool` with one spatial dimension remains; the same sums.
    Declines (op unchanged): transposed convolutions; `quantize` and `dequantize` with blocks.
    Example:  test/CPU/raise-convolutions.mlir
  }];
  let statistics = [Statistic<"numRaised", "raised", "Convolutions and pools that got a height">];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect"];
}

def WidenConvolutions : Pass<"halftone-widen-convolutions", "func::FuncOp"> {
  let summary = "Compute neighbouring pixels of few channels as one pixel of many";
  let description = [{
    Where a convolution has so few output channels that they fill a vector badly, g pixels of a row become one with g times the
    channels: the stride along the row becomes g times as long, and each filter stands g times in a filter that covers the
    windows of all g, zero elsewhere. The result `[N, H, W / g, g * O]` has the same bytes as `[N, H, W, O]`; the reshape moves
    behind elementwise and quantization ops. For 9 x 9 windows of 3 channels and vectors of 16 that is a third of the
    instructions. g divides W.

    Requires: types are inferred; convolutions have layout `nhwc`.
    Ensures:  the same sums, with products of zero among them: in f32, an infinity or NaN makes NaN of all pixels of the groups
              whose windows it is in.
    Declines (op unchanged): a filter that is not constant or whose zero points differ; groups; a dilation along the row; a width
              that only the run time knows or that no such g divides; where less than a third of the instructions would be saved.
    Errors:   an unknown CPU.
    Example:  test/CPU/widen-convolutions.mlir
  }];
  let options = [Option<"target", "target", "std::string", "\"x86-64-v3\"", "CPU to compile for: LLVM's name, +feature…">];
  let statistics = [Statistic<"numWidened", "widened", "Convolutions that compute several pixels at a time">];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect"];
}

def SelectKernels : Pass<"halftone-select-kernels", "func::FuncOp"> {
  let summary = "Turn contractions into kernel ops for a CPU";
  let description = [{
    Chooses a row of the instruction table for every contraction, packs its constant weights in the layout that the row
    consumes, and replaces it by `halftone.contract` or `halftone.depthwise`. Integer contractions become the product of the
    codes with the zero-point corrections, in i32, as epilogue; what is constant in them is computed here. Float contractions
    with dequantized constant codes keep the codes: they become floats in registers, and the epilogue multiplies each output by
    its channel's scale. `halftone.attention` gets the name of its row. Rows of constant codes that are gathered and then decoded, as those
    of an embedding, become one `halftone.decode_rows`.

    Requires: types are inferred; convolutions have layout `nhwc`.
    Ensures:  operands and results of kernel ops are signless; a contraction that remains is left to the generic lowering.
              Where only a run knows an image's size, `cf.assert` checks that windows fit into it.
    Declines (op unchanged): convolutions with a filter that is not constant, in layout `nchw`, or not 2-D; integer matrix products
              whose right-hand side is not constant; element types other than f32, bf16 and f16 (with constant weights), i8 and ui8; operands of rank 1; dequantized
              weights with several scales along the reduction (groups), a zero point other than 0 (128 for ui8), or a scale
              that is not constant: those are dequantized in every run, as other values are (a matrix product may still get
              a kernel of f32 for the result). Rows that are no whole registers of codes, and blocks of columns that end within registers.
    Errors:   an unknown CPU.
    Example:  test/CPU/select-kernels.mlir
  }];
  let options = [Option<"target", "target", "std::string", "\"x86-64-v3\"", "CPU to compile for: LLVM's name, +feature…">];
  let statistics = [Statistic<"numSelected", "selected", "Contractions turned into kernel ops">];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def FuseEpilogues : Pass<"halftone-fuse-epilogues", "func::FuncOp"> {
  let summary = "Move elementwise consumers of kernel ops into their epilogues";
  let description = [{
    Requires: elementwise ops are `linalg.generic` on tensors.
    Ensures:  a kernel op whose result has one use is not followed by an all-parallel `linalg.generic` that reads it by the identity.
    Declines (op unchanged): a generic that uses `linalg.index`, has several results, or reads another operand by a map that is
              no projected permutation.
    Example:  test/CPU/fuse-epilogues.mlir
  }];
  let statistics = [Statistic<"numFused", "fused", "Elementwise ops moved into an epilogue">];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect"];
}

def SimplifyQuantize : Pass<"halftone-simplify-quantize", "func::FuncOp"> {
  let summary = "Quantize by constant scales without divisions";
  let description = [{
    In the bodies of `linalg.generic` and of kernel ops, `clamp(roundeven(x / scale) + zero_point)` with a constant scale and codes of
    at most 8 bits becomes a clamp of x, a multiplication by the reciprocal, and a rounding conversion. Where the reciprocal alone
    would move an x to another code, the product is corrected once by its remainder, in fused multiply-adds. Both are tried at every
    boundary between two codes first, so each f32 keeps its code. Of an x with a known bound (an integer times constants, say), the
    test for NaN and clamps that the codes' limits imply are dropped.

    Requires: elementwise ops are `linalg.generic` on tensors.
    Ensures:  the same codes, infinities and NaN included.
    Declines (op unchanged): scales that are not constant; more than 8 bits; a scale whose boundaries neither form meets, or that is
              next to the limits of the exponent; the corrected form for a CPU without fused multiply-add.
    Errors:   an unknown CPU.
    Example:  test/CPU/simplify-quantize.mlir
  }];
  let options = [Option<"target", "target", "std::string", "\"x86-64-v3\"", "CPU to compile for: LLVM's name, +feature…">];
  let statistics = [Statistic<"numSimplified", "simplified", "Divisions replaced">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def PlacePadding : Pass<"halftone-place-padding", "func::FuncOp"> {
  let summary = "Let producers write into the padded tensors that convolutions read";
  let description = [{
    Where the only use of a result is to be inserted into a filled tensor, the producer gets a slice of that tensor as its
    destination, and only the border is filled. Bufferization then needs no copy.

    Requires: nothing merges equal ops between this pass and bufferization: the borders must stay separate tensors.
    Ensures:  the same values.
    Declines (op unchanged): borders whose widths differ from run to run (sizes may). A filled tensor that others use is not shared
              but made again.
    Example:  test/CPU/place-padding.mlir
  }];
  let statistics = [Statistic<"numPlaced", "placed", "Producers that write into a padded tensor">];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def LowerKernels : Pass<"halftone-lower-kernels", "func::FuncOp"> {
  let summary = "Emit the loops and vector instructions of kernel ops";
  let description = [{
    Each kernel op becomes an `scf.forall` over independent tasks (none when there is one task) around loops over panels of
    columns and tiles of rows, whose accumulators are 1-D vectors carried by the loop over k. How the work is cut depends on
    shapes alone, never on the number of threads.

    Attention goes through blocks of keys for a block of queries, whose scores stay in a buffer of fixed size on the stack.

    Requires: kernel ops work on memrefs whose innermost dimension is contiguous.
    Ensures:  no kernel op remains.
    Errors:   a kernel that the instruction table does not have.
    Example:  test/CPU/lower-kernels.mlir
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::affine::AffineDialect"];
}

//===--- From tensors to loops over buffers ---===//

def DropObservers : Pass<"halftone-drop-observers", "func::FuncOp"> {
  let summary = "Treat observers as the identities they are outside of calibration";
  let description = [{
    Requires: nothing.
    Ensures:  no `halftone.observe` remains.
    Example:  test/CPU/drop-observers.mlir
  }];
  let statistics = [Statistic<"numDropped", "dropped", "Observers removed">];
}

def Bufferize : Pass<"halftone-bufferize", "::mlir::ModuleOp"> {
  let summary = "Let values live in memory";
  let description = [{
    Upstream's one-shot bufferization with the rules of the module ABI: inputs and constants are never written, buffers
    at function boundaries are contiguous, a result may be (a part of) an input or a constant.

    Requires: no graph op is left: tensors are worked on by `linalg`, `tensor`, `scf` and kernel ops.
    Ensures:  no tensor remains; a value is copied only where a later write would change what is still to be read.
    Errors:   an op that has no rule for buffers.
    Example:  test/CPU/bufferize.mlir
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect"];
}

def ParallelizeLoops : Pass<"halftone-parallelize-loops", "func::FuncOp"> {
  let summary = "Turn linalg ops on buffers into loops that vectorize, over tasks that threads share";
  let description = [{
    Loops of one iteration disappear, loops that walk through all buffers without a gap become one. The loop that takes the
    smallest steps through the buffers is innermost, for LLVM's vectorizer: parallel loops, then reductions, then that one.
    Sums and products along the innermost loop may be reordered (`reassoc`) and stay in a register.
    Where there is enough work, an `scf.forall` over tasks surrounds the loops. What a task does depends on shapes alone, so
    results do not depend on the number of threads.
    Neighbours that work on the same rows (the maximum, the sum and the quotients of a softmax, for instance) share the loop
    over rows, so that a row stays in the cache.

    Requires: bufferized functions.
    Ensures:  no linalg op and no strided `memref.copy` remains.
    Errors:   a linalg op on tensors.
    Example:  test/CPU/parallelize-loops.mlir
  }];
  let options = [Option<"parallel", "parallel", "bool", "true", "Cut the work into tasks">];
  let statistics = [Statistic<"numLowered", "lowered", "Ops turned into loops">,
                    Statistic<"numGroups", "groups", "Loops over rows that several ops share">];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def PlanArena : Pass<"halftone-plan-arena", "::mlir::ModuleOp"> {
  let summary = "Give buffers their memory before the program runs";
  let description = [{
    Buffers of static size get a place in the session's arena, by liveness: two that are never live at the same time may share memory.
    A result's buffer is live to the end of the run. Small static buffers of a task are on the stack of its thread. All others come from
    the runtime when they are needed and go back after their last use; what is returned or carried by a loop goes back with the next run.

    Requires: bufferized functions with structured control flow; graph-level loops keep their buffers in scope.
    Ensures:  no `memref.alloc` of static size remains outside of tasks, but for buffers that a loop carries from iteration to iteration.
              The module has `halftone.arena_size`, the largest of its functions' needs: entries of a session run one at a time.
    Errors:   a function with several blocks.
    Example:  test/CPU/plan-arena.mlir
  }];
  let statistics = [
    Statistic<"numPlaced", "placed", "Buffers in the arena">,
    Statistic<"numOnStack", "on-stack", "Buffers on the stack of a task">,
    Statistic<"numDynamic", "dynamic", "Buffers from the runtime">,
    Statistic<"arenaBytes", "arena-bytes", "Size of the arena">,
    Statistic<"lowerBoundBytes", "lower-bound-bytes", "Most bytes live at once">
  ];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect", "::mlir::memref::MemRefDialect"];
}

def OutlineParallel : Pass<"halftone-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "Hand parallel loops to the runtime's threads";
  let description = [{
    The body of each `scf.forall` becomes a function `(environment, begin, end)` over a range of its iterations, called through
    `halftone_parallel_for`. Values from outside are passed in a struct on the caller's stack; constants are repeated inside. Bodies that do
    the same on other buffers, as those of equal layers, become one function. A forall inside a task becomes ordinary loops.
    In a function with more than `max-kernels-in-place` regions of kernels that are no tasks, those become functions likewise and are called.

    Requires: `scf.forall` on buffers.
    Ensures:  no `scf.forall` and no region of a kernel (`scf.execute_region` without results) remains; stack memory of a task is taken once
              per call.
    Errors:   a forall with tensor results.
    Example:  test/CPU/outline-parallel.mlir
  }];
  let options = [
    Option<"sequential", "sequential", "bool", "false", "Make all of them ordinary loops">,
    Option<"maxKernelsInPlace", "max-kernels-in-place", "int64_t", "100", "Most kernels that stay in the function they are in">
  ];
  let statistics = [
    Statistic<"numOutlined", "outlined", "Parallel loops handed to the runtime">,
    Statistic<"numKernels", "kernels", "Kernels that became functions">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def ApproximateMath : Pass<"halftone-approximate-math", "func::FuncOp"> {
  let summary = "Compute transcendental functions with polynomials, which vectorize";
  let description = [{
    Requires: math ops on scalars and vectors.
    Ensures:  `exp`, `expm1`, `log`, `log2`, `log1p`, `tanh` and `erf` of f16 and f32 are polynomials. In f32 they are as libm's for NaN,
              infinities and both zeros, and for all other arguments within 5 (`exp`, `expm1`, `tanh`, `erf`), 3 (`log1p`) or
              2 (`log`, `log2`) units in the last place of the exact value, where results below the smallest normal number, 2^-126, may
              be off by that number. Results are the same on every machine.
    Declines (op unchanged): other functions and f64: they become calls of libm.
    Example:  test/CPU/approximate-math.mlir
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"];
}

def KeepInnerLoops : Pass<"halftone-keep-inner-loops", "func::FuncOp"> {
  let summary = "Have short innermost loops vectorized, not unrolled";
  let description = [{
    LLVM unrolls a loop of few iterations before it looks for vectors. Of one over the elements of a group, 32 next to each other that share a
    scale, nothing but the loop around it is left to vectorize then, whose elements are far apart. So such a loop gets
    `#llvm.loop_annotation<unroll = <disable = true>>`.

    Requires: loops over scalars, before they become control flow.
    Ensures:  ops are the same; only attributes of loops are added.
    Declines (loop unchanged): outermost loops; those that carry values or hold regions; of fewer than 16 or more than 256 iterations or a number
              that is not known; those that store nothing; whose index is used but as the last one of an access.
    Example:  test/CPU/keep-inner-loops.mlir
  }];
  let statistics = [Statistic<"numKept", "kept", "Loops annotated">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

//===--- Profiling ---===//

def RecordWork : Pass<"halftone-record-work", "func::FuncOp"> {
  let summary = "Write into the locations of kernels and loops how much they compute";
  let description = [{
    Each kernel op, linalg op and copy gets a fused location whose first part is its old one, followed by those of what was fused into it, with
    the metadata `[number, products, bytes, type]`: a number of its own, multiply-accumulates, the bytes of all operands, and the module file's
    code of the type that is multiplied (0 where nothing is). What depends on sizes known only at run time is -1. Control flow of the graph gets
    the metadata `"control"`. Later passes keep locations, whatever they make of the ops.

    Requires: bufferized functions; no loop but those of the graph.
    Ensures:  ops and locations of everything else are the same.
    Example:  test/CPU/record-work.mlir
  }];
  let statistics = [Statistic<"numRecorded", "recorded", "Ops whose work is written down">];
}

def MarkRegions : Pass<"halftone-mark-regions", "::mlir::ModuleOp"> {
  let summary = "Tell the runtime which part of the model runs";
  let description = [{
    A region is what one loop nest computes, or several that were merged. Before it stands a call `halftone_profile(number)`, before the return
    `halftone_profile(-1)`. Graph-level control flow is marked inside, unless an iteration moves less than `min-bytes`: then it is one region, since
    a mark costs as much as such an iteration.

    Requires: loops instead of kernel ops, whose work was recorded (halftone-record-work).
    Ensures:  the module has `halftone.profile_regions`, one `{nodes, kind, macs, bytes, dtype}` per number: the ONNX nodes, one per line; -1 where
              a value depends on sizes known only at run time.
    Example:  test/CPU/mark-regions.mlir
  }];
  let options = [
    Option<"minBytes", "min-bytes", "int64_t", "65536", "Fewest bytes moved by an iteration that is marked inside">
  ];
  let statistics = [Statistic<"numRegions", "regions", "Regions marked">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect"];
}

#endif // HALFTONE_CPU_PASSES_TD
