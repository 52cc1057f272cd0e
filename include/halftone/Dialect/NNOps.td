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
    `output[b…, m, n] = sum_k lhs[b…, m, k] * rhs[b…, k, n]`, batch dimensions broadcast; a 1-D `lhs` is a row, a 1-D `rhs` a
    column, and that dimension is dropped from the result. Floats accumulate in f32 or wider, integers wrap.

    - (C1) the element types are equal, floats or integers other than i1; both operands have a dimension.
    - (C2) the K dimensions agree.
    - (C3) batch dimensions broadcast.

    Example:
    ```mlir
    %y = halftone.matmul %a, %b : (tensor<5x2x3xf32>, tensor<3x4xf32>) -> tensor<5x2x4xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$lhs, Halftone_Tensor:$rhs);
  let results = (outs Halftone_Tensor:$output);
}

def Halftone_ConvOp : Halftone_GraphOp<"conv"> {
  let summary = "Grouped convolution (cross-correlation), 1 to 3 spatial dimensions";
  let description = [{
    With s spatial dimensions, `pads` = [begin…, end…] (2s values, zeros are implied around the input), `strides` and
    `dilations` (s values each). In layout 0 (nchw) the input is [N, C, spatial…], the output [N, O, spatial…]; in 1 (nhwc) it is
    [N, spatial…, C] and [N, spatial…, O]. `filter` is [O, C / group, spatial…] in both. There is no bias: it is an `add`.

    `output[n, o, p…] = sum_{c, k…} input[n, g*C/group + c, p*stride + k*dilation - pad…] * filter[o, c, k…]` where o is in group g;
    output sizes are `floor((size + pads - (kernel - 1) * dilation - 1) / stride) + 1`.

    - (C1) ranks are s + 2, s is 1 to 3; the element types are equal and floats.
    - (C2) C is `group` times the second dimension of `filter`; O is a multiple of `group`.
    - (C3) strides, dilations and `group` are positive, pads not negative, all at most 2^31 - 1.
    - (C4) the output dimensions are positive.

    Example:
    ```mlir
    %y = halftone.conv %x, %w {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
        : (tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x4x4xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$filter, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads, DefaultValuedAttr<I64Attr, "1">:$group,
      DefaultValuedAttr<Halftone_Layout, ChannelsFirst>:$layout);
  let results = (outs Halftone_Tensor:$output);
}

def Halftone_ConvTransposeOp : Halftone_GraphOp<"conv_transpose"> {
  let summary = "Transposed convolution (NCHW); `filter` is [C, O / group, spatial…]";
  let description = [{
    The adjoint of `conv`: every input element adds its multiple of the filter to the output, at `stride` times its position
    plus `dilation` times that of the filter element less the pad. Output sizes are
    `stride * (size - 1) + output_padding + (kernel - 1) * dilation + 1 - pads`.

    - (C1) ranks are s + 2, s is 1 to 3; the element types are equal and floats.
    - (C2) C is the first dimension of `filter` and a multiple of `group`.
    - (C3) strides, dilations and `group` are positive, pads and `output_padding` not negative, all at most 2^31 - 1.
    - (C4) the output dimensions are positive.

    Example:
    ```mlir
    %y = halftone.conv_transpose %x, %w {strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 0, 0>,
        output_padding = array<i64: 0>} : (tensor<1x3x4xf32>, tensor<3x5x2xf32>) -> tensor<1x5x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$filter, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$output_padding, DefaultValuedAttr<I64Attr, "1">:$group);
  let results = (outs Halftone_Tensor:$output);
}

// The constraints of the two pools; `elements` says what they may hold.
class Halftone_PoolConstraints<string elements> {
  string text = "With `ceil_mode` the last window may end beyond the padded input, if it starts inside the input or the "
      # "padding in front.\n\n"
      # "- (C1) `input` has 1 to 3 spatial dimensions; the elements are " # elements # ".\n"
      # "- (C2) kernel sizes, strides and dilations are positive, pads not negative, all at most 2^31 - 1.\n"
      # "- (C3) the output dimensions are positive.\n\n";
}
class Halftone_PoolExample<string mnemonic> {
  string text = "Example:\n```mlir\n%y = halftone." # mnemonic # " %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>,\n"
      # "    dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>\n```\n";
}

def Halftone_MaxPoolOp : Halftone_GraphOp<"max_pool"> {
  let summary = "Maximum over a sliding window; padded elements never win";
  let description = Halftone_PoolConstraints<"numbers: floats or integers other than i1">.text
      # Halftone_PoolExample<"max_pool">.text;
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
      DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads, DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
      DefaultValuedAttr<Halftone_Layout, ChannelsFirst>:$layout);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_AveragePoolOp : Halftone_GraphOp<"average_pool"> {
  let summary = "Mean over a sliding window, counting padded elements or not";
  let description = "The sum over the window is divided by the number of its elements inside the input, with "
      # "`count_include_pad` inside the padded input. " # Halftone_PoolConstraints<"floats">.text
      # Halftone_PoolExample<"average_pool">.text;
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
    `kind` is 0 sum, 1 mean, 2 max, 3 min, 4 prod, 5 l1, 6 l2, 7 sum of squares, 8 log of the sum, 9 log of the sum of
    exponentials. An empty reduction gives the neutral element (sum 0, prod 1, max the lowest value, min the highest).

    - (C1) `axes` are sorted, unique and in [0, rank).
    - (C2) the elements are numbers; for max and min also i1.

    Example:
    ```mlir
    %y = halftone.reduce %x {kind = 1 : i32, axes = array<i64: 1>, keepdims = true} : (tensor<2x3xf32>) -> tensor<2x1xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_ReduceKind:$kind, DenseI64ArrayAttr:$axes, BoolAttr:$keepdims);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ArgReduceOp : Halftone_GraphOp<"arg_reduce"> {
  let summary = "Index (i64) of the largest or smallest element along `axis`; ties go to the first or the last";
  let description = [{
    - (C1) `axis` is in [0, rank) and the dimension is not 0.

    Example:
    ```mlir
    %y = halftone.arg_reduce %x {axis = 1 : i64, keepdims = false, minimum = false} : (tensor<2x3xf32>) -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis, BoolAttr:$keepdims, BoolAttr:$minimum, DefaultValuedAttr<BoolAttr, "false">:$select_last);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_CumSumOp : Halftone_GraphOp<"cumsum"> {
  let summary = "Running sum along `axis`";
  let description = [{
    `output[…, i, …]` is the sum of the elements up to and with i; with `exclusive` without it; with `reverse` from the end.

    - (C1) `axis` is in [0, rank); the elements are numbers.

    Example:
    ```mlir
    %y = halftone.cumsum %x {axis = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$exclusive, DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_TopKOp : Halftone_GraphOp<"topk"> {
  let summary = "The `k` largest or smallest elements along `axis`, sorted, with their indices (i64)";
  let description = [{
    Equal elements are ordered by their index.

    - (C1) `axis` is in [0, rank); `k` is one integer between 0 and the dimension.

    Example:
    ```mlir
    %v, %i = halftone.topk %x, %k {axis = 1 : i64, largest = true}
        : (tensor<2x8xf32>, tensor<1xi64>) -> (tensor<2x?xf32>, tensor<2x?xi64>)
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$k, I64Attr:$axis, BoolAttr:$largest);
  let results = (outs Halftone_Tensor:$values, Halftone_Tensor:$indices);
}
def Halftone_NonMaxSuppressionOp : Halftone_GraphOp<"non_max_suppression"> {
  let summary = "Indices of the boxes that stay when those that overlap a better one go";
  let description = [{
    With boxes [B, N, 4] and scores [B, C, N], for every batch b and class c: until `max_selected` boxes are selected, select
    the box with the largest score above `score_threshold` (the first of equal ones) among those left; it and all boxes whose
    intersection with it is more than `iou_threshold` of their union are left no longer. `output[b, c, k]` is the index of the
    box selected k-th, -1 behind the last one.

    A box is [y1, x1, y2, x2], two opposite corners in any order; with `center_point` [x, y, width, height].

    - (C1) `boxes` is [B, N, 4], `scores` [B, C, N], both f32, with the same B and N.
    - (C2) `max_selected` is one integer, `iou_threshold` and `score_threshold` are one f32 each.

    Example:
    ```mlir
    %k = halftone.non_max_suppression %boxes, %scores, %max, %iou, %score
        : (tensor<1x6x4xf32>, tensor<1x2x6xf32>, tensor<i64>, tensor<f32>, tensor<f32>) -> tensor<1x2x6xi64>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$boxes, Halftone_Tensor:$scores, Halftone_Tensor:$max_selected,
      Halftone_Tensor:$iou_threshold, Halftone_Tensor:$score_threshold, DefaultValuedAttr<BoolAttr, "false">:$center_point);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_SoftmaxOp : Halftone_GraphOp<"softmax"> {
  let summary = "Softmax (or its logarithm) along `axis`, the maximum subtracted first";
  let description = [{
    `output[i] = e^(x[i] - max) / sum_j e^(x[j] - max)`; with `log`, `x[i] - max - ln(sum_j e^(x[j] - max))`.

    - (C1) `axis` is in [0, rank); the elements are floats.

    Example:
    ```mlir
    %y = halftone.softmax %x {axis = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis, DefaultValuedAttr<BoolAttr, "false">:$log);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_LayerNormOp : Halftone_GraphOp<"layer_norm"> {
  let summary = "Normalization over the trailing dimensions from `axis`: (x - mean) / sqrt(var + epsilon) * scale + bias";
  let description = [{
    With `rms` the mean is not subtracted: `x / sqrt(mean(x^2) + epsilon) * scale`. Statistics are evaluated in f32 or wider.

    - (C1) `axis` is in [0, rank); `epsilon` is finite and not negative; the elements are floats of one type.
    - (C2) `scale` and `bias` broadcast to the input.

    Example:
    ```mlir
    %y = halftone.layer_norm %x, %scale, %bias {axis = 1 : i64, epsilon = 1.0e-05 : f32}
        : (tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$scale, Optional<Halftone_Tensor>:$bias, I64Attr:$axis, F32Attr:$epsilon, DefaultValuedAttr<BoolAttr, "false">:$rms);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_InstanceNormOp : Halftone_GraphOp<"instance_norm"> {
  let summary = "Normalization over the spatial dimensions of each channel (NCHW)";
  let description = [{
    `output = (x - mean) / sqrt(var + epsilon) * scale[c] + bias[c]`, mean and variance over the spatial dimensions of each
    channel of each image, evaluated in f32 or wider.

    - (C1) `input` has at least 3 dimensions; `epsilon` is finite and not negative; the elements are floats of one type.
    - (C2) `scale` and `bias` are 1-D with one element per channel.

    Example:
    ```mlir
    %y = halftone.instance_norm %x, %scale, %bias {epsilon = 1.0e-05 : f32}
        : (tensor<1x3x4x4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$scale, Halftone_Tensor:$bias, F32Attr:$epsilon);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ResizeOp : Halftone_GraphOp<"resize"> {
  let summary = "Interpolate to the dimensions held by `sizes` (ONNX Resize: nearest, linear)";
  let description = [{
    Each output position is mapped to the input by `coordinates` and `scales` (output size / input size, as the model gives
    them), and read there as `mode` says; `nearest_mode` rounds the position for nearest.

    - (C1) `sizes` (integers, not negative) and `scales` (floats) are 1-D with one entry per dimension.
    - (C2) `mode` is nearest or linear; `coordinates` is half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners
      or asymmetric; `nearest_mode` is round_prefer_floor, round_prefer_ceil, floor or ceil.

    Example:
    ```mlir
    %y = halftone.resize %x, %sizes, %scales {mode = "nearest", coordinates = "asymmetric", nearest_mode = "floor"}
        : (tensor<1x3x4x4xf32>, tensor<4xi64>, tensor<4xf32>) -> tensor<1x3x8x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$sizes, Halftone_Tensor:$scales, StrAttr:$mode, StrAttr:$coordinates, StrAttr:$nearest_mode);
  let results = (outs Halftone_Tensor:$output);
}

#endif // HALFTONE_NN_OPS_TD
