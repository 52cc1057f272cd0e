// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Diagnostics for people who have an ONNX model, not IR.
#ifndef HALFTONE_ANALYSIS_DIAGNOSTICTEXT_H
#define HALFTONE_ANALYSIS_DIAGNOSTICTEXT_H

#include "mlir/IR/Diagnostics.h"

namespace mlir::halftone {

/// `error`, `warning`, `remark` or `note`.
StringRef getSeverityName(DiagnosticSeverity severity);

/// Prints `MODEL: error: node 'conv1': …` and indented notes. The node is named once, also where
/// the message begins with it, and not where the location is the model file itself.
void printDiagnostic(llvm::raw_ostream &stream, StringRef modelPath, Diagnostic &diagnostic);

} // namespace mlir::halftone

#endif // HALFTONE_ANALYSIS_DIAGNOSTICTEXT_H
