// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NodeExporter.h"
#include "GraphExporter.h"

#include "halftone/Analysis/NodeName.h"
#include "halftone/Dialect/ConstantData.h"
#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace mlir::halftone;

const ExportOptions &NodeExporter::getOptions() const { return graph.getOptions(); }

InFlightDiagnostic NodeExporter::refuse() {
  failedOnce = true;
  InFlightDiagnostic diag = mlir::emitError(op->getLoc());
  if (StringRef name = getNodeName(op->getLoc()); !name.empty())
    diag << "node '" << name << "' (" << op->getName() << "): ";
  else
    diag << op->getName() << ": ";
  diag << "cannot be written as ONNX: ";
  return diag;
}

std::string NodeExporter::getOperand(Value value, StringRef role) {
  if (!value || failedOnce)
    return "";
  std::string name = graph.getName(value, op, role);
  if (name.empty())
    refuse() << "it has no element type for " << value.getType();
  return name;
}

Names NodeExporter::getOperands() {
  Names names;
  for (Value operand : op->getOperands())
    names.push_back(getOperand(operand));
  return names;
}

std::string NodeExporter::getI64(Value value) {
  std::string name = getOperand(value);
  return getElementType(value).isInteger(64)
             ? name
             : createCast(name, IntegerType::get(op->getContext(), 64));
}

/// A constant of one element in other dimensions; empty if it is not one.
std::string NodeExporter::reshapeSingle(Value value, ArrayRef<int64_t> shape) {
  auto dense = llvm::dyn_cast_or_null<DenseElementsAttr>(getConstant(value));
  if (!dense || dense.getNumElements() != 1)
    return "";
  return createConstant(dense.reshape(dense.getType().clone(shape)));
}

std::string NodeExporter::getVector(Value value) {
  if (getRank(value) == 1 || !getElementType(value).isInteger(64))
    return getRank(value) == 1 ? getI64(value) : createReshape(getI64(value), {-1});
  std::string constant = reshapeSingle(value, {1});
  return constant.empty() ? createReshape(getI64(value), {-1}) : constant;
}

std::string NodeExporter::getScalar(Value value) {
  if (getRank(value) == 0)
    return getOperand(value);
  std::string constant = reshapeSingle(value, {});
  return constant.empty() ? createReshape(getOperand(value), {}) : constant;
}

std::string NodeExporter::createConstant(ElementsAttr elements, StringRef role) {
  if (failedOnce)
    return "";
  std::string base = (getNodeName(op->getLoc()) + "/" + role).str();
  std::string name = graph.addInitializer(elements, base);
  if (name.empty())
    refuse() << "it has no element type for " << elements.getType();
  return name;
}

std::string NodeExporter::createInts(ArrayRef<int64_t> values, StringRef role) {
  auto type = RankedTensorType::get(int64_t(values.size()), IntegerType::get(op->getContext(), 64));
  return createConstant(DenseElementsAttr::get(type, values), role);
}

std::string NodeExporter::createScalar(Type elementType, double value, StringRef role) {
  auto type = RankedTensorType::get({}, elementType);
  if (llvm::isa<FloatType>(elementType))
    return createConstant(
        DenseElementsAttr::get(type, Attribute(FloatAttr::get(elementType, value))), role);
  APInt integer(elementType.getIntOrFloatBitWidth(), uint64_t(int64_t(value)),
                /*isSigned=*/false, /*implicitTrunc=*/true);
  return createConstant(DenseElementsAttr::get(type, integer), role);
}

std::string NodeExporter::createIndex(int64_t value) {
  return createScalar(IntegerType::get(op->getContext(), 64), double(value), "index");
}

bool NodeExporter::setAttrs(onnx::NodeProto &node, ArrayRef<NodeAttr> attrs) {
  for (const NodeAttr &attr : attrs) {
    onnx::AttributeProto &proto = *node.add_attribute();
    proto.set_name(attr.name.str());
    if (auto *integer = std::get_if<int64_t>(&attr.value)) {
      proto.set_type(onnx::AttributeProto::INT);
      proto.set_i(*integer);
    } else if (auto *number = std::get_if<float>(&attr.value)) {
      proto.set_type(onnx::AttributeProto::FLOAT);
      proto.set_f(*number);
    } else if (auto *text = std::get_if<std::string>(&attr.value)) {
      proto.set_type(onnx::AttributeProto::STRING);
      proto.set_s(*text);
    } else if (auto *integers = std::get_if<SmallVector<int64_t>>(&attr.value)) {
      proto.set_type(onnx::AttributeProto::INTS);
      for (int64_t value : *integers)
        proto.add_ints(value);
    } else if (auto *elements = std::get_if<ElementsAttr>(&attr.value)) {
      proto.set_type(onnx::AttributeProto::TENSOR);
      if (failed(graph.fillTensor(*proto.mutable_t(), *elements))) {
        refuse() << "it has no constant of type " << elements->getType();
        return false;
      }
    } else {
      proto.set_type(onnx::AttributeProto::GRAPH);
      *proto.mutable_g() = *std::get<const onnx::GraphProto *>(attr.value);
    }
  }
  return true;
}

std::string NodeExporter::create(StringRef opType, ArrayRef<std::string> inputs,
                                 ArrayRef<NodeAttr> attrs) {
  if (failedOnce)
    return "";
  onnx::NodeProto &node = graph.addNode(opType, "", inputs);
  node.set_name(graph.makeNodeName(op, opType, /*isHelper=*/true));
  std::string output = graph.makeValueName(node.name());
  node.add_output(output);
  return setAttrs(node, attrs) ? output : "";
}

FailureOr<Names> NodeExporter::createMany(StringRef opType, ArrayRef<std::string> inputs,
                                          ArrayRef<NodeAttr> attrs) {
  if (failedOnce)
    return failure();
  onnx::NodeProto &node = graph.addNode(opType, "", inputs);
  node.set_name(graph.makeNodeName(op, opType, /*isHelper=*/true));
  Names outputs;
  for (unsigned i = 0; i < op->getNumResults(); ++i) {
    outputs.push_back(graph.makeValueName(node.name() + ":" + std::to_string(i)));
    node.add_output(outputs.back());
  }
  if (!setAttrs(node, attrs))
    return failure();
  return outputs;
}

LogicalResult NodeExporter::define(StringRef opType, ArrayRef<std::string> inputs,
                                   ArrayRef<NodeAttr> attrs, StringRef domain) {
  if (failedOnce)
    return failure();
  onnx::NodeProto &node = graph.addNode(opType, domain, inputs);
  node.set_name(graph.makeNodeName(op, opType, /*isHelper=*/false));
  for (OpResult result : op->getResults()) {
    std::string name = graph.makeResultName(result, node.name());
    node.add_output(name);
    graph.setName(result, name);
  }
  return success(setAttrs(node, attrs));
}

LogicalResult NodeExporter::alias(StringRef value, unsigned result) {
  if (failedOnce)
    return failure();
  graph.setName(op->getResult(result), value);
  return success();
}

std::optional<int32_t> NodeExporter::getDataType(Type elementType) {
  std::optional<StoredType> stored = getStoredType(elementType);
  if (stored && stored->type == elementType) {
    graph.requireOpset(stored->opset);
    return stored->dataType;
  }
  if (!failedOnce)
    refuse() << "it has no element type " << elementType;
  return std::nullopt;
}

LogicalResult NodeExporter::defineCast(StringRef value, Type to, bool saturate) {
  std::optional<int32_t> dataType = getDataType(to);
  if (!dataType)
    return failure();
  SmallVector<NodeAttr> attrs = {{"to", *dataType}};
  if (!saturate)
    attrs.push_back({"saturate", 0});
  return define("Cast", value.str(), attrs);
}

std::string NodeExporter::createCast(StringRef value, Type to) {
  std::optional<int32_t> dataType = getDataType(to);
  return dataType ? create("Cast", value.str(), NodeAttr("to", *dataType)) : "";
}

std::string NodeExporter::createDims(StringRef value, int64_t start, int64_t end) {
  return create("Shape", value.str(), {{"start", start}, {"end", end}});
}

std::string NodeExporter::createReshape(StringRef value, ArrayRef<int64_t> shape) {
  return create("Reshape", {value.str(), createInts(shape, "shape")});
}

void NodeExporter::requireOpset(int64_t opset) { graph.requireOpset(opset); }

void NodeExporter::noteSubstitute(StringRef text) { graph.noteSubstitute(text); }
