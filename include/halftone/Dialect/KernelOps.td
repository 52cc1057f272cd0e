// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_KERNEL_OPS_TD
#define HALFTONE_KERNEL_OPS_TD

include "halftone/Dialect/HalftoneBase.td"

def Halftone_PackingAttr : Halftone_Attr<"Packing", "packing"> {
  let summary = "Layout of the right-hand side of a contraction";
  let description = [{
    A matrix [K, N] stored as [ceil(N / nr)][ceil(K / kr)][nr][kr], zero padded: `nr` columns side by side (the vector registers of a tile), `kr`
    consecutive k of one column together (what one dot instruction consumes). `kernel` names the row of the target's
    instruction table that consumes it. `nr = 0` means plain row-major [K, N].
  }];
  let parameters = (ins StringRefParameter<>:$kernel, "int64_t":$nr, "int64_t":$kr, "int64_t":$k, "int64_t":$n);
  let assemblyFormat = "`<` $kernel `,` `nr` `=` $nr `,` `kr` `=` $kr `,` `k` `=` $k `,` `n` `=` $n `>`";
}
def Halftone_WindowAttr : Halftone_Attr<"Window", "window"> {
  let summary = "Sliding window of a convolution over an already padded [N, H, W, C] input";
  let parameters = (ins ArrayRefParameter<"int64_t">:$kernel, ArrayRefParameter<"int64_t">:$strides, ArrayRefParameter<"int64_t">:$dilations);
  let assemblyFormat = "`<` `kernel` `=` `[` $kernel `]` `,` `strides` `=` `[` $strides `]` `,` `dilations` `=` `[` $dilations `]` `>`";
}

class Halftone_KernelOp<string mnemonic> : Halftone_Op<mnemonic, [
    DestinationStyleOpInterface, SingleBlock, RecursiveMemoryEffects,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  // The epilogue block takes the accumulator and one scalar per epilogue input and ends in halftone.yield of the output element.
  let arguments = (ins Halftone_TensorOrMemRef:$lhs, Halftone_TensorOrMemRef:$rhs,
      Variadic<Halftone_TensorOrMemRef>:$epilogue_inputs, Halftone_TensorOrMemRef:$init,
      Halftone_PackingAttr:$packing, OptionalAttr<Halftone_WindowAttr>:$window, AffineMapArrayAttr:$epilogue_maps);
  let results = (outs Optional<AnyRankedTensor>:$output);
  let regions = (region SizedRegion<1>:$epilogue);
  let hasVerifier = 1;
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `)` (`epilogue_ins` `(` $epilogue_inputs^ `:` type($epilogue_inputs) `)`)?
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
    Without `window`: `acc[m…, n] = sum_k lhs[m…, k] * rhs[k, n]`; when `rhs` has a leading batch dimension (rank 3 plain), so have lhs and the
    output. With `window`: implicit matrix product, `lhs` is a padded [N, H, W, C] image, K runs over (kernel row, kernel column, channel). Then
    `output[i…] = epilogue(acc[i…], epilogue_inputs[map(i…)]…)` over the output indices; `epilogue_maps` are projected permutations
    (or constants 0) of the output dimensions.

    - (C1) the accumulator is f32 for floats, i32 for integers. - (C2) one map per epilogue input. - (C3) K and N agree with `packing`.
  }];
}
def Halftone_DepthwiseOp : Halftone_KernelOp<"depthwise"> {
  let summary = "Depthwise convolution with an elementwise epilogue";
  let description = [{
    `acc[n, y, x, c] = sum_{i, j} lhs[n, y*sy + i*dy, x*sx + j*dx, c] * rhs[i, j, c]`, `lhs` padded [N, H, W, C], `rhs` [KH, KW, C]; epilogue as in `contract`.
  }];
}
def Halftone_YieldOp : Halftone_Op<"yield", [Pure, Terminator]> {
  let summary = "Ends an epilogue with the output element";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{}]>];
}
def Halftone_WeightsViewOp : Halftone_Op<"weights_view", [Pure]> {
  let summary = "A constant, by its place in the module's weights section";
  let description = "`offset` is in bytes from the start of the section, a multiple of 64. The memref must not be written.";
  let arguments = (ins I64Attr:$offset);
  let results = (outs AnyStaticShapeMemRef:$output);
  let assemblyFormat = "attr-dict `:` type($output)";
}

#endif // HALFTONE_KERNEL_OPS_TD
