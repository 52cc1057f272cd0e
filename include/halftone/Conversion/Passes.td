// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_CONVERSION_PASSES_TD
#define HALFTONE_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertToLinalg : Pass<"halftone-convert-to-linalg", "func::FuncOp"> {
  let summary = "Lower graph and quantization ops to linalg, tensor, arith, math and scf";
  let description = [{
    Integer types lose their sign (ui8 becomes i8); whether an operation is signed is decided from the type it had. Float tensors and i1
    keep theirs. Sizes that are not static are computed from the dimensions of the function's arguments where shape inference can trace
    them, else from the operands.

    Requires: types are inferred (`halftone-infer-shapes`); two `?` dimensions of an elementwise op are equal at run time
              (`halftone-materialize-broadcasts`). Where that cannot be proven a `cf.assert` naming the node checks it.
    Ensures:  of the dialect only `constant` (more than 16 elements), `observe` and kernel ops remain, on signless tensors. An index out of
              range, a reshape that does not fit and the like end the run through a `cf.assert` that names the node.
    Errors:   an op on element types that have no arithmetic here (narrower than 8 bits), or a mode that is not lowered.
    Example:  test/Conversion/convert-to-linalg.mlir
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

def FuseElementwise : Pass<"halftone-fuse-elementwise", "func::FuncOp"> {
  let summary = "Fuse elementwise linalg ops into their consumers";
  let description = [{
    Upstream's elementwise fusion with a rule of what to duplicate: a producer with one user is fused unless its arithmetic is expensive (a
    division, a root, a function of `math`) and the consumer would repeat it, because it broadcasts the value or reduces over more
    dimensions. Fills, casts and copies are fused into every user. Reshapes move out of the way of fusion where that keeps every
    loop contiguous.

    Requires: linalg on tensors.
    Ensures:  the same values.
    Declines (op unchanged): a producer whose result a contraction, a loop or a return also needs.
    Example:  test/Conversion/fuse-elementwise.mlir
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

#endif // HALFTONE_CONVERSION_PASSES_TD
