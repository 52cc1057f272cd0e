// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Diagnostics.h"

#include "halftone/Analysis/DiagnosticText.h"
#include "halftone/Analysis/NodeName.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace mlir::halftone;

DiagnosticPrinter::DiagnosticPrinter(MLIRContext *context, StringRef modelPath)
    : modelPath(modelPath.str()), handler(context, [this](Diagnostic &diagnostic) {
        print(diagnostic);
        return success();
      }) {}

void DiagnosticPrinter::print(Diagnostic &diagnostic) {
  numErrors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
  llvm::raw_ostream &stream = llvm::errs();
  stream << modelPath << ": " << getSeverityName(diagnostic.getSeverity()) << ": ";
  if (auto file = llvm::dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
    stream << file.getFilename().getValue() << ":" << file.getLine() << ": ";
  else if (StringRef node = getNodeName(diagnostic.getLocation()); !node.empty())
    stream << "node '" << node << "': ";
  stream << diagnostic << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    stream << "  note: " << note << "\n";
}
