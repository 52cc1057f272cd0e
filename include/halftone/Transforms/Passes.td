// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_TRANSFORMS_PASSES_TD
#define HALFTONE_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===--- Shapes and constants ---===//

def InferShapes : Pass<"halftone-infer-shapes", "func::FuncOp"> {
  let summary = "Refine the types of all values by symbolic shape inference";
  let description = [{
    Every dynamic dimension of an argument is a symbol; argument attribute `halftone.dim_names` names some, equal names are equal
    dimensions. Shape arithmetic is followed symbolically, so that a reshape by it keeps what is known. `dims` fixes named dimensions.

    Requires: nothing.
    Ensures:  every result has the dimensions that can be known; the function's type agrees with its arguments and its `return`.
    Errors:   an op whose operands contradict each other or the type it has; an entry of `dims` that is no `name=value` with a
              value of at least 1, or that names no dimension.
    Example:  test/Transforms/infer-shapes.mlir
  }];
  let options = [ListOption<"dims", "dims", "std::string", "Fixed dimensions, name=value">];
  let statistics = [Statistic<"numRefined", "refined", "Results whose type became more static">];
}

def MaterializeBroadcasts : Pass<"halftone-materialize-broadcasts", "func::FuncOp"> {
  let summary = "Make every broadcast that is only known at run time an explicit expand";
  let description = [{
    Where an operand of an elementwise op, or a batch dimension of a matrix product, has a dimension `?` that is not provably the
    one of the result, the common shape is computed with shape ops, and the operand is expanded to it.

    Requires: nothing; infers shapes on its own.
    Ensures:  in an elementwise op or the batch dimensions of a matrix product, a dimension `?` equals that of the result.
    Declines (op unchanged): `clip` bounds, which have one element.
    Example:  test/Transforms/materialize-broadcasts.mlir
  }];
  let statistics = [Statistic<"numExpanded", "expanded", "Operands expanded">];
}

def FoldConstants : Pass<"halftone-fold-constants", "func::FuncOp"> {
  let summary = "Evaluate what depends on constants only";
  let description = [{
    Replaces by a constant every value that is one symbolically (`shape` of static dimensions, arithmetic on it, …) and every op whose
    operands are all constants. Floats are evaluated in double precision and rounded once to the element type.

    Requires: nothing; infers shapes on its own.
    Ensures:  shape arithmetic of static dimensions and arithmetic on weights (transposes, scales) is gone.
    Declines (op unchanged): `dequantize`, so that weights stay codes; results of more than `max-elements` elements that have more bytes
              than the operands; ops with other effects than their results; contractions.
    Example:  test/Transforms/fold-constants.mlir
  }];
  let options = [Option<"maxElements", "max-elements", "int64_t", "65536",
                        "Largest number of elements of a result that is larger than its operands">];
  let statistics = [Statistic<"numFolded", "folded", "Ops replaced by constants">];
}

def FoldScaleIntoFilter : Pass<"halftone-fold-scale-into-filter", "func::FuncOp"> {
  let summary = "Move constant factors behind a contraction into its constant weights";
  let description = [{
    `mul(conv(x, w), s)` becomes `conv(x, mul(w, s'))` with one factor per output channel, `mul(matmul(x, w), s)` likewise with one per column.
    Behind such a contraction `mul(add(y, b), s)` becomes `add(mul(y, s), mul(b, s))` and two added constants become one. With
    `halftone-fold-constants` afterwards, a BatchNormalization leaves one addition.

    Requires: nothing.
    Ensures:  no `mul` by a constant per channel follows a contraction with constant weights directly or behind its bias.
    Declines (op unchanged): an intermediate result with other users; weights with other users; a factor that varies along other dimensions;
              grouped `conv_transpose`; types other than floats.
    Example:  test/Transforms/fold-scale-into-filter.mlir
  }];
  let statistics = [Statistic<"numFolded", "folded", "Factors moved into weights">];
}

def FuseAttention : Pass<"halftone-fuse-attention", "func::FuncOp"> {
  let summary = "Turn softmax(Q K^T * scale + mask) V into one op";
  let description = [{
    Finds `matmul(softmax(scores), V)` and what leads to the scores: a product of Q and a transposed K, constant factors on Q, on K or on
    the product, one sum with a mask, and the choice between the product and a constant below -2^100, which becomes such a mask. Q, K
    and V have 3 or 4 dimensions, or 5 when the heads are split into groups that share keys and values. Keys and values that are
    repeated for each head of a group (`unsqueeze`, `expand` or `tile`, `reshape`) are read once. Transposes between heads and tokens become
    part of the op.

    Requires: broadcasts are materialized (`halftone-materialize-broadcasts`).
    Ensures:  the scores and probabilities of such a product have no tensor of their own.
    Declines (op unchanged): scores, products or probabilities with other users, such as an observer; types other than f32; sizes or numbers of heads
              that are not static; heads of more than 256 elements; fewer than 16 keys, which are faster in three ops; scores along another
              dimension.
    Example:  test/Transforms/fuse-attention.mlir
  }];
  let statistics = [Statistic<"numFused", "fused", "Products of probabilities that became attention">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::halftone::HalftoneDialect", "::mlir::tensor::TensorDialect"];
}

//===--- Quantization: decide, observe, insert scales, fuse ---===//

def AssignSchemes : Pass<"halftone-assign-schemes", "func::FuncOp"> {
  let summary = "Decide for each contraction how it is quantized";
  let description = [{
    Reads a recipe (a preset's name or a YAML file) and writes its decision as attribute `halftone.scheme` on every contraction that
    has a constant float right-hand side; later passes look only there.

    Requires: constants are folded, so that weights are `halftone.constant`.
    Ensures:  every `matmul` and `conv` with constant weights has a scheme, unless its node is skipped or the recipe is float; so has every
              `gather` of rows of a constant matrix if the recipe quantizes embeddings or has a rule for its node.
    Declines (op unchanged): contractions of two activations; weights that are not f32; a reduction too long for exact i32 sums.
    Remarks:  a grouped convolution whose weights the recipe rounds by its inputs; they are rounded to nearest. So are embeddings, whose
              inputs are rows of an identity matrix: no error can be carried on. A transposed convolution that the recipe would quantize stays float.
    Errors:   a skip entry or layer rule that matches no node; a recipe that cannot be read.
    Example:  test/Transforms/assign-schemes.mlir
  }];
  let options = [Option<"recipe", "recipe", "std::string", "\"w8a8-static\"", "Preset name or YAML file">];
  let statistics = [Statistic<"numAssigned", "assigned", "Contractions that will be quantized">];
}

def SmoothActivations : Pass<"halftone-smooth-activations", "func::FuncOp"> {
  let summary = "Move outliers of activations into the weights that they meet";
  let description = [{
    SmoothQuant: the input x of all contractions that share it becomes x / s, with one s = max|x|^alpha / max|w|^(1 - alpha) per input channel, and
    their weights become s w. x is divided by what produces it: the gain and bias of a normalization, a factor or bias, the columns of the
    product or the filters of the convolution before it, also behind ops that commute with positive factors (`relu`, `leaky_relu`, `abs`, `neg`,
    pooling, transposes, one side of a product). Where x has other users, or its producer cannot take it, a `mul` by 1 / s is inserted. Inputs are
    treated from the last to the first, so that the weights of each are those that stay. In a function without schemes all inputs are treated, which
    leaves a float model for another quantizer.

    Requires: schemes are assigned where layers will be quantized, constants folded, observers not inserted; observations with largest magnitudes
              per channel.
    Ensures:  the function computes the same but for rounding, with `power-of-two` exactly.
    Declines (input unchanged): an input that only float layers read, where others have schemes; grouped convolutions; channels that were always 0, or whose weights are
              (s = 1).
    Errors:   tensors without observations of their channels, or with values that were not finite; a file that cannot be read or is of
              another model; `alpha` outside [0, 1].
    Example:  test/Transforms/smooth-activations.mlir
  }];
  let options = [Option<"file", "file", "std::string", "", "Observations file (JSON)">,
                 Option<"alpha", "alpha", "double", "0.5", "How much of the activations' range the weights take over, 0 to 1">,
                 Option<"powerOfTwo", "power-of-two", "bool", "false", "Round the factors to powers of two">];
  let statistics = [Statistic<"numFolded", "folded", "Inputs divided by what produces them">,
                    Statistic<"numMultiplied", "multiplied", "Inputs with a multiplication of their own">];
}

def ScaleSalientWeights : Pass<"halftone-scale-salient-weights", "func::FuncOp"> {
  let summary = "Give the weights of large inputs finer steps";
  let description = [{
    AWQ: the input x of all matrix products that share it becomes x / s, and their weights become s w, as of halftone-smooth-activations. s = m^alpha
    / sqrt(max * min) for the root mean squares m of the inputs; of 20 alphas, 0 among them, the one with the least error of the outputs
    when the weights are quantized, which the Gram matrix says.

    Requires: schemes are assigned, constants folded; products that are to be looked at have the Gram matrix of their inputs, f32 [reduction,
              reduction], as `halftone.gram_matrix`.
    Ensures:  the function computes the same but for rounding, with `power-of-two` exactly. Gram matrices and observers are gone.
    Declines (input unchanged): convolutions; layers with quantized activations or a format without one level of scales.
    Errors:   a Gram matrix of another size; weights that cannot be encoded.
    Example:  test/Transforms/scale-salient-weights.mlir
  }];
  let options = [Option<"powerOfTwo", "power-of-two", "bool", "false", "Round the factors to powers of two">];
  let statistics = [Statistic<"numFolded", "folded", "Inputs divided by what produces them">,
                    Statistic<"numMultiplied", "multiplied", "Inputs with a multiplication of their own">];
}

def InsertObservers : Pass<"halftone-insert-observers", "func::FuncOp"> {
  let summary = "Let every activation that calibration has to see pass through an observer";
  let description = [{
    Requires: schemes are assigned.
    Ensures:  the input of every contraction with static activations, or with weights that are rounded by their inputs, is the result of a `halftone.observe` named after the node that
              produces it (or the model's input), and all other users of that value read it there too. Names are unique, and do not
              depend on which values are observed.
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
    Errors:   tensors without observations, or with values that were not finite; a file that cannot be read or is of another model.
    Example:  test/Transforms/attach-observations.mlir
  }];
  let options = [Option<"file", "file", "std::string", "", "Observations file (JSON)">];
}

def SplitOutliers : Pass<"halftone-split-outliers", "func::FuncOp"> {
  let summary = "Multiply the columns of activations that calibration saw outliers in as floats";
  let description = [{
    LLM.int8() with columns that are known beforehand: where a scheme has static `outliers`, `matmul(x, w)` becomes `add(matmul(x', w'),
    matmul(x", w"))`. x" are the columns of x in which calibration has seen a magnitude of at least the threshold, w" their rows of the weights;
    both stay float. x' and w' are the others, and their product keeps the scheme.

    Requires: schemes are assigned, weights are constants; observations with largest magnitudes per channel.
    Ensures:  no product with static outliers reads a column that was seen to reach the threshold. One all of whose columns did has no scheme.
    Declines (op unchanged): products without such columns; convolutions.
    Errors:   tensors without observations of their channels, or with values that were not finite; no file, or one that cannot be read or
              is of another model.
    Example:  test/Transforms/split-outliers.mlir
  }];
  let options = [Option<"file", "file", "std::string", "", "Observations file (JSON)">];
  let statistics = [Statistic<"numSplit", "split", "Products with outliers">];
}

def ChooseFormats : Pass<"halftone-choose-formats", "func::FuncOp"> {
  let summary = "Choose for each layer the format of its weights that has the least error";
  let description = [{
    MoFQ: a scheme with `alternatives` becomes that of itself and them whose codes, each number rounded to the nearest, are least off; of equal
    ones the first. By `choice`: the squared error of the weights (`tensor-mse`), or that of the layer's output (`output-mse`), which the Gram
    matrix of its inputs says.

    Requires: schemes are assigned; ops with alternatives and the choice `output-mse` have the Gram matrix of their inputs, as of
              halftone-quantize-weights.
    Ensures:  no scheme has alternatives.
    Declines (op unchanged): with `observed-only`, ops without a Gram matrix; a later run chooses for them.
    Remarks:  which format a layer's weights become, and the signal to noise of each.
    Errors:   weights that are not finite, or beyond the largest number of f16; the choice `output-mse` without a matrix, or with one of
              another size.
    Example:  test/Transforms/choose-formats.mlir
  }];
  let options = [Option<"observedOnly", "observed-only", "bool", "false", "Only for ops with a Gram matrix">];
  let statistics = [Statistic<"numChosen", "chosen", "Schemes that had alternatives">];
}

def QuantizeWeights : Pass<"halftone-quantize-weights", "func::FuncOp"> {
  let summary = "Replace constant weights by codes, scales and a dequantize";
  let description = [{
    Weights with a `rounding` other than nearest are rounded by the Gram matrix of the layer's inputs. `gptq`: what rounding one weight adds to
    the output's error is carried on to those after it. `adaround`: it is learned for each weight whether it goes up or down. `centroids`, of
    formats with fitted codebooks: each weight keeps its code, and the codebooks become those with the least error of the output. Where that does not
    make the error less, they are rounded to nearest; the error of `adaround` is that on the samples that were held back.

    With `owq_bits` the weights of the inputs that cost a matmul most stay f16, as many as the bits have room for. They take up the error of the
    others: `add(matmul(x, decoded), matmul(gather(x, inputs), kept))`, where the decoded weights of these inputs are 0.

    Where an op with such a `rounding` has a `halftone.rounded_file`, what came out of it is written to this file; without a Gram matrix it is read
    from there instead: rounding layer by layer, or in several processes, gives what one run gives.

    Requires: schemes are assigned; ops with such a `rounding` have the Gram matrix of their inputs, f32 [reduction, reduction] or, of a grouped
              convolution, [groups, reduction, reduction], as `halftone.gram_matrix`, those with `adaround` also that of the samples that were
              held back, as `halftone.held_back_gram_matrix`; or their `halftone.rounded_file` has been written. They are dropped.
    Ensures:  the weights of every op with a scheme are decoded from constants, as the format's description says: `dequantize(codes, scales,
              zero points)` per tensor, per output channel or per group, where scales may themselves be dequantized; `lookup(codes, codebooks)`;
              `binary_decode(planes, scales, offset)`. Weights that several ops share under one scheme stay shared. The function's attribute
              `halftone.quantized_weights` says for each node what format it has, how many bytes it takes and how far it is off.
    Declines (op unchanged): with `observed-only`, ops without a Gram matrix; a later run quantizes them.
    Errors:   weights that are not finite, or beyond the largest number of f16; such a rounding without its matrices, or with one that is not
              positive definite; a file of rounded weights that is missing, damaged, or of other weights.
    Example:  test/Transforms/quantize-weights.mlir
  }];
  let options = [Option<"details", "details", "bool", "false",
                        "Also describe which numbers the weights of the widest block can become, and how far off the nearest ones "
                        "without a choice of ranges are">,
                 Option<"observedOnly", "observed-only", "bool", "false", "Only weights of ops with a Gram matrix">];
  let statistics = [Statistic<"numQuantized", "quantized", "Weight tensors quantized">];
}

def SelectOutliers : Pass<"halftone-select-outliers", "func::FuncOp"> {
  let summary = "Find the columns of activations with outliers at run time and multiply them as floats";
  let description = [{
    LLM.int8(): where a scheme has dynamic `outliers`, `matmul(x, w)` becomes `add(matmul(where(outlier, 0, x), w), matmul(gather(x, k),
    gather(w, k)))`. A column of x is an outlier if a magnitude in it reaches the threshold, and k, as long as there are outliers, says which
    columns are. Products that read the same x share what is made of it.

    Requires: schemes are assigned. Weights that are quantized (`halftone-quantize-weights`) give rows that `halftone-gather-codes` decodes alone.
    Ensures:  the scheme of a product with dynamic outliers sees 0 in their place.
    Declines (op unchanged): convolutions.
    Example:  test/Transforms/select-outliers.mlir
  }];
  let statistics = [Statistic<"numSplit", "split", "Products that look for outliers">];
}

def GatherCodes : Pass<"halftone-gather-codes", "func::FuncOp"> {
  let summary = "Gather the codes of rows and decode only those";
  let description = [{
    `gather(dequantize(codes, scales))` becomes `dequantize(gather(codes), gather(scales))`, and likewise for `lookup`, `binary_decode` and scales
    that are decoded themselves: a quantized embedding is read row by row and never decoded as a whole.

    Requires: nothing.
    Ensures:  rows (axis 0) of decoded constants are gathered as codes; blocks that hold several rows by their number.
    Declines (op unchanged): another axis; codes that are not constant.
    Example:  test/Transforms/gather-codes.mlir
  }];
  let statistics = [Statistic<"numMoved", "moved", "Gathers that read codes now">];
}

def QuantizeActivations : Pass<"halftone-quantize-activations", "func::FuncOp"> {
  let summary = "Insert quantize and dequantize on the inputs of contractions";
  let description = [{
    Static: every `observe` with a range becomes `dequantize(quantize(x))` with a constant scale and zero point, for all users of the value.
    The scale is the next float not below that of the range (a few hundred further at most) by whose reciprocal quantizing needs no division.
    Dynamic: the input of the contraction becomes `dequantize(dynamic_quantize(x))`, one scale per token (last dimension) or per tensor.
    Formats without scales (bf16, f16): `dequantize(quantize(x))` with the scale 1.

    Requires: schemes are assigned; static schemes also that observations are attached.
    Ensures:  no `observe` and no scheme remains.
    Errors:   a contraction with a static scheme whose input has no range: calibration data is missing, and no scale is made up.
    Example:  test/Transforms/quantize-activations.mlir
  }];
}

def QuantizeCache : Pass<"halftone-quantize-cache", "func::FuncOp"> {
  let summary = "Keep keys and values from run to run as codes";
  let description = [{
    A cache is an f32 argument whose only user, but for its shape, is `concat(argument, entries)`, not along the last dimension, which the function returns. Its
    argument and result become codes of `format`, and its scales, one for each index but the last (each head of each token), an argument and a
    result more, named as the cache with `.scale`. Entries are quantized once, by their largest magnitude, when they come; what was kept is
    never quantized again. All other users of the concatenation read `dequantize(codes, scales)`.

    Requires: `format` has a sign, one level of scales and 8, 4, 2 or 1 bits.
    Ensures:  the function takes and returns no cache in f32.
    Errors:   the function has no cache; a name that would exist twice.
    Example:  test/Transforms/quantize-cache.mlir
  }];
  let options = [Option<"format", "format", "std::string", "\"int8\"", "Name of the format of codes">];
  let statistics = [Statistic<"numCaches", "caches", "Caches that are codes now">];
}

def FuseQDQ : Pass<"halftone-fuse-qdq", "func::FuncOp"> {
  let summary = "Turn contractions of dequantized codes into integer contractions";
  let description = [{
    `matmul(dequantize(a, sa, za), dequantize(w, sw, zw))` becomes `dequantize(matmul_integer(a, w, za, zw), sw) * sa`, and `conv` likewise: the
    scales leave the sum, which becomes exact.

    Requires: nothing.
    Ensures:  no `matmul` or `conv` is left whose operands are both dequantized 8-bit codes with scales that can leave the sum.
    Declines (op unchanged): a scale or zero point that varies along the reduction; scales by `blocks`; zero points of a type other than the codes'; a reduction that could overflow i32;
              padding with a float zero that is no code (never: a zero point is a code).
    Example:  test/Transforms/fuse-qdq.mlir
  }];
  let statistics = [Statistic<"numFused", "fused", "Contractions that became integer">];
}

def ExpandCodebooks : Pass<"halftone-expand-codebooks", "func::FuncOp"> {
  let summary = "Look numbers up when codes and codebooks take more bytes than these";
  let description = [{
    A codebook of 256 floats for each 128 weights is larger than the weights: a program that holds the weights is smaller, and faster.

    Requires: types are inferred.
    Ensures:  no `lookup` of constants whose codes, at their bits, and tables together take more bytes than the f32 numbers of the result.
    Declines (op unchanged): codes or tables that are not constant, tables of other types than f32, one table for all codes.
    Remarks:  each layer, with both sizes.
    Example:  test/Transforms/expand-codebooks.mlir
  }];
  let statistics = [Statistic<"numExpanded", "expanded", "Lookups that became numbers">];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect"];
}

def HoistQuantize : Pass<"halftone-hoist-quantize", "func::FuncOp"> {
  let summary = "Quantize before data is moved, not after it";
  let description = [{
    Codes are a quarter of the bytes of floats. So what is only moved between two layers, joined (`concat`), reordered or repeated
    (`transpose`, `resize` to the nearest, …) or pooled by its maximum, is moved as codes: all operands of a `concat` by the one scale of
    its result. The quantization meets the op that computes the numbers then, and becomes a part of it.

    Requires: types are inferred.
    Ensures:  the codes are those of before; only a NaN in a `max_pool` counts as the code that it gets.
    Declines (op unchanged): quantization by several scales, or by one that the run computes, or to others than integers of 8 bits; an op whose numbers are used otherwise, or
              quantized by different scales; one that moves constants.
    Example:  test/Transforms/hoist-quantize.mlir
  }];
  let statistics = [Statistic<"numHoisted", "hoisted", "Ops that move codes instead of floats">];
  let dependentDialects = ["::mlir::halftone::HalftoneDialect"];
}

#endif // HALFTONE_TRANSFORMS_PASSES_TD
