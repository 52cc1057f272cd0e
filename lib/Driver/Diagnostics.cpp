// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Diagnostics.h"

#include "halftone/Analysis/DiagnosticText.h"

using namespace mlir;
using namespace mlir::halftone;

DiagnosticPrinter::DiagnosticPrinter(MLIRContext *context, StringRef modelPath)
    : modelPath(modelPath.str()), handler(context, [this](Diagnostic &diagnostic) {
        print(diagnostic);
        return success();
      }) {}

void DiagnosticPrinter::print(Diagnostic &diagnostic) {
  numErrors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
  printDiagnostic(llvm::errs(), modelPath, diagnostic);
}
