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

/// Until opset 6 operands were only broadcast with `broadcast`, and `axis` said where the
/// dimensions of the second one belong; since then they are aligned at the last one.
inline Value alignOldOperand(NodeImporter &node, Value lhs, Value rhs) {
  if (node.getOpset() >= 7)
    return rhs;
  node.ignoreAttr("broadcast");
  if (!node.hasAttr("axis"))
    return rhs;
  int64_t rank = NodeImporter::getRank(lhs);
  int64_t axis = node.normalizeAxis(node.getInt("axis", 0), rank);
  return node.appendUnitDims(rhs, rank - axis - NodeImporter::getRank(rhs));
}

template <typename OpT> LogicalResult importBroadcasting(NodeImporter &node) {
  Value lhs = node.getOperand(0), rhs = alignOldOperand(node, lhs, node.getOperand(1));
  return node.setResults({node.create<OpT>(lhs, rhs)});
}

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_BUILDERS_H
