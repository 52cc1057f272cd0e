// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Builders shared by the families: ops that map one to one.
#ifndef HALFTONE_LIB_ONNX_BUILDERS_H
#define HALFTONE_LIB_ONNX_BUILDERS_H

#include "NodeImporter.h"

namespace mlir::halftone {

template <typename OpT> LogicalResult importUnary(NodeImporter &node) {
  return node.setResults({node.create<OpT>(node.getOperand(0))});
}

template <typename OpT> LogicalResult importBinary(NodeImporter &node) {
  return node.setResults({node.create<OpT>(node.getOperand(0), node.getOperand(1))});
}

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_BUILDERS_H
