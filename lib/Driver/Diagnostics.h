// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_LIB_DRIVER_DIAGNOSTICS_H
#define HALFTONE_LIB_DRIVER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include <string>

namespace mlir::halftone {

/// Prints the diagnostics of a context for people who have an ONNX model, not IR: `model.onnx:
/// error: node 'conv1': …`, notes below. Errors are counted.
class DiagnosticPrinter {
public:
  DiagnosticPrinter(MLIRContext *context, StringRef modelPath);

  unsigned getNumErrors() const { return numErrors; }

private:
  void print(Diagnostic &diagnostic);

  std::string modelPath;
  unsigned numErrors = 0;
  ScopedDiagnosticHandler handler;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_DRIVER_DIAGNOSTICS_H
