// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_ANALYSIS_PARAMETERAXIS_H
#define HALFTONE_ANALYSIS_PARAMETERAXIS_H

#include "mlir/IR/Value.h"

namespace mlir::halftone {

/// Whether `parameter`, a scale or zero point of an operand of rank `rank`, varies at most along
/// the operand's dimension `axis`. A 1-D parameter varies along `parameterAxis`, which counts from
/// the end where negative.
bool variesOnlyAlong(Value parameter, int64_t rank, int64_t axis, int64_t parameterAxis);

} // namespace mlir::halftone

#endif // HALFTONE_ANALYSIS_PARAMETERAXIS_H
