// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What only a run can tell about sizes and indices is checked by it.
#ifndef HALFTONE_CONVERSION_RUNTIMECHECK_H
#define HALFTONE_CONVERSION_RUNTIMECHECK_H

#include "mlir/IR/Builders.h"

namespace mlir::halftone {

inline constexpr const char *kWindowTooLarge = "window larger than its padded input";

/// Ends the run with `message`, and the name of the ONNX node in `loc` before it, if `condition`
/// (i1) is false; nothing if it is the constant true.
void createCheck(OpBuilder &builder, Location loc, Value condition, const Twine &message);

} // namespace mlir::halftone

#endif // HALFTONE_CONVERSION_RUNTIMECHECK_H
