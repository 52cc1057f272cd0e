// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that are defined by a graph of others: the model's own functions, and ops of ONNX whose
// specification gives a body.
#ifndef HALFTONE_LIB_ONNX_FUNCTIONS_H
#define HALFTONE_LIB_ONNX_FUNCTIONS_H

#include "mlir/IR/TypeRange.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <deque>
#include <memory>
#include <vector>

namespace onnx {
class FunctionProto;
class ModelProto;
class NodeProto;
} // namespace onnx

namespace mlir::halftone {

/// The nodes that a call stands for. Their inputs and outputs have the caller's names where they
/// are the call's, and names that nothing else has elsewhere.
struct ExpandedCall {
  std::vector<onnx::NodeProto> nodes;
  /// The opset of each domain that the nodes are written in.
  llvm::StringMap<int64_t> opsets;
};

/// What the tensors of a program may point into: the model, and the calls that were expanded.
struct ModelSource {
  std::shared_ptr<const onnx::ModelProto> model;
  std::deque<ExpandedCall> calls;
};

class Functions {
public:
  explicit Functions(std::shared_ptr<ModelSource> source);

  /// Whether `node` is defined by a body that `expand` finds.
  bool contains(const onnx::NodeProto &node, int64_t opset) const;
  /// The nodes of the body, which the source keeps; null if there is none for operands of these
  /// types. A null type is that of an operand left out.
  ExpandedCall *expand(const onnx::NodeProto &node, int64_t opset, ArrayRef<Type> operandTypes);

private:
  const onnx::FunctionProto *findLocal(const onnx::NodeProto &node) const;

  std::shared_ptr<ModelSource> source;
  llvm::StringMap<const onnx::FunctionProto *> local;
};

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_FUNCTIONS_H
