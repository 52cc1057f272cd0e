// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_ATTENTION_OPS_TD
#define HALFTONE_ATTENTION_OPS_TD

include "halftone/Dialect/HalftoneBase.td"

def Halftone_AttentionOp : Halftone_Op<"attention", [
    DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Attention without a tensor of its scores";
  let description = [{
    For query head h, which reads head g = h / (H / G) of the G heads of keys and values:
    ```
    s[j] = scale * sum_d query[b, h, i, d] * key[b, g, j, d] + mask[b, h, i, j]
    output[b, h, i, d] = sum_j e^(s[j] - max(s)) * value[b, g, j, d] / sum_j e^(s[j] - max(s))
    ```
    Evaluated in f32, over j in blocks; the numbers of one row do not depend on the other rows. Without a mask nothing is added. Keys whose mask is
    -inf may be left out, even if what they would be multiplied with is not finite. A row whose scores are all
    -inf is NaN; with `zero_empty`, 0. Without any key, rows are 0.

    `query` is [B, H, Sq, D], `key` [B, G, Sk, D], `value` [B, G, Sk, E] and the output [B, H, Sq, E]. `by_token` says for each of these four, in
    this order, whether its second and third dimensions are exchanged instead. `kernel` names the row of the target's instruction table that
    computes it.

    - (C1) all are f32 with 4 dimensions, and `by_token` has 4 elements.
    - (C2) the numbers of heads H, G and the sizes of heads D, E are static and positive; H is a multiple of G.
    - (C3) sizes of one name agree.
    - (C4) each dimension of the mask is 1 or that of [B, H, Sq, Sk].
    - (C5) `scale` is finite.

    Example: two heads that share keys and values.
    ```mlir
    %y = halftone.attention ins(%q, %k, %v : tensor<1x2x5x8xf32>, tensor<1x1x7x8xf32>, tensor<1x1x7x4xf32>)
        mask(%m : tensor<1x1x5x7xf32>) outs(%init : tensor<1x2x5x4xf32>) {scale = 0.5 : f32} -> tensor<1x2x5x4xf32>
    ```
  }];
  let arguments = (ins Halftone_TensorOrMemRef:$query, Halftone_TensorOrMemRef:$key, Halftone_TensorOrMemRef:$value,
      Optional<Halftone_TensorOrMemRef>:$mask, Halftone_TensorOrMemRef:$init, F32Attr:$scale, OptionalAttr<DenseBoolArrayAttr>:$by_token,
      UnitAttr:$zero_empty, OptionalAttr<StrAttr>:$kernel);
  let results = (outs Optional<AnyRankedTensor>:$output);
  let hasVerifier = 1;
  let assemblyFormat = [{
    `ins` `(` $query `,` $key `,` $value `:` type($query) `,` type($key) `,` type($value) `)` (`mask` `(` $mask^ `:` type($mask) `)`)?
    `outs` `(` $init `:` type($init) `)` attr-dict (`->` type($output)^)?
  }];
  let extraClassDeclaration = [{
    enum class Part { Query, Key, Value, Output };
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    /// Where dimension 1 (heads) or 2 (tokens) is found.
    unsigned getHeadDim(Part part) { return isByToken(part) ? 2 : 1; }
    unsigned getTokenDim(Part part) { return isByToken(part) ? 1 : 2; }
    bool isByToken(Part part) { return getByToken() && (*getByToken())[size_t(part)]; }
  }];
}

#endif // HALFTONE_ATTENTION_OPS_TD
