// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The attributes of a node, checked and typed.
#include "ElementTypes.h"
#include "NodeImporter.h"
#include "TensorReader.h"

#include "onnx/onnx_pb.h"

using namespace mlir;
using namespace mlir::halftone;

bool NodeImporter::checkAttrs() {
  llvm::StringSet<> seen;
  for (const onnx::AttributeProto &attr : proto.attribute()) {
    if (!seen.insert(attr.name()).second) {
      emitError() << "attribute '" << attr.name() << "' is given twice";
      return false;
    }
    if (!attr.ref_attr_name().empty()) {
      emitError() << "attribute '" << attr.name() << "' refers to the attribute '"
                  << attr.ref_attr_name() << "' of a function, but the node is in none";
      return false;
    }
  }
  return true;
}

const onnx::AttributeProto *NodeImporter::findAttr(StringRef name, int32_t type,
                                                   StringRef typeName) {
  readAttrs.insert(name);
  for (const onnx::AttributeProto &attr : proto.attribute()) {
    if (attr.name() != name.str())
      continue;
    // Models of the first IR versions may leave the type out.
    if (attr.type() == type || attr.type() == onnx::AttributeProto::UNDEFINED)
      return &attr;
    if (!failedOnce)
      emitError() << "attribute '" << name << "' must be of type " << typeName;
    return nullptr;
  }
  return nullptr;
}

bool NodeImporter::hasAttr(StringRef name) const {
  return llvm::any_of(proto.attribute(), [&](const onnx::AttributeProto &attr) {
    return StringRef(attr.name()) == name;
  });
}

int64_t NodeImporter::getInt(StringRef name, int64_t defaultValue) {
  const onnx::AttributeProto *attr = findAttr(name, onnx::AttributeProto::INT, "int");
  return attr ? attr->i() : defaultValue;
}

int64_t NodeImporter::requireInt(StringRef name) {
  if (!hasAttr(name) && !failedOnce)
    emitError() << "attribute '" << name << "' is required";
  return getInt(name, 0);
}

bool NodeImporter::getFlag(StringRef name, bool defaultValue) {
  int64_t value = getInt(name, defaultValue);
  if (value != 0 && value != 1 && !failedOnce)
    emitError() << "attribute '" << name << "' is " << value << ", expected 0 or 1";
  return value != 0;
}

float NodeImporter::getFloat(StringRef name, float defaultValue) {
  const onnx::AttributeProto *attr = findAttr(name, onnx::AttributeProto::FLOAT, "float");
  return attr ? attr->f() : defaultValue;
}

StringRef NodeImporter::getString(StringRef name, StringRef defaultValue) {
  const onnx::AttributeProto *attr = findAttr(name, onnx::AttributeProto::STRING, "string");
  return attr ? StringRef(attr->s()) : defaultValue;
}

StringRef NodeImporter::requireString(StringRef name) {
  if (!hasAttr(name) && !failedOnce)
    emitError() << "attribute '" << name << "' is required";
  return getString(name, "");
}

std::optional<SmallVector<int64_t>> NodeImporter::getInts(StringRef name) {
  const onnx::AttributeProto *attr = findAttr(name, onnx::AttributeProto::INTS, "ints");
  if (!attr)
    return std::nullopt;
  return SmallVector<int64_t>(attr->ints().begin(), attr->ints().end());
}

std::optional<SmallVector<float>> NodeImporter::getFloats(StringRef name) {
  const onnx::AttributeProto *attr = findAttr(name, onnx::AttributeProto::FLOATS, "floats");
  if (!attr)
    return std::nullopt;
  return SmallVector<float>(attr->floats().begin(), attr->floats().end());
}

std::optional<SmallVector<std::string>> NodeImporter::getStrings(StringRef name) {
  const onnx::AttributeProto *attr = findAttr(name, onnx::AttributeProto::STRINGS, "strings");
  if (!attr)
    return std::nullopt;
  return SmallVector<std::string>(attr->strings().begin(), attr->strings().end());
}

ElementsAttr NodeImporter::getTensor(StringRef name) {
  const onnx::AttributeProto *attr = findAttr(name, onnx::AttributeProto::TENSOR, "tensor");
  if (!attr)
    return nullptr;
  StringRef hint = attr->t().name().empty() ? StringRef(proto.output(0)) : attr->t().name();
  return tensors.read(attr->t(), hint,
                      [&] { return emitError() << "tensor of attribute '" << name << "': "; });
}

const onnx::GraphProto *NodeImporter::requireGraph(StringRef name) {
  if (!hasAttr(name) && !failedOnce)
    emitError() << "attribute '" << name << "' is required";
  const onnx::AttributeProto *attr = findAttr(name, onnx::AttributeProto::GRAPH, "graph");
  return attr && !failedOnce ? &attr->g() : nullptr;
}

Type NodeImporter::getElementTypeAttr(StringRef name, Type defaultType) {
  if (!hasAttr(name))
    return defaultType;
  int64_t number = getInt(name, 0);
  Type type = importElementType(number, builder.getContext());
  if (!type && !failedOnce)
    emitError() << "element type " << nameOfDataType(number) << " is not supported";
  return type;
}

void NodeImporter::expectInt(StringRef name, int64_t defaultValue, int64_t supported) {
  int64_t value = getInt(name, defaultValue);
  if (value != supported && !failedOnce)
    emitError() << "attribute '" << name << "' is " << value << "; only " << supported
                << " is supported";
}

void NodeImporter::expectString(StringRef name, StringRef supported) {
  StringRef value = getString(name, supported);
  if (value != supported && !failedOnce)
    emitError() << "attribute '" << name << "' is '" << value << "'; only '" << supported
                << "' is supported";
}
