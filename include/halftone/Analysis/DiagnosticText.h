// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_ANALYSIS_DIAGNOSTICTEXT_H
#define HALFTONE_ANALYSIS_DIAGNOSTICTEXT_H

#include "mlir/IR/Diagnostics.h"

namespace mlir::halftone {

/// `error`, `warning`, `remark` or `note`.
StringRef getSeverityName(DiagnosticSeverity severity);

} // namespace mlir::halftone

#endif // HALFTONE_ANALYSIS_DIAGNOSTICTEXT_H
