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

    Example:
    ```mlir
    %w = halftone.constant dense<[1.0, 2.0]> : tensor<2xf32>
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
    ONNX Reshape: a 0 in `shape` copies the input dimension unless `allowzero`; one -1 is inferred.

    - (C1) `shape` is a 1-D i64 tensor of static size.
    - (C2) the numbers of elements agree.
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$shape, DefaultValuedAttr<BoolAttr, "false">:$allowzero);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_FlattenOp : Halftone_GraphOp<"flatten"> {
  let summary = "Collapse to two dimensions around `axis`";
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_SqueezeOp : Halftone_GraphOp<"squeeze"> {
  let summary = "Drop dimensions of size 1";
  let description = "- (C1) `axes` are sorted, unique, in [0, rank) and their dimensions are 1.";
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_UnsqueezeOp : Halftone_GraphOp<"unsqueeze"> {
  let summary = "Insert dimensions of size 1";
  let description = "- (C1) `axes` are sorted, unique positions in the result, in [0, result rank).";
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_TransposeOp : Halftone_GraphOp<"transpose"> {
  let summary = "Permute dimensions: output dimension i is input dimension permutation[i]";
  let description = "- (C1) `permutation` is a permutation of [0, rank).";
  let arguments = (ins Halftone_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ConcatOp : Halftone_GraphOp<"concat"> {
  let summary = "Join tensors along `axis`";
  let description = "- (C1) equal ranks and element types. - (C2) dimensions other than `axis` agree.";
  let arguments = (ins Variadic<Halftone_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_SliceOp : Halftone_GraphOp<"slice"> {
  let summary = "Strided sub-tensor with run-time bounds";
  let description = [{
    ONNX Slice with all operands given: `starts`, `ends`, `steps` are 1-D i64 tensors with one element per entry of
    `axes`; negative starts and ends count from the end, both are clamped to the dimension.

    - (C1) `axes` are unique and in [0, rank); the three operands have as many elements.
    - (C2) no step is 0.
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$starts, Halftone_Tensor:$ends, Halftone_Tensor:$steps, DenseI64ArrayAttr:$axes);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_SplitOp : Halftone_GraphOp<"split"> {
  let summary = "Cut a tensor along `axis` into consecutive pieces of the given sizes";
  let description = "- (C1) one size per result. - (C2) the sizes add up to the dimension.";
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$axis, DenseI64ArrayAttr:$sizes);
  let results = (outs Variadic<Halftone_Tensor>:$outputs);
}
def Halftone_ExpandOp : Halftone_GraphOp<"expand"> {
  let summary = "Broadcast to the dimensions held by `shape` (two-way, as in ONNX)";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$shape);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_TileOp : Halftone_GraphOp<"tile"> {
  let summary = "Repeat the tensor `repeats[i]` times along dimension i";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$repeats);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_PadMode : I32EnumAttr<"PadMode", "How padded elements get their value", [
    I32EnumAttrCase<"Constant", 0, "constant">, I32EnumAttrCase<"Edge", 1, "edge">,
    I32EnumAttrCase<"Reflect", 2, "reflect">, I32EnumAttrCase<"Wrap", 3, "wrap">]> {
  let cppNamespace = "::mlir::halftone";
}
def Halftone_PadOp : Halftone_GraphOp<"pad"> {
  let summary = "Extend dimensions; negative amounts crop";
  let description = "`pads` is a 1-D i64 tensor [begin of each axis…, end of each axis…] over all axes. `value` has one element.";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$pads, Halftone_Tensor:$value, DefaultValuedAttr<Halftone_PadMode, "::mlir::halftone::PadMode::Constant">:$mode);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ShapeOp : Halftone_GraphOp<"shape"> {
  let summary = "Dimensions [start, end) of a tensor, as a 1-D i64 tensor";
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$start, I64Attr:$end);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_SizeOp : Halftone_GraphOp<"size"> {
  let summary = "Number of elements, as a 0-D i64 tensor";
  let arguments = (ins Halftone_Tensor:$input);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_RangeOp : Halftone_GraphOp<"range"> {
  let summary = "Arithmetic progression from three 0-D tensors";
  let arguments = (ins Halftone_Tensor:$start, Halftone_Tensor:$limit, Halftone_Tensor:$delta);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ConstantOfShapeOp : Halftone_GraphOp<"constant_of_shape"> {
  let summary = "A tensor of the dimensions held by `shape`, every element `value`";
  let arguments = (ins Halftone_Tensor:$shape, ElementsAttr:$value);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_GatherOp : Halftone_GraphOp<"gather"> {
  let summary = "Pick slices along `axis` by index";
  let description = [{
    `output[i…, j…, k…] = input[i…, indices[j…], k…]`; negative indices count from the end. An index out of range ends
    the run with an error that names the node.
  }];
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_GatherElementsOp : Halftone_GraphOp<"gather_elements"> {
  let summary = "Pick single elements along `axis`; the result has the shape of `indices`";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_GatherNDOp : Halftone_GraphOp<"gather_nd"> {
  let summary = "Pick slices by index tuples (ONNX GatherND)";
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
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, Halftone_Tensor:$updates, I64Attr:$axis, DefaultValuedAttr<Halftone_ScatterReduction, "::mlir::halftone::ScatterReduction::None">:$reduction);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_ScatterNDOp : Halftone_GraphOp<"scatter_nd"> {
  let summary = "Copy of `input` with slices at index tuples replaced or reduced";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$indices, Halftone_Tensor:$updates, DefaultValuedAttr<Halftone_ScatterReduction, "::mlir::halftone::ScatterReduction::None">:$reduction);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_TriluOp : Halftone_GraphOp<"trilu"> {
  let summary = "Upper or lower triangle of the last two dimensions, shifted by the 0-D `k`; the rest is 0";
  let arguments = (ins Halftone_Tensor:$input, Halftone_Tensor:$k, BoolAttr:$upper);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_OneHotOp : Halftone_GraphOp<"one_hot"> {
  let summary = "Index to indicator vector along a new `axis`; `values` is [off, on]";
  let arguments = (ins Halftone_Tensor:$indices, Halftone_Tensor:$depth, Halftone_Tensor:$values, I64Attr:$axis);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_DepthToSpaceOp : Halftone_GraphOp<"depth_to_space"> {
  let summary = "Move blocks of channels into height and width (NCHW); `crd` selects the channel order";
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$blocksize, DefaultValuedAttr<BoolAttr, "false">:$crd);
  let results = (outs Halftone_Tensor:$output);
}
def Halftone_SpaceToDepthOp : Halftone_GraphOp<"space_to_depth"> {
  let summary = "Move blocks of height and width into channels (NCHW)";
  let arguments = (ins Halftone_Tensor:$input, I64Attr:$blocksize);
  let results = (outs Halftone_Tensor:$output);
}

#endif // HALFTONE_SHAPE_OPS_TD
