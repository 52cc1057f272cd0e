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

#endif // HALFTONE_DECODE_OPS_TD
