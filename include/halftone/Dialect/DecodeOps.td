// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_DECODE_OPS_TD
#define HALFTONE_DECODE_OPS_TD

include "halftone/Dialect/KernelOps.td"

def Halftone_DecodePanelsOp : Halftone_Op<"decode_panels", [
    DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "The numbers of packed codes, as panels of a kernel";
  let description = [{
    `codes` is a right-hand side [K, N] of a `contract` with a decoder, where k counts through a box of `padded` elements, the last
    dimension fastest. Of that box the first `sizes` of each dimension exist. `init[n / nr, sum(index * strides), n % nr]` becomes the
    number of column n at an index of the box; what no index or column belongs to is left as it is.

    So a filter [O, I, KH, KW] whose codes stay in the order of their groups becomes a right-hand side in the order of a convolution's window.

    - (C1) `packing`, `decoder`, `codes` and the decoder's inputs are as in `contract`, and K is the number of elements of the box.
    - (C2) `sizes`, `padded` and `strides` have as many entries, positive ones, and `sizes` is at most `padded`.
    - (C3) `init` is [ceil(N / nr)][rows][nr] of f32, and every index has a row of its own in it.

    Example: two taps of 3 channels, stored channel by channel, with the taps outside.
    ```mlir
    %w = halftone.decode_panels ins(%codes : tensor<1x6x16xi8>) decoder_ins(%scales : tensor<1x1x16xf32>)
        outs(%init : tensor<1x6x16xf32>) attributes {
          decoder = #halftone.decoder<i8, inputs = [<"scale", f32, group = 0, columns = 1>]>,
          packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 1, k = 6, n = 16>,
          sizes = array<i64: 3, 2>, padded = array<i64: 3, 2>, strides = array<i64: 1, 3>} -> tensor<1x6x16xf32>
    ```
  }];
  let arguments = (ins Halftone_TensorOrMemRef:$codes, Variadic<Halftone_TensorOrMemRef>:$decoder_inputs,
      Halftone_TensorOrMemRef:$init, Halftone_PackingAttr:$packing, Halftone_DecoderAttr:$decoder,
      DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$padded, DenseI64ArrayAttr:$strides);
  let results = (outs Optional<AnyRankedTensor>:$output);
  let hasVerifier = 1;
  let assemblyFormat = [{
    `ins` `(` $codes `:` type($codes) `)` (`decoder_ins` `(` $decoder_inputs^ `:` type($decoder_inputs) `)`)?
    `outs` `(` $init `:` type($init) `)` attr-dict-with-keyword (`->` type($output)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
  }];
}

def Halftone_DecodeRowsOp : Halftone_Op<"decode_rows", [
    DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "The numbers of chosen rows of packed codes: an embedding";
  let description = [{
    `codes` are K rows of N codes, each row by itself: as a right-hand side of one row of the code types's `kr` rows, whose column c of row s is element `s * nr + c`.

    ```
    for m in rows of indices:
      k = indices[m] < 0 ? indices[m] + K : indices[m]
      for n in columns:
        init[m, n] = number of code n in row k
    ```

    An index outside of [-K, K) is an error when the program runs.

    - (C1) `packing` has the `kr` of the codes' type and N <= kr * nr (what is behind column N is padding); `codes` is [K][1][nr * kr * bits / 8] bytes, or [K][1][nr] of f16 or bf16.
    - (C2) The decoder's inputs are as in `contract`, but row-major all of them, `columns = 1` too, for kr * nr columns; codes of less than 8 bits follow each other
      as one stream of bits, the lowest bits of a byte first, of at least 8 bytes.
    - (C3) `indices` is [M] of i32 or i64, `init` is [M][N] of f32.

    Example: rows of 32 codes of 4 bits, with a scale for each row.
    ```mlir
    %y = halftone.decode_rows ins(%codes, %indices : tensor<100x1x16xi8>, tensor<?xi64>) decoder_ins(%scales : tensor<100x1xf32>)
        outs(%init : tensor<?x32xf32>) attributes {
          decoder = #halftone.decoder<i4, inputs = [<"scale", f32, group = 1, columns = 0>]>,
          packing = #halftone.packing<"f32codes-fma-avx512", nr = 16, kr = 2, k = 100, n = 32>} -> tensor<?x32xf32>
    ```
  }];
  let arguments = (ins Halftone_TensorOrMemRef:$codes, Halftone_TensorOrMemRef:$indices,
      Variadic<Halftone_TensorOrMemRef>:$decoder_inputs, Halftone_TensorOrMemRef:$init,
      Halftone_PackingAttr:$packing, Halftone_DecoderAttr:$decoder);
  let results = (outs Optional<AnyRankedTensor>:$output);
  let hasVerifier = 1;
  let assemblyFormat = [{
    `ins` `(` $codes `,` $indices `:` type($codes) `,` type($indices) `)`
    (`decoder_ins` `(` $decoder_inputs^ `:` type($decoder_inputs) `)`)?
    `outs` `(` $init `:` type($init) `)` attr-dict-with-keyword (`->` type($output)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
  }];
}

#endif // HALFTONE_DECODE_OPS_TD
