// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bodies that ONNX's own schemas give; behind a header of its own because libonnx throws.
#ifndef HALFTONE_LIB_ONNX_SCHEMAFUNCTIONS_H
#define HALFTONE_LIB_ONNX_SCHEMAFUNCTIONS_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace onnx {
class FunctionProto;
class NodeProto;
} // namespace onnx

namespace mlir::halftone {

/// Whether the schema of the node's op in `opset` has a body.
bool hasSchemaFunction(const onnx::NodeProto &node, int64_t opset);

/// An op that libonnx knows.
struct SchemaInfo {
  std::string domain, name;
  bool isFunction = false, isDeprecated = false;
};
/// All of them in their newest versions, sorted by domain and name.
std::vector<SchemaInfo> listSchemas();

/// The body for operands of these element types (ONNX's numbers, 0 where there is none) and shapes,
/// with the schema's defaults among its attributes; null if there is none.
struct OperandInfo {
  int32_t elementType = 0;
  std::vector<int64_t> dims; // Negative where not known.
};
std::unique_ptr<onnx::FunctionProto> buildSchemaFunction(const onnx::NodeProto &node, int64_t opset,
                                                         const std::vector<OperandInfo> &operands,
                                                         onnx::NodeProto &nodeWithDefaults);

} // namespace mlir::halftone

#endif // HALFTONE_LIB_ONNX_SCHEMAFUNCTIONS_H
