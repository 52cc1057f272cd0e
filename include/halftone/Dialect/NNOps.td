// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_NN_OPS_TD
#define HALFTONE_NN_OPS_TD

include "halftone/Dialect/HalftoneBase.td"

def Halftone_Layout : I32EnumAttr<"Layout", "Order of the dimensions of an image tensor", [
    I32EnumAttrCase<"ChannelsFirst", 0, "nchw">, I32EnumAttrCase<"ChannelsLast", 1, "nhwc">]> {
  let cppNamespace = "::mlir::halftone";
}
defvar ChannelsFirst = "::mlir::halftone::Layout::ChannelsFirst";

def Halftone_MatMulOp : Halftone_GraphOp<"matmul"> {
  let summary = "Matrix product with NumPy batch broadcasting";
  let description = [{
    `output[b…, m, n] = sum_k lhs[b…, m, k] * rhs[b…, k, n]`, batch dimensions broadcast; 1-D operands as in NumPy.
    Floats accumulate in f32 or wider.

    - (C1) equal element types. - (C2) the K dimensions agree. - (C3) batch dimensions broadcast.
  }];
  let arguments = (ins Halftone_Tensor:$lhs, Halftone_Tensor:$rhs);
  let results = (outs Halftone_Tensor:$output);
}

def Halftone_ConvOp : Halftone_GraphOp<"conv"> {
  let summary = "Grouped convolution (cross-correlation), 1 to 3 spatial dimensions";
  let description = [{
    With s spatial dimensions, `pads` = [begin…, end…] (2s values, zeros are implied around the input), `strides` and
    `dilations` (s values each). In layout `nchw` the input is [N, C, spatial…], the output [N, O, spatial…]; in `nhwc` it is
    [N, spatial…, C] and [N, spatial…, O]. `filter` is [O, C / group, spatial…] in both. There is no bias: it is an `add`.

    - (C1) ranks are s + 2. - (C2) C is a multiple of `group` and agrees with `filter`; O is a multiple of `group`.
    - (C3) strides and dilations are positive, pads not negative. - (C4) the output dimensions are positive.
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$filter, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads, DefaultValuedAttr<I64Attr, "1">:$group,
      DefaultValuedAttr<Halftone_Layout, ChannelsFirst>:$layout);
  let results = (outs Halftone_Tensor:$output);
}

def Halftone_ConvTransposeOp : Halftone_GraphOp<"conv_transpose"> {
  let summary = "Transposed convolution (NCHW); `filter` is [C, O / group, spatial…]";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$filter, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$output_padding, DefaultValuedAttr<I64Attr, "1">:$group);
  let results = (outs Halftone_Tensor:$output);
}

def Halftone_MaxPoolOp : Halftone_GraphOp<"max_pool"> {
  let summary = "Maximum over a sliding window; padded elements never win";
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads, DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
      DefaultValuedAttr<Halftone_Layout, ChannelsFirst>:$layout);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_AveragePoolOp : Halftone_GraphOp<"average_pool"> {
  let summary = "Mean over a sliding window, counting padded elements or not";
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads, DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
      DefaultValuedAttr<BoolAttr, "false">:$count_include_pad, DefaultValuedAttr<Halftone_Layout, ChannelsFirst>:$layout);
  let results = (outs Halftone_Tensor:$output);
}

def Halftone_ReduceKind : I32EnumAttr<"ReduceKind", "What a reduction computes", [
    I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">, I32EnumAttrCase<"Max", 2, "max">,
    I32EnumAttrCase<"Min", 3, "min">, I32EnumAttrCase<"Prod", 4, "prod">, I32EnumAttrCase<"L1", 5, "l1">,
    I32EnumAttrCase<"L2", 6, "l2">, I32EnumAttrCase<"SumSquare", 7, "sum_square">,
    I32EnumAttrCase<"LogSum", 8, "log_sum">, I32EnumAttrCase<"LogSumExp", 9, "log_sum_exp">]> {
  let cppNamespace = "::mlir::halftone";
}
def Halftone_ReduceOp : Halftone_GraphOp<"reduce"> {
  let summary = "Reduce over `axes`";
  let description = [{
    An empty reduction gives the neutral element (sum 0, prod 1, max the lowest value, min the highest).

    - (C1) `axes` are sorted, unique and in [0, rank).
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_ReduceKind:$kind, DenseI64ArrayAttr:$axes, BoolAttr:$keepdims);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ArgReduceOp : Halftone_GraphOp<"arg_reduce"> {
  let summary = "Index (i64) of the largest or smallest element along `axis`; ties go to the first or the last";
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis, BoolAttr:$keepdims, BoolAttr:$minimum, DefaultValuedAttr<BoolAttr, "false">:$select_last);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_CumSumOp : Halftone_GraphOp<"cumsum"> {
  let summary = "Running sum along `axis`";
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$exclusive, DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_TopKOp : Halftone_GraphOp<"topk"> {
  let summary = "The `k` largest or smallest elements along `axis`, sorted, with their indices (i64)";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$k, I64Attr:$axis, BoolAttr:$largest);
  let results = (outs Halftone_Tensor:$values, Halftone_Tensor:$indices);
}
def Halftone_SoftmaxOp : Halftone_GraphOp<"softmax"> {
  let summary = "Softmax (or its logarithm) along `axis`, the maximum subtracted first";
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$log);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_LayerNormOp : Halftone_GraphOp<"layer_norm"> {
  let summary = "Normalization over the trailing dimensions from `axis`: (x - mean) / sqrt(var + epsilon) * scale + bias";
  let description = "With `rms` the mean is not subtracted: x / sqrt(mean(x^2) + epsilon) * scale. Statistics are evaluated in f32 or wider.";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$scale, Optional<Halftone_Tensor>:$bias, I64Attr:$axis, F32Attr:$epsilon, DefaultValuedAttr<BoolAttr, "false">:$rms);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_InstanceNormOp : Halftone_GraphOp<"instance_norm"> {
  let summary = "Normalization over the spatial dimensions of each channel (NCHW)";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$scale, Halftone_Tensor:$bias, F32Attr:$epsilon);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ResizeOp : Halftone_GraphOp<"resize"> {
  let summary = "Interpolate to the dimensions held by `sizes` (ONNX Resize: nearest, linear)";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$sizes, Halftone_Tensor:$scales, StrAttr:$mode, StrAttr:$coordinates, StrAttr:$nearest_mode);
  let results = (outs Halftone_Tensor:$output);
}

#endif // HALFTONE_NN_OPS_TD
