// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_BASE_TD
#define HALFTONE_BASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "halftone/Dialect/HalftoneInterfaces.td"

def Halftone_Dialect : Dialect {
  let name = "halftone";
  let cppNamespace = "::mlir::halftone";
  let summary = "Neural networks at ONNX granularity, and their quantization";
  let description = [{
    Two families of ops share this dialect. *Graph ops* carry the semantics of the ONNX operators on ranked tensors
    whose dimensions are static or dynamic. *Quantization ops* (`quantize`, `dequantize`, `dynamic_quantize`, `observe`
    and the integer contractions) say how values are rendered with few levels. Scales and zero points are operands,
    never part of a type: a layer may have hundreds of thousands of them.

    *Kernel ops* (`contract`, `depthwise`, `attention`) are what contractions become once a target has been chosen. They
    work on tensors and, after bufferization, on memrefs.

    The location of every op is the name of the ONNX node it comes from; diagnostics are reported there.
  }];
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let extraClassDeclaration = [{
    /// On arguments and results of functions: an array with the name of each dimension, "" for none.
    static constexpr ::llvm::StringLiteral kDimNamesAttrName = "halftone.dim_names";
  }];
}

class Halftone_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Halftone_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

// Ranked, because every lowering needs the number of loops; importing refuses what has no rank.
def Halftone_Tensor : AnyTypeOf<[AnyRankedTensor]>;
def Halftone_TensorOrMemRef : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>;

class Halftone_Op<string mnemonic, list<Trait> traits = []>
    : Op<Halftone_Dialect, mnemonic, traits>;

// The op's verifier infers its results and compares them with those it has, so every constraint is stated once, in
// inferShapes.
def Halftone_VerifyShapes : NativeOpTrait<"VerifyShapes"> {
  let cppNamespace = "::mlir::halftone";
}

// A graph op: infers the types of its results from its operands and attributes.
class Halftone_GraphOp<string mnemonic, list<Trait> traits = []>
    : Halftone_Op<mnemonic, !listconcat(traits, [Pure,
        DeclareOpInterfaceMethods<SymbolicShapeOpInterface, ["inferShapes"]>, Halftone_VerifyShapes])> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

// Marks ops whose result element at an index depends only on the operand elements at that (broadcast) index.
def Halftone_Elementwise : NativeOpTrait<"Elementwise"> {
  let cppNamespace = "::mlir::halftone";
}

#endif // HALFTONE_BASE_TD
