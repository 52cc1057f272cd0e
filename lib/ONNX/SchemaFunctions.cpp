// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SchemaFunctions.h"

#include "onnx/defs/function.h"
#include "onnx/defs/schema.h"

using namespace mlir::halftone;

static const onnx::OpSchema *findSchema(const onnx::NodeProto &node, int64_t opset) {
  std::string domain = node.domain() == "ai.onnx" ? "" : node.domain();
  return onnx::OpSchemaRegistry::Schema(node.op_type(), int(opset), domain);
}

bool mlir::halftone::hasSchemaFunction(const onnx::NodeProto &node, int64_t opset) {
  const onnx::OpSchema *schema = findSchema(node, opset);
  return schema && (schema->HasFunction() || schema->HasContextDependentFunction());
}

std::vector<SchemaInfo> mlir::halftone::listSchemas() {
  std::vector<SchemaInfo> infos;
  for (const onnx::OpSchema &schema : onnx::OpSchemaRegistry::get_all_schemas())
    infos.push_back({schema.domain(), schema.Name(),
                     schema.HasFunction() || schema.HasContextDependentFunction(),
                     schema.Deprecated()});
  std::sort(infos.begin(), infos.end(), [](const SchemaInfo &lhs, const SchemaInfo &rhs) {
    return std::pair(lhs.domain, lhs.name) < std::pair(rhs.domain, rhs.name);
  });
  return infos;
}

static onnx::TypeProto makeType(const OperandInfo &operand) {
  onnx::TypeProto type;
  if (operand.elementType == 0)
    return type;
  onnx::TypeProto::Tensor *tensor = type.mutable_tensor_type();
  tensor->set_elem_type(operand.elementType);
  for (int64_t dim : operand.dims) {
    auto *entry = tensor->mutable_shape()->add_dim();
    if (dim >= 0)
      entry->set_dim_value(dim);
  }
  return type;
}

/// Bodies refer to attributes that the node may leave to their defaults.
static void addDefaults(onnx::NodeProto &node, const onnx::OpSchema &schema) {
  for (const auto &entry : schema.attributes()) {
    const std::string &name = entry.first;
    const onnx::OpSchema::Attribute &attribute = entry.second;
    bool isGiven = std::any_of(node.attribute().begin(), node.attribute().end(),
                               [&](const auto &given) { return given.name() == name; });
    if (isGiven || attribute.default_value.type() == onnx::AttributeProto::UNDEFINED)
      continue;
    *node.add_attribute() = attribute.default_value;
    node.mutable_attribute()->rbegin()->set_name(name);
  }
}

std::unique_ptr<onnx::FunctionProto>
mlir::halftone::buildSchemaFunction(const onnx::NodeProto &node, int64_t opset,
                                    const std::vector<OperandInfo> &operands,
                                    onnx::NodeProto &nodeWithDefaults) {
  const onnx::OpSchema *schema = findSchema(node, opset);
  if (!schema)
    return nullptr;
  nodeWithDefaults = node;
  addDefaults(nodeWithDefaults, *schema);
  try {
    if (schema->HasFunction())
      return std::make_unique<onnx::FunctionProto>(*schema->GetFunction());
    std::vector<onnx::TypeProto> types;
    for (const OperandInfo &operand : operands)
      types.push_back(makeType(operand));
    onnx::FunctionBodyBuildContextImpl context(nodeWithDefaults, types);
    auto function = std::make_unique<onnx::FunctionProto>();
    if (!schema->HasContextDependentFunction() ||
        !schema->BuildContextDependentFunction(context, *function))
      return nullptr;
    return function;
  } catch (const std::exception &) {
    return nullptr; // libonnx says so of nodes that contradict the schema.
  }
}
