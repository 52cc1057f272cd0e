// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which ONNX ops are understood, for documents.
#ifndef HALFTONE_ONNX_LISTOPS_H
#define HALFTONE_ONNX_LISTOPS_H

#include "mlir/Support/LLVM.h"

namespace mlir::halftone {

/// Writes JSON: `ops` (the op table: domain, name and entries with opsets, counts of inputs, limits
/// and the float op of which it is a form), `functions` (ops that come in by the body their schema
/// gives) and `refused` (ops and domains of ONNX with the reason).
void listOps(llvm::raw_ostream &os);

} // namespace mlir::halftone

#endif // HALFTONE_ONNX_LISTOPS_H
