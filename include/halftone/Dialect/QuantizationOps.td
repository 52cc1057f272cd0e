// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_QUANTIZATION_OPS_TD
#define HALFTONE_QUANTIZATION_OPS_TD

include "halftone/Dialect/HalftoneBase.td"

def Halftone_QuantizeOp : Halftone_GraphOp<"quantize"> {
  let summary = "Render float values as integer codes";
  let description = [{
    `output = clamp(round_half_even(input / scale) + zero_point, qmin, qmax)`

    Evaluated in f32; clamped before the narrowing cast, so no input overflows; NaN becomes `zero_point`, infinities saturate.
    The element type of `zero_point` is that of the result. `axis` is the dimension that `scale` and `zero_point` vary over;
    it is ignored when they have one element. `scale` may also have the rank of `input` with every dimension equal to that of the
    input or 1 (one scale per token or per row).

    With `blocks`, one size per dimension of `input`, the elements whose indices divided by the sizes are equal share a scale (groups
    along a dimension, 2-D blocks); the last block of a dimension may be shorter, and `axis` is ignored.

    - (C1) `scale` has one element, or one per channel of `axis`, or broadcasts to `input`; `zero_point` has one element or the shape of `scale`.
    - (C2) every constant scale is finite and positive.
    - (C3) `output` has the shape of `input` and the element type of `zero_point`.
    - (C4) `blocks` are positive, one per dimension of `input`, and `scale` has `ceil(dimension / block)` elements along each.

    Example:
    ```mlir
    %q = halftone.quantize %x, %scale, %zp : (tensor<2x8xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x8xui8>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$scale, Halftone_Tensor:$zero_point, DefaultValuedAttr<I64Attr, "0">:$axis,
      OptionalAttr<DenseI64ArrayAttr>:$blocks);
  let results = (outs Halftone_Tensor:$output);
  // Without blocks.
  let builders = [OpBuilder<(ins "::mlir::Type":$output, "::mlir::Value":$input, "::mlir::Value":$scale,
      "::mlir::Value":$zero_point, CArg<"int64_t", "0">:$axis), [{
    build($_builder, $_state, output, input, scale, zero_point, $_builder.getI64IntegerAttr(axis), nullptr);
  }]>];
}
def Halftone_DequantizeOp : Halftone_GraphOp<"dequantize"> {
  let summary = "Float values of integer codes";
  let description = [{
    `output = (input - zero_point) * scale`; the difference is exact (i32), then converted to f32. Same constraints,
    broadcasting and `blocks` as `quantize`; `input` may also be the i32 accumulator of an integer contraction.

    - (C1) `scale` has one element, or one per channel of `axis`, or broadcasts to `input`; `zero_point` has one element or the shape of `scale`.
    - (C2) every constant scale is finite: blocks may have a negative one (`symmetric: full-range`), or 0.
    - (C3) `zero_point` has the element type of `input`; `output` has the shape of `input` and the element type of `scale`.
    - (C4) `blocks` are positive, one per dimension of `input`, and `scale` has `ceil(dimension / block)` elements along each.

    Example: one scale per column and group of 32 rows.
    ```mlir
    %w = halftone.dequantize %q, %scale, %zp {blocks = array<i64: 32, 1>} : (tensor<64x8xi4>, tensor<2x8xf32>, tensor<i4>) -> tensor<64x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$scale, Halftone_Tensor:$zero_point, DefaultValuedAttr<I64Attr, "0">:$axis,
      OptionalAttr<DenseI64ArrayAttr>:$blocks);
  let results = (outs Halftone_Tensor:$output);
  // Without blocks.
  let builders = [OpBuilder<(ins "::mlir::Type":$output, "::mlir::Value":$input, "::mlir::Value":$scale,
      "::mlir::Value":$zero_point, CArg<"int64_t", "0">:$axis), [{
    build($_builder, $_state, output, input, scale, zero_point, $_builder.getI64IntegerAttr(axis), nullptr);
  }]>];
}
def Halftone_LookupOp : Halftone_GraphOp<"lookup"> {
  let summary = "Values of the indices into a codebook";
  let description = [{
    `output[i…] = table[floor(i / blocks)…, codes[i…]]`: the last dimension of `table` is a codebook of 2^b values, the others choose
    which one, along each dimension the block that the element is in. Without `blocks`, `table` has one dimension: one codebook for all.

    - (C1) `codes` are unsigned integers of at most 8 bits, b of them.
    - (C2) the last dimension of `table` is 2^b; `table` holds floats.
    - (C3) `blocks` are positive, one per dimension of `codes`; the other dimensions of `table` are `ceil(dimension / block)`.
    - (C4) `output` has the shape of `codes` and the element type of `table`.

    Example: one codebook of 16 values for each column.
    ```mlir
    %w = halftone.lookup %codes, %table {blocks = array<i64: 64, 1>} : (tensor<64x8xui4>, tensor<1x8x16xf32>) -> tensor<64x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$codes, Halftone_Tensor:$table, OptionalAttr<DenseI64ArrayAttr>:$blocks);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_BinaryDecodeOp : Halftone_GraphOp<"binary_decode"> {
  let summary = "Sum of scaled binary planes";
  let description = [{
    `output[i…] = offset[g…] + sum_p (planes[p, i…] ? 1 : -1) * scales[p, g…]` with `g = floor(i / blocks)`, added in the order of the
    planes: binary-coding quantization (LUT-GEMM, arXiv 2206.09557).

    - (C1) `planes` are i1; `scales` and `offset` are floats of one type.
    - (C2) `blocks` are positive, one per dimension of `output`.
    - (C3) the first dimensions of `planes` and `scales` agree; the others of `scales`, and all of `offset`, are `ceil(dimension / block)`.
    - (C4) `output` has the shape of `planes` less its first dimension and the element type of `scales`.

    Example: two planes, groups of 32 rows.
    ```mlir
    %w = halftone.binary_decode %planes, %scales, %offset {blocks = array<i64: 32, 1>}
        : (tensor<2x64x8xi1>, tensor<2x2x8xf32>, tensor<2x8xf32>) -> tensor<64x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$planes, Halftone_Tensor:$scales, Halftone_Tensor:$offset, DenseI64ArrayAttr:$blocks);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_DynamicQuantizeOp : Halftone_GraphOp<"dynamic_quantize"> {
  let summary = "Quantize with a range found at run time";
  let description = [{
    Over each slice spanned by `axes` (the dimensions that share one scale: the last one for one scale per token, all of them for one
    scale per tensor), symmetric: `scale = absmax / qmax` (1 if absmax is 0), `zero_point = 0`; asymmetric (ONNX DynamicQuantizeLinear): the
    range widened to contain 0, `scale = (max - min) / (qmax - qmin)`, `zero_point = clamp(round_half_even(qmin - min / scale))`.
    The codes are `quantize(input, scale, zero_point)`. `scale` and `zero_point` keep the rank of `input` with 1 in the reduced
    dimensions, or are 0-D when all dimensions are reduced.

    - (C1) `axes` are sorted, unique and in [0, rank).
    - (C2) `output` and `zero_point` have the element type `to`: i8 or ui8; ui8 is asymmetric or symmetric around 128.

    Example:
    ```mlir
    %q, %scale, %zp = halftone.dynamic_quantize %x {axes = array<i64: 1>, symmetric = true, to = i8}
        : (tensor<2x8xf32>) -> (tensor<2x8xi8>, tensor<2x1xf32>, tensor<2x1xi8>)
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$axes, BoolAttr:$symmetric, TypeAttr:$to);
  let results = (outs Halftone_Tensor:$output, Halftone_Tensor:$scale, Halftone_Tensor:$zero_point);
}
def Halftone_MatMulIntegerOp : Halftone_GraphOp<"matmul_integer"> {
  let summary = "Exact integer matrix product of codes less their zero points";
  let description = [{
    `output[b…, m, n] = sum_k (lhs[b…, m, k] - lhs_zero_point) * (rhs[b…, k, n] - rhs_zero_point[n])` in i32, exact: evaluated as
    D - zl*colsum(rhs) - zr*rowsum(lhs) + K*zl*zr with all terms in i32, and no partial sum may saturate.
    `lhs_zero_point` has one element or one per row ([…, M, 1]); `rhs_zero_point` one element or one per column.

    - (C1) operands are 8-bit integers (i8 or ui8), zero points have the type of their operand.
    - (C2) K dimensions agree and K is at most 65793 (ui8 x i8), 131071 (i8 x i8), 66051 (ui8 x ui8): the sum of the products of codes fits in 32 bits.

    Example:
    ```mlir
    %c = halftone.matmul_integer %a, %b, %za, %zb : (tensor<2x8xui8>, tensor<8x4xi8>, tensor<ui8>, tensor<4xi8>) -> tensor<2x4xi32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$lhs, Halftone_Tensor:$rhs, Halftone_Tensor:$lhs_zero_point, Halftone_Tensor:$rhs_zero_point);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ConvIntegerOp : Halftone_GraphOp<"conv_integer"> {
  let summary = "Exact integer convolution of codes less their zero points";
  let description = [{
    As `conv`, over `(input - input_zero_point) * (filter - filter_zero_point)` in i32; padded elements are the input zero point,
    so they contribute nothing.

    - (C1) to (C4) as in `conv`, on 8-bit integers; zero points have the type of their operand.
    - (C5) `input_zero_point` has one element, `filter_zero_point` one or one per output channel.
    - (C6) the number of products of one sum is bounded as K in `matmul_integer`.

    Example:
    ```mlir
    %c = halftone.conv_integer %x, %w, %zx, %zw {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
        : (tensor<1x3x8x8xui8>, tensor<16x3x3x3xi8>, tensor<ui8>, tensor<i8>) -> tensor<1x16x6x6xi32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$filter, Halftone_Tensor:$input_zero_point,
      Halftone_Tensor:$filter_zero_point, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
      DefaultValuedAttr<I64Attr, "1">:$group, DefaultValuedAttr<Halftone_Layout, "::mlir::halftone::Layout::ChannelsFirst">:$layout);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ObserveOp : Halftone_Op<"observe", [
    DeclareOpInterfaceMethods<SymbolicShapeOpInterface, ["inferShapes"]>]> {
  let summary = "Identity that looks at the values passing through";
  let description = [{
    In a calibration build every run hands the values of `input` to the session's observer under the name `tensor`. Once an
    observations file is attached, `range` holds [min, max] chosen by the recipe's range estimator; the passes that insert scales read it there.
    Every remaining `observe` is an identity.

    - (C1) `tensor` is not empty.
    - (C2) `output` has the element type of `input` and a compatible shape.
    - (C3) `range` has two finite values, the smaller first.

    Example:
    ```mlir
    %y = halftone.observe %x {tensor = "conv1"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
    ```
  }];
  let arguments = (ins Halftone_TensorOrMemRef:$input, StrAttr:$tensor, OptionalAttr<DenseF32ArrayAttr>:$range);
  let results = (outs Halftone_TensorOrMemRef:$output);
  let hasVerifier = 1;
  let assemblyFormat = "$input attr-dict `:` functional-type($input, $output)";
}

#endif // HALFTONE_QUANTIZATION_OPS_TD
