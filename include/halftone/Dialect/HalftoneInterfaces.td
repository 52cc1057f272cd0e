// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_INTERFACES_TD
#define HALFTONE_INTERFACES_TD

include "mlir/IR/OpBase.td"

def SymbolicShapeOpInterface : OpInterface<"SymbolicShapeOpInterface"> {
  let cppNamespace = "::mlir::halftone";
  let description = [{
    Computes the element types and the symbolic dimensions of the results from those of the operands. A dimension is an
    affine expression: a constant, a symbol, or arithmetic over them; two dimensions are provably equal when their
    simplified expressions are the same. Small integer tensors also carry the symbolic values of their elements, so that
    shape arithmetic is followed through `shape`, `gather`, `concat`, … to the `reshape` that uses it.
  }];
  let methods = [
    InterfaceMethod<[{
        Sets every result through `shapes.setResult`. On contradiction reports an error at the op, naming the expected
        and the actual dimensions, and fails.
      }],
      "::llvm::LogicalResult", "inferShapes", (ins "::mlir::halftone::ShapeContext &":$shapes)>
  ];
}

#endif // HALFTONE_INTERFACES_TD
