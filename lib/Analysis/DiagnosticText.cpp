// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/DiagnosticText.h"

#include "halftone/Analysis/NodeName.h"

using namespace mlir;
using namespace mlir::halftone;

StringRef mlir::halftone::getSeverityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Note:
    return "note";
  }
  llvm_unreachable("all severities are listed");
}

void mlir::halftone::printDiagnostic(llvm::raw_ostream &stream, StringRef modelPath,
                                     Diagnostic &diagnostic) {
  std::string message = diagnostic.str();
  stream << modelPath << ": " << getSeverityName(diagnostic.getSeverity()) << ": ";
  if (auto file = llvm::dyn_cast<FileLineColLoc>(diagnostic.getLocation())) {
    stream << file.getFilename().getValue() << ":" << file.getLine() << ": ";
  } else if (StringRef name = getNodeName(diagnostic.getLocation());
             !name.empty() && name != modelPath) {
    std::string node = ("node '" + name + "'").str();
    if (!StringRef(message).starts_with(node))
      stream << node << ": ";
  }
  stream << message << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    stream << "  note: " << note << "\n";
}
