// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_KERNEL_OPS_TD
#define HALFTONE_KERNEL_OPS_TD

include "halftone/Dialect/HalftoneBase.td"

def Halftone_PackingAttr : Halftone_Attr<"Packing", "packing"> {
  let summary = "Layout of the right-hand side of a kernel";
  let description = [{
    Of `contract`: a matrix [K, N] stored as [ceil(N / nr)][ceil(K / kr)][nr][kr], zero padded: `nr` columns side by side (the
    vector registers of a tile), `kr` consecutive k of one column together (what one dot instruction consumes).
    `nr = 0` means plain row-major [batch…, K, N], where a `k` or `n` of -1 is known only at run time.
    Of `depthwise`: taps [KH, KW, C] stored as [ceil(C / nr)][KW][ceil(KH / kr)][nr][kr], zero padded: `kr` vertically
    adjacent taps of one channel together; `k` is KH * KW and `n` is C.
    `kernel` names the row of the target's instruction table that consumes it.
    `along_k = true`, of codes alone: the lanes of a register are `nr` consecutive k of one column, so that what belongs to a group of
    one column is the same for all of them. Each column is a panel of its own, a matrix [ceil(K / nr), nr].
  }];
  let parameters = (ins StringRefParameter<>:$kernel, "int64_t":$nr, "int64_t":$kr, "int64_t":$k, "int64_t":$n,
      DefaultValuedParameter<"bool", "false">:$isAlongK);
  let builders = [AttrBuilder<(ins "::llvm::StringRef":$kernel, "int64_t":$nr, "int64_t":$kr, "int64_t":$k, "int64_t":$n),
      [{ return $_get($_ctxt, kernel, nr, kr, k, n, /*isAlongK=*/false); }]>];
  let assemblyFormat = [{
    `<` $kernel `,` `nr` `=` $nr `,` `kr` `=` $kr `,` `k` `=` $k `,` `n` `=` $n (`,` `along_k` `=` $isAlongK^)? `>`
  }];
}
def Halftone_DecoderInputAttr : Halftone_Attr<"DecoderInput", "decoder_input"> {
  let summary = "What one operand of a decoder is";
  let description = [{
    `role` is `table`, `table_bytes`, `zero_point`, `scale`, `plane`, `offset` or `scale_table`: what the codes of the scales before it stand for, one
    table of up to 16 numbers. The operand has one number (or one table) for each `group` consecutive k and each `columns` consecutive
    columns; a 0 spans all of them. With `columns = 1` it is stored like a right-hand side of
    ceil(K / group) rows whose elements are of type `element` (in panels of one column where the packing is `along_k`), otherwise as [ceil(K / group)][ceil(N / columns)] in row-major order,
    tables as [ceil(K / group)][ceil(N / columns)][2^bits] of f32, or as `table_bytes` [ceil(K / group)][ceil(N / columns)][4][2^bits]:
    the lowest bytes of all entries, then the next ones.
  }];
  let parameters = (ins StringRefParameter<>:$role, "::mlir::Type":$element, "int64_t":$group, "int64_t":$columns);
  let assemblyFormat = "`<` $role `,` $element `,` `group` `=` $group `,` `columns` `=` $columns `>`";
}
def Halftone_DecoderAttr : Halftone_Attr<"Decoder", "decoder"> {
  let summary = "How a kernel makes numbers of the codes of its right-hand side";
  let description = [{
    `value = (decode(code) - zero_point) * (scale_0 * (scale_1 * …))`, or with planes `offset ± plane_0 ± plane_1 …`, in this order, where
    bit p of the code is the sign of plane p (1 is +). `inputs` says what the decoder's operands are, in their order, and which element of
    each belongs to row k and column n. `decode` gives the number that a code of type `codes` is, or with a table the table's entry.
    With `finite = true` no code is an infinity or a NaN.

    Codes of f16 and bf16 are stored as [ceil(N / nr)][K][nr]. A right-hand side of narrower codes is bytes, [ceil(N / nr)][ceil(K / kr)][nr * kr * bits / 8]: a code is cut into fields of 4, 2 and
    1 bits, as many as its width has ones; the fields follow each other, each as bytes [kr * width / 8][nr] in which the lowest
    `width` bits belong to the first of the 8 / width rows that share a byte.
  }];
  let parameters = (ins "::mlir::Type":$codes, DefaultValuedParameter<"bool", "false">:$isFinite,
      OptionalArrayRefParameter<"DecoderInputAttr">:$inputs);
  let assemblyFormat = "`<` $codes (`finite` `=` $isFinite^)? (`,` `inputs` `=` `[` $inputs^ `]`)? `>`";
}
def Halftone_WindowAttr : Halftone_Attr<"Window", "window"> {
  let summary = "Sliding window of a convolution over an already padded [N, H, W, C] input";
  let parameters = (ins ArrayRefParameter<"int64_t">:$kernel, ArrayRefParameter<"int64_t">:$strides, ArrayRefParameter<"int64_t">:$dilations);
  let assemblyFormat = "`<` `kernel` `=` `[` $kernel `]` `,` `strides` `=` `[` $strides `]` `,` `dilations` `=` `[` $dilations `]` `>`";
}

class Halftone_KernelOp<string mnemonic> : Halftone_Op<mnemonic, [
    AttrSizedOperandSegments, DestinationStyleOpInterface, SingleBlock, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  // The epilogue block takes the accumulator and one scalar per epilogue input and ends in halftone.yield of the output element.
  let arguments = (ins Halftone_TensorOrMemRef:$lhs, Halftone_TensorOrMemRef:$rhs,
      Variadic<Halftone_TensorOrMemRef>:$decoder_inputs, Variadic<Halftone_TensorOrMemRef>:$epilogue_inputs, Halftone_TensorOrMemRef:$init,
      Halftone_PackingAttr:$packing, OptionalAttr<Halftone_WindowAttr>:$window, AffineMapArrayAttr:$epilogue_maps,
      OptionalAttr<Halftone_DecoderAttr>:$decoder);
  let results = (outs Optional<AnyRankedTensor>:$output);
  let regions = (region SizedRegion<1>:$epilogue);
  let hasVerifier = 1;
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `)` (`decoder_ins` `(` $decoder_inputs^ `:` type($decoder_inputs) `)`)?
    (`epilogue_ins` `(` $epilogue_inputs^ `:` type($epilogue_inputs) `)`)?
    `outs` `(` $init `:` type($init) `)` attr-dict-with-keyword $epilogue (`->` type($output)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    /// Element type of the accumulator: the type of the first epilogue argument.
    ::mlir::Type getAccumulatorType() { return getEpilogue().front().getArgument(0).getType(); }
  }];
}
def Halftone_ContractOp : Halftone_KernelOp<"contract"> {
  let summary = "Contraction over packed weights with an elementwise epilogue";
  let description = [{
    Without `window`: `acc[m…, n] = sum_k lhs[m…, k] * rhs[k, n]`. A plain `rhs` of rank r > 2 has r - 2 batch dimensions, and
    then so have `lhs` and the output, all of rank r; a batch dimension of `lhs` or `rhs` that is statically 1 is broadcast.
    With `window`: implicit matrix product, `lhs` is a padded [N, H, W, C] image, the output is [N, OH, OW, O] and k runs over
    (kernel row, kernel column, channel). Then `output[i…] = epilogue(acc[i…], epilogue_inputs[map(i…)]…)` over the output
    indices; `epilogue_maps` are projected permutations (or constants 0) of the output dimensions.

    8-bit operands are signless; the packing's `kernel` says how each is extended.

    - (C1) the accumulator is f32 for floats, i32 for integers; the epilogue takes it and one scalar per epilogue input, and yields one output element.
    - (C2) there is one map per epilogue input.
    - (C3) K and N agree with `packing`.
    - (C4) with `window`, images have 4 dimensions, and its numbers are positive.
    - (C5) decoder inputs are given with a `decoder`, as many and of the sizes that it says; its roles are known and fit together, and `lhs` is f32.

    Example: one product with a bias added to every row.
    ```mlir
    %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x8x16x1xf32>) epilogue_ins(%b : tensor<16xf32>)
        outs(%init : tensor<4x16xf32>) attributes {epilogue_maps = [affine_map<(m, n) -> (n)>],
          packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>} {
    ^bb0(%acc: f32, %bias: f32):
      %sum = arith.addf %acc, %bias : f32
      halftone.yield %sum : f32
    } -> tensor<4x16xf32>
    ```
  }];
}
def Halftone_DepthwiseOp : Halftone_KernelOp<"depthwise"> {
  let summary = "Depthwise convolution with an elementwise epilogue";
  let description = [{
    `acc[n, y, x, c] = sum_{i, j} lhs[n, y*sy + i*dy, x*sx + j*dx, c] * rhs[i, j, c]`, `lhs` padded [N, H, W, C], the taps
    `rhs` laid out as `packing` says; epilogue as in `contract`.

    - (C1) accumulator and epilogue are as in `contract`.
    - (C2) there is one map per epilogue input.
    - (C3) there is a window; a plain `rhs` is [KH, KW, C].
    - (C4) there is no decoder.

    Example:
    ```mlir
    %y = halftone.depthwise ins(%x, %w : tensor<1x6x6x8xf32>, tensor<3x3x8xf32>) outs(%init : tensor<1x4x4x8xf32>)
        attributes {epilogue_maps = [], packing = #halftone.packing<"plain", nr = 0, kr = 0, k = 9, n = 8>,
          window = #halftone.window<kernel = [3, 3], strides = [1, 1], dilations = [1, 1]>} {
    ^bb0(%acc: f32):
      halftone.yield %acc : f32
    } -> tensor<1x4x4x8xf32>
    ```
  }];
}
def Halftone_YieldOp : Halftone_Op<"yield", [Pure, Terminator]> {
  let summary = "Ends an epilogue or the body of control flow with its values";
  let description = [{
    The output element of a kernel's epilogue; the tensors that a region of `if` or `loop` computes.

    Example:
    ```mlir
    %y = halftone.contract ins(%x, %w : tensor<4x8xf32>, tensor<1x8x16x1xf32>) outs(%init : tensor<4x16xf32>)
        attributes {epilogue_maps = [], packing = #halftone.packing<"f32-fma-avx512", nr = 16, kr = 1, k = 8, n = 16>} {
    ^bb0(%acc: f32):
      halftone.yield %acc : f32
    } -> tensor<4x16xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{}]>];
}
def Halftone_WeightsViewOp : Halftone_Op<"weights_view", [Pure]> {
  let summary = "A constant, by its place in the module's weights section";
  let description = [{
    The memref must not be written.

    - (C1) `offset`, in bytes from the start of the section, is not negative and a multiple of 64.

    Example:
    ```mlir
    %w = halftone.weights_view {offset = 128 : i64} : memref<4x8xf32>
    ```
  }];
  let arguments = (ins I64Attr:$offset);
  let results = (outs AnyStaticShapeMemRef:$output);
  let hasVerifier = 1;
  let assemblyFormat = "attr-dict `:` type($output)";
}
def Halftone_ArenaViewOp : Halftone_Op<"arena_view", [Pure]> {
  let summary = "A buffer, by its place in the session's arena";
  let description = [{
    Buffers that are never live at the same time may share memory.

    - (C1) `offset`, in bytes from the start of the arena, is not negative and a multiple of 64.

    Example:
    ```mlir
    %buffer = halftone.arena_view {offset = 128 : i64} : memref<4x8xf32>
    ```
  }];
  let arguments = (ins I64Attr:$offset);
  let results = (outs AnyStaticShapeMemRef:$output);
  let hasVerifier = 1;
  let assemblyFormat = "attr-dict `:` type($output)";
}

#endif // HALFTONE_KERNEL_OPS_TD
