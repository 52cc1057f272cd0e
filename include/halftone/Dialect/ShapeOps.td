// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_SHAPE_OPS_TD
#define HALFTONE_SHAPE_OPS_TD

include "halftone/Dialect/HalftoneBase.td"

def Halftone_ConstantOp : Halftone_Op<"constant", [Pure, ConstantLike,
    DeclareOpInterfaceMethods<SymbolicShapeOpInterface, ["inferShapes"]>]> {
  let summary = "A tensor known at compile time";
  let description = [{
    Small values are `dense<…>`; weights are `dense_resource<…>`, whose blob may point into a mapped file. After
    bufferization the result is a memref that must not be written.

    - (C1) `output` has the shape and element type of `value`; a memref may have signless elements of the same width.

    Example:
    ```mlir
    %w = halftone.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %b = halftone.constant dense<[1.0, 2.0]> : tensor<2xf32> to memref<2xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Halftone_TensorOrMemRef:$output);
  let hasFolder = 1;
  let hasVerifier = 1;
  // The elements attribute prints its own type; `to` names the result type only where it differs (memrefs).
  let hasCustomAssemblyFormat = 1;
  let builders = [OpBuilder<(ins "::mlir::ElementsAttr":$value)>];
}

def Halftone_ReshapeOp : Halftone_GraphOp<"reshape"> {
  let summary = "Same elements, other dimensions";
  let description = [{
    ONNX Reshape: a 0 in `shape` copies the input dimension unless `allowzero`; one -1 is inferred. The elements keep
    their row-major order.

    - (C1) `shape` is a 1-D integer tensor of static size; its entries are sizes, 0, and at most one -1.
    - (C2) the numbers of elements agree.

    Example:
    ```mlir
    %shape = halftone.constant dense<[0, -1]> : tensor<2xi64>
    %y = halftone.reshape %x, %shape : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<2x12xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$shape, DefaultValuedAttr<BoolAttr, "false">:$allowzero);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_FlattenOp : Halftone_GraphOp<"flatten"> {
  let summary = "Collapse to two dimensions around `axis`";
  let description = [{
    The dimensions before `axis` become the first one, the others the second; of no dimensions the product is 1.

    - (C1) `axis` is in [0, rank].

    Example:
    ```mlir
    %y = halftone.flatten %x {axis = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_SqueezeOp : Halftone_GraphOp<"squeeze"> {
  let summary = "Drop dimensions of size 1";
  let description = [{
    - (C1) `axes` are sorted, unique, in [0, rank) and their dimensions are 1.

    Example:
    ```mlir
    %y = halftone.squeeze %x {axes = array<i64: 0, 2>} : (tensor<1x3x1xf32>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_UnsqueezeOp : Halftone_GraphOp<"unsqueeze"> {
  let summary = "Insert dimensions of size 1";
  let description = [{
    - (C1) `axes` are sorted, unique positions in the result, in [0, result rank).

    Example:
    ```mlir
    %y = halftone.unsqueeze %x {axes = array<i64: 0, 2>} : (tensor<3xf32>) -> tensor<1x3x1xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_TransposeOp : Halftone_GraphOp<"transpose"> {
  let summary = "Permute dimensions: output dimension i is input dimension permutation[i]";
  let description = [{
    - (C1) `permutation` is a permutation of [0, rank).

    Example:
    ```mlir
    %y = halftone.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_ConcatOp : Halftone_GraphOp<"concat"> {
  let summary = "Join tensors along `axis`";
  let description = [{
    - (C1) there is at least one input; `axis` is in [0, rank); ranks and element types are equal.
    - (C2) dimensions other than `axis` agree.

    Example:
    ```mlir
    %y = halftone.concat %a, %b {axis = 0 : i64} : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>
    ```
  }];
  let arguments = (ins Variadic<Halftone_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_SliceOp : Halftone_GraphOp<"slice"> {
  let summary = "Strided sub-tensor with run-time bounds";
  let description = [{
    ONNX Slice with all operands given: negative starts and ends count from the end. With a positive step both are
    clamped to [0, size], with a negative one starts to [0, size - 1] and ends to [-1, size - 1]. Bounds beyond
    2^31 - 1 in magnitude mean the end they are nearer to.

    - (C1) `axes` are unique and in [0, rank); `starts`, `ends`, `steps` are 1-D integer tensors with one element for each.
    - (C2) no step is 0.

    Example:
    ```mlir
    %y = halftone.slice %x, %starts, %ends, %steps {axes = array<i64: 1>}
        : (tensor<2x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2x?xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$starts, Halftone_Tensor:$ends, Halftone_Tensor:$steps, DenseI64ArrayAttr:$axes);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_SplitOp : Halftone_GraphOp<"split"> {
  let summary = "Cut a tensor along `axis` into consecutive pieces of the given sizes";
  let description = [{
    - (C1) `axis` is in [0, rank); there is one size per result, in [0, 2^31 - 1].
    - (C2) the sizes add up to the dimension.

    Example:
    ```mlir
    %a, %b = halftone.split %x {axis = 0 : i64, sizes = array<i64: 1, 2>}
        : (tensor<3x4xf32>) -> (tensor<1x4xf32>, tensor<2x4xf32>)
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis, DenseI64ArrayAttr:$sizes);
  let results = (outs Variadic<Halftone_Tensor>:$outputs);
}
def Halftone_ExpandOp : Halftone_GraphOp<"expand"> {
  let summary = "Broadcast to the dimensions held by `shape` (two-way, as in ONNX)";
  let description = [{
    The result has the dimensions of `input` and `shape` broadcast against each other.

    - (C1) `shape` is a 1-D integer tensor of static size without negative entries.
    - (C2) aligned at the last, dimensions of `input` and `shape` are equal, or one of them is 1.

    Example:
    ```mlir
    %y = halftone.expand %x, %shape : (tensor<3x1xf32>, tensor<3xi64>) -> tensor<?x3x?xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$shape);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_TileOp : Halftone_GraphOp<"tile"> {
  let summary = "Repeat the tensor `repeats[i]` times along dimension i";
  let description = [{
    - (C1) `repeats` is a 1-D integer tensor with one entry per dimension, none negative.

    Example:
    ```mlir
    %r = halftone.constant dense<[1, 2]> : tensor<2xi64>
    %y = halftone.tile %x, %r : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x6xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$repeats);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_PadMode : I32EnumAttr<"PadMode", "How padded elements get their value", [
    I32EnumAttrCase<"Constant", 0, "constant">, I32EnumAttrCase<"Edge", 1, "edge">,
    I32EnumAttrCase<"Reflect", 2, "reflect">, I32EnumAttrCase<"Wrap", 3, "wrap">]> {
  let cppNamespace = "::mlir::halftone";
}
def Halftone_PadOp : Halftone_GraphOp<"pad"> {
  let summary = "Extend dimensions; negative amounts crop";
  let description = [{
    `pads` is [begin of each axis…, end of each axis…] over all axes. New elements are `value` (constant), the nearest
    (edge), mirrored without repeating the border (reflect) or taken from the other side (wrap). Mode 0 is constant,
    1 edge, 2 reflect, 3 wrap.

    - (C1) `pads` is a 1-D integer tensor of two entries per dimension; `value` has one element of the input's type.
    - (C2) no dimension becomes negative; reflected amounts are smaller than the dimension.

    Example:
    ```mlir
    %pads = halftone.constant dense<[0, 1, 0, 1]> : tensor<4xi64>
    %y = halftone.pad %x, %pads, %zero : (tensor<2x3xf32>, tensor<4xi64>, tensor<f32>) -> tensor<2x5xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$pads, Halftone_Tensor:$value, DefaultValuedAttr<Halftone_PadMode, "::mlir::halftone::PadMode::Constant">:$mode);
  let results = (outs Halftone_Tensor:$output);
  let hasFolder = 1;
}
def Halftone_ShapeOp : Halftone_GraphOp<"shape"> {
  let summary = "Dimensions [start, end) of a tensor, as a 1-D i64 tensor";
  let description = [{
    - (C1) 0 <= `start` <= `end` <= rank.

    Example:
    ```mlir
    %s = halftone.shape %x {start = 0 : i64, end = 2 : i64} : (tensor<?x3xf32>) -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$start, I64Attr:$end);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_SizeOp : Halftone_GraphOp<"size"> {
  let summary = "Number of elements, as a 0-D i64 tensor";
  let description = [{
    Example:
    ```mlir
    %n = halftone.size %x : (tensor<?x3xf32>) -> tensor<i64>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_RangeOp : Halftone_GraphOp<"range"> {
  let summary = "Arithmetic progression from three scalars";
  let description = [{
    `output[i] = start + i * delta` for i in [0, max(0, ceil((limit - start) / delta))).

    - (C1) the operands have one element each, of one element type: a float or an integer other than i1.
    - (C2) `delta` is not 0.

    Example:
    ```mlir
    %y = halftone.range %start, %limit, %delta : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$start, Halftone_Tensor:$limit, Halftone_Tensor:$delta);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ConstantOfShapeOp : Halftone_GraphOp<"constant_of_shape"> {
  let summary = "A tensor of the dimensions held by `shape`, every element `value`";
  let description = [{
    - (C1) `shape` is a 1-D integer tensor of static size without negative entries; `value` has one element.

    Example:
    ```mlir
    %y = halftone.constant_of_shape %shape {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x?xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$shape, ElementsAttr:$value);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_GatherOp : Halftone_GraphOp<"gather"> {
  let summary = "Pick slices along `axis` by index";
  let description = [{
    `output[i…, j…, k…] = input[i…, indices[j…], k…]`; negative indices count from the end. An index out of range ends
    the run with an error that names the node.

    - (C1) `axis` is in [0, rank); `indices` are integers.

    Example:
    ```mlir
    %y = halftone.gather %table, %ids {axis = 0 : i64} : (tensor<100x8xf32>, tensor<2x3xi64>) -> tensor<2x3x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_GatherElementsOp : Halftone_GraphOp<"gather_elements"> {
  let summary = "Pick single elements along `axis`; the result has the shape of `indices`";
  let description = [{
    `output[i…, j, k…] = input[i…, indices[i…, j, k…], k…]`; negative indices count from the end, one out of range ends
    the run with an error.

    - (C1) `axis` is in [0, rank); `indices` are integers and have the rank of `input`.

    Example:
    ```mlir
    %y = halftone.gather_elements %x, %i {axis = 1 : i64} : (tensor<2x8xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_GatherNDOp : Halftone_GraphOp<"gather_nd"> {
  let summary = "Pick slices by index tuples (ONNX GatherND)";
  let description = [{
    With b = `batch_dims`: `output[i…, k…] = input[i[:b]…, indices[i…, :]…, k…]`, where the last dimension of `indices`
    is the length of a tuple. Negative indices count from the end, one out of range ends the run with an error.

    - (C1) `indices` are integers; `batch_dims` is below both ranks.
    - (C2) the last dimension of `indices` is static and at most the rank of `input` less `batch_dims`.

    Example:
    ```mlir
    %y = halftone.gather_nd %x, %i : (tensor<4x5x6xf32>, tensor<3x2xi64>) -> tensor<3x6xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, DefaultValuedAttr<I64Attr, "0">:$batch_dims);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ScatterReduction : I32EnumAttr<"ScatterReduction", "How scattered values meet the ones already there", [
    I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Add", 1, "add">, I32EnumAttrCase<"Mul", 2, "mul">,
    I32EnumAttrCase<"Min", 3, "min">, I32EnumAttrCase<"Max", 4, "max">]> {
  let cppNamespace = "::mlir::halftone";
}
def Halftone_ScatterElementsOp : Halftone_GraphOp<"scatter_elements"> {
  let summary = "Copy of `input` with single elements along `axis` replaced or reduced";
  let description = [{
    `output = input`, then for every index i of `updates`, in order: `output[i with i[axis] = indices[i]]` becomes
    `updates[i]`, or its sum, product, minimum or maximum with what is there. Reduction 0 is none, 1 add, 2 mul, 3 min, 4 max.

    - (C1) `axis` is in [0, rank); `indices` are integers; `indices` and `updates` have one shape, of the rank of `input`.
    - (C2) `updates` has the element type of `input`.

    Example:
    ```mlir
    %y = halftone.scatter_elements %x, %i, %u {axis = 1 : i64}
        : (tensor<2x8xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<2x8xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, Halftone_Tensor:$updates, I64Attr:$axis, DefaultValuedAttr<Halftone_ScatterReduction, "::mlir::halftone::ScatterReduction::None">:$reduction);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ScatterNDOp : Halftone_GraphOp<"scatter_nd"> {
  let summary = "Copy of `input` with slices at index tuples replaced or reduced";
  let description = [{
    `output = input`, then for every index i of the tuples, in order: `output[indices[i…, :]…]` becomes `updates[i…]`, or is
    reduced with it as in `scatter_elements`.

    - (C1) `indices` are integers, their last dimension is static and at most the rank of `input`.
    - (C2) `updates` has the element type of `input` and the shape that `indices` and `input` leave.

    Example:
    ```mlir
    %y = halftone.scatter_nd %x, %i, %u : (tensor<4x6xf32>, tensor<3x1xi64>, tensor<3x6xf32>) -> tensor<4x6xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, Halftone_Tensor:$updates, DefaultValuedAttr<Halftone_ScatterReduction, "::mlir::halftone::ScatterReduction::None">:$reduction);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_TriluOp : Halftone_GraphOp<"trilu"> {
  let summary = "Upper or lower triangle of the last two dimensions, shifted by `k`; the rest is 0";
  let description = [{
    `output[…, i, j] = (upper ? j - i >= k : j - i <= k) ? input[…, i, j] : 0`.

    - (C1) `input` has at least two dimensions; `k` is one integer.

    Example:
    ```mlir
    %y = halftone.trilu %x, %k {upper = true} : (tensor<3x3xf32>, tensor<i64>) -> tensor<3x3xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$k, BoolAttr:$upper);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_OneHotOp : Halftone_GraphOp<"one_hot"> {
  let summary = "Index to indicator vector along a new `axis`; `values` is [off, on]";
  let description = [{
    `output[i…, d, k…] = values[indices[i…, k…] == d ? 1 : 0]` for d in [0, depth); negative indices count from the end,
    one out of range gives `off` everywhere.

    - (C1) `axis` is in [0, rank of indices]; `depth` is one number.
    - (C2) `values` is 1-D with two elements; `output` has its element type.

    Example:
    ```mlir
    %y = halftone.one_hot %i, %depth, %values {axis = 1 : i64}
        : (tensor<3xi64>, tensor<i64>, tensor<2xf32>) -> tensor<3x?xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$indices, Halftone_Tensor:$depth, Halftone_Tensor:$values, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_DepthToSpaceOp : Halftone_GraphOp<"depth_to_space"> {
  let summary = "Move blocks of channels into height and width (NCHW); `crd` selects the channel order";
  let description = [{
    With b = `blocksize` and C' = C / b²: `output[n, c, y*b + i, x*b + j] = input[n, (i*b + j)*C' + c, y, x]`, with `crd`
    `input[n, c*b*b + i*b + j, y, x]`.

    - (C1) `input` has 4 dimensions; `blocksize` is in [1, 32768].
    - (C2) C is a multiple of the block's area.

    Example:
    ```mlir
    %y = halftone.depth_to_space %x {blocksize = 2 : i64} : (tensor<1x8x2x3xf32>) -> tensor<1x2x4x6xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$blocksize, DefaultValuedAttr<BoolAttr, "false">:$crd);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_SpaceToDepthOp : Halftone_GraphOp<"space_to_depth"> {
  let summary = "Move blocks of height and width into channels (NCHW)";
  let description = [{
    With b = `blocksize`: `output[n, (i*b + j)*C + c, y, x] = input[n, c, y*b + i, x*b + j]`.

    - (C1) `input` has 4 dimensions; `blocksize` is in [1, 32768].
    - (C2) height and width are multiples of `blocksize`.

    Example:
    ```mlir
    %y = halftone.space_to_depth %x {blocksize = 2 : i64} : (tensor<1x2x4x6xf32>) -> tensor<1x8x2x3xf32>
    ```
  }];
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$blocksize);
  let results = (outs Halftone_Tensor:$output);
}

#endif // HALFTONE_SHAPE_OPS_TD
