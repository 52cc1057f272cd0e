// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HALFTONE_ANALYSIS_NODENAME_H
#define HALFTONE_ANALYSIS_NODENAME_H

#include "mlir/IR/Location.h"
#include "mlir/IR/Value.h"
#include <string>

namespace mlir::halftone {

/// The name of the ONNX node that an op comes from; empty when its location holds none. Of a fused
/// location, the first.
StringRef getNodeName(Location loc);

/// What to call a value in files and reports: the name of the model's input, or of the node that
/// produces it.
std::string getTensorName(Value value);

} // namespace mlir::halftone

#endif // HALFTONE_ANALYSIS_NODENAME_H
