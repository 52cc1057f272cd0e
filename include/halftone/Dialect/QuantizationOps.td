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

    - (C1) `scale` has one element, or one per channel of `axis`, or broadcasts to `input`; `zero_point` has one element or the shape of `scale`.
    - (C2) every constant scale is finite and positive.
    - (C3) `output` has the shape of `input` and the element type of `zero_point`.

    Example:
    ```mlir
    %q = halftone.quantize %x, %scale, %zp : (tensor<2x8xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x8xui8>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$scale, Halftone_Tensor:$zero_point, DefaultValuedAttr<I64Attr, "0">:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_DequantizeOp : Halftone_GraphOp<"dequantize"> {
  let summary = "Float values of integer codes";
  let description = [{
    `output = (input - zero_point) * scale`; the difference is exact (i32), then converted to f32. Same constraints and
    broadcasting as `quantize`; `input` may also be the i32 accumulator of an integer contraction.

    - (C1) `scale` has one element, or one per channel of `axis`, or broadcasts to `input`; `zero_point` has one element or the shape of `scale`.
    - (C2) every constant scale is finite and positive.
    - (C3) `zero_point` has the element type of `input`; `output` has the shape of `input` and the element type of `scale`.

    Example:
    ```mlir
    %x = halftone.dequantize %q, %scale, %zp {axis = 1 : i64} : (tensor<2x8xi8>, tensor<8xf32>, tensor<i8>) -> tensor<2x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$scale, Halftone_Tensor:$zero_point, DefaultValuedAttr<I64Attr, "0">:$axis);
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
    - (C2) K dimensions agree and K is at most 65793 (ui8 x i8), 131071 (i8 x i8), 33025 (ui8 x ui8): i32 cannot overflow.

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

    Example:
    ```mlir
    %y = halftone.observe %x {tensor = "conv1"} : (tensor<2x8xf32>) -> tensor<2x8xf32>
    ```
  }];
  let arguments = (ins Halftone_TensorOrMemRef:$input, StrAttr:$tensor, OptionalAttr<DenseF32ArrayAttr>:$range);
  let results = (outs Halftone_TensorOrMemRef:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type($input, $output)";
}

#endif // HALFTONE_QUANTIZATION_OPS_TD
