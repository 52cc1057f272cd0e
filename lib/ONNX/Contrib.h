// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The domain of ops that ONNX Runtime's tools write.
#ifndef HALFTONE_LIB_ONNX_CONTRIB_H
#define HALFTONE_LIB_ONNX_CONTRIB_H

#include "OpTable.h"

namespace mlir::halftone {

constexpr StringLiteral kContribDomain = "com.microsoft";
/// It has had one version so far.
inline const Range kContribOpset = 1;

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_CONTRIB_H
