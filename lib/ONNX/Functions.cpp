// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Functions.h"

#include "ElementTypes.h"
#include "GraphImporter.h"
#include "Refusals.h"
#include "SchemaFunctions.h"
#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace mlir::halftone;

static std::string makeKey(StringRef domain, StringRef name) {
  return ((domain == "ai.onnx" ? "" : domain) + ":" + name).str();
}

Functions::Functions(std::shared_ptr<ModelSource> source) : source(std::move(source)) {
  for (const onnx::FunctionProto &function : this->source->model->functions())
    local[makeKey(function.domain(), function.name())] = &function;
}

const onnx::FunctionProto *Functions::findLocal(const onnx::NodeProto &node) const {
  return local.lookup(makeKey(node.domain(), node.op_type()));
}

bool Functions::contains(const onnx::NodeProto &node, int64_t opset) const {
  if (findLocal(node))
    return true;
  // Bodies of refused ops hold others of the kind; naming the op itself says more.
  StringRef domain = node.domain() == "ai.onnx" ? StringRef() : StringRef(node.domain());
  return findRefusal(domain, node.op_type()).empty() && hasSchemaFunction(node, opset);
}

namespace {

/// Copies the body of one call.
class Inliner {
public:
  Inliner(const onnx::FunctionProto &function, const onnx::NodeProto &call, std::string prefix)
      : call(call), prefix(std::move(prefix)) {
    bind(function.input(), call.input());
    bind(function.output(), call.output());
  }

  onnx::NodeProto copy(const onnx::NodeProto &node) {
    onnx::NodeProto result = node;
    rewrite(result);
    result.set_name(getNodeName(call));
    return result;
  }

private:
  /// Formal names stand for the actual ones; without an actual one an input stays empty, and an
  /// output gets a name of its own.
  template <typename Names> void bind(const Names &formal, const Names &actual) {
    bool isInput = &actual == &call.input();
    for (int i = 0; i < formal.size(); ++i) {
      bool isGiven = i < actual.size() && !actual.Get(i).empty();
      if (isGiven || isInput)
        names[formal.Get(i)] = isGiven ? actual.Get(i) : std::string();
    }
  }

  std::string rename(const std::string &name) {
    if (name.empty())
      return name;
    auto [it, isNew] = names.insert({name, prefix + name});
    return it->second;
  }

  void rewrite(onnx::NodeProto &node) {
    for (std::string &name : *node.mutable_input())
      name = rename(name);
    for (std::string &name : *node.mutable_output())
      name = rename(name);
    google::protobuf::RepeatedPtrField<onnx::AttributeProto> attributes;
    attributes.Swap(node.mutable_attribute());
    for (onnx::AttributeProto &attribute : attributes)
      if (resolve(attribute))
        *node.add_attribute() = attribute;
  }

  /// Puts the call's attribute in for a reference; false if the call leaves it out.
  bool resolve(onnx::AttributeProto &attribute) {
    if (!attribute.ref_attr_name().empty()) {
      std::string name = attribute.name(), source = attribute.ref_attr_name();
      for (const onnx::AttributeProto &given : call.attribute())
        if (given.name() == source) {
          attribute = given;
          attribute.set_name(name);
          return true;
        }
      return false;
    }
    if (attribute.has_g())
      rewrite(*attribute.mutable_g());
    for (onnx::GraphProto &graph : *attribute.mutable_graphs())
      rewrite(graph);
    return true;
  }

  void rewrite(onnx::GraphProto &graph) {
    for (auto *infos : {graph.mutable_input(), graph.mutable_output()})
      for (onnx::ValueInfoProto &info : *infos)
        info.set_name(rename(info.name()));
    for (onnx::TensorProto &initializer : *graph.mutable_initializer())
      initializer.set_name(rename(initializer.name()));
    for (onnx::NodeProto &node : *graph.mutable_node()) {
      rewrite(node);
      node.set_name(getNodeName(call));
    }
  }

  const onnx::NodeProto &call;
  std::string prefix;
  llvm::StringMap<std::string> names;
};

OperandInfo describeOperand(Type type) {
  auto tensor = llvm::dyn_cast_or_null<RankedTensorType>(type);
  if (!tensor)
    return {};
  OperandInfo info{exportElementType(tensor.getElementType()), {}};
  for (int64_t dim : tensor.getShape())
    info.dims.push_back(ShapedType::isDynamic(dim) ? -1 : dim);
  return info;
}

} // namespace

ExpandedCall *Functions::expand(const onnx::NodeProto &node, int64_t opset,
                                ArrayRef<Type> operandTypes) {
  const onnx::FunctionProto *function = findLocal(node);
  onnx::NodeProto call = node;
  std::unique_ptr<onnx::FunctionProto> built;
  if (!function) {
    std::vector<OperandInfo> operands;
    llvm::transform(operandTypes, std::back_inserter(operands), describeOperand);
    built = buildSchemaFunction(node, opset, operands, call);
    function = built.get();
  }
  if (!function)
    return nullptr;
  std::string prefix = getNodeName(node) + "/" + std::to_string(source->calls.size()) + "/";
  ExpandedCall &result = source->calls.emplace_back();
  for (const onnx::OperatorSetIdProto &import : function->opset_import())
    result.opsets[import.domain() == "ai.onnx" ? "" : import.domain()] = import.version();
  Inliner inliner(*function, call, prefix);
  for (const onnx::NodeProto &inner : function->node())
    result.nodes.push_back(inliner.copy(inner));
  return &result;
}
