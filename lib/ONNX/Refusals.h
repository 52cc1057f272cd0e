// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of ONNX that stay out, each with its reason.
#ifndef HALFTONE_LIB_ONNX_REFUSALS_H
#define HALFTONE_LIB_ONNX_REFUSALS_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::halftone {

/// Why an op is refused and what to do instead.
struct Refusal {
  StringRef name, reason;
};

/// The ops of the default domain that are refused on purpose.
ArrayRef<Refusal> getRefusals();
/// The domains of ONNX that are refused as a whole.
ArrayRef<Refusal> getRefusedDomains();
/// The reason for an op; empty if it is not refused on purpose.
StringRef findRefusal(StringRef domain, StringRef name);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_REFUSALS_H
