// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Report.h"

#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::halftone;

static std::string getTypeName(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

/// Codes of less than a byte are packed.
static int64_t getBytes(RankedTensorType type) {
  unsigned bits = type.getElementType().isInteger(1) ? 8 : type.getElementTypeBitWidth();
  return int64_t(llvm::divideCeil(uint64_t(type.getNumElements()) * bits, 8));
}

void Report::addLayers(ModuleOp simplified) {
  simplified.walk([&](Operation *op) {
    std::optional<WeightContraction> contraction = matchWeightContraction(op);
    if (!contraction)
      contraction = matchEmbedding(op);
    if (!contraction)
      return;
    RankedTensorType type = contraction->getWeightsType();
    layers.push_back({getNodeName(op->getLoc()).str(),
                      op->getName().stripDialect().str(),
                      type.getShape().vec(),
                      getBytes(type),
                      {}});
  });
}

/// The quantized weights stand either behind a dequantize or directly in an integer contraction.
static Value findCodes(Operation *op) {
  if (llvm::isa<MatMulIntegerOp, ConvIntegerOp>(op))
    return op->getOperand(1);
  if (!llvm::isa<MatMulOp, ConvOp>(op))
    return nullptr;
  auto dequantize = op->getOperand(1).getDefiningOp<DequantizeOp>();
  return dequantize ? dequantize.getInput() : nullptr;
}

static llvm::json::Value toJSON(Attribute attribute) {
  if (auto text = llvm::dyn_cast<StringAttr>(attribute))
    return text.getValue();
  if (auto number = llvm::dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  return llvm::cast<IntegerAttr>(attribute).getInt();
}

void Report::addDescription(StringRef node, DictionaryAttr description) {
  auto layer = llvm::find_if(layers, [&](const Layer &layer) { return layer.node == node; });
  if (layer == layers.end())
    return;
  for (NamedAttribute field : description)
    layer->quantization[field.getName().getValue()] = toJSON(field.getValue());
}

void Report::addQuantization(ModuleOp quantized) {
  llvm::StringMap<Operation *> contractions;
  quantized.walk([&](Operation *op) {
    if (findCodes(op))
      contractions[getNodeName(op->getLoc())] = op;
  });
  for (Layer &layer : layers) {
    Operation *op = contractions.lookup(layer.node);
    if (!op)
      continue;
    Value codes = findCodes(op);
    auto type = llvm::cast<RankedTensorType>(codes.getType());
    layer.quantization = llvm::json::Object{
        {"weights", getTypeName(type.getElementType())},
        {"bytes", getBytes(type)},
        {"integer", llvm::isa<MatMulIntegerOp, ConvIntegerOp>(op)},
    };
    if (llvm::isa<MatMulIntegerOp, ConvIntegerOp>(op))
      layer.quantization["activations"] =
          getTypeName(llvm::cast<ShapedType>(op->getOperand(0).getType()).getElementType());
  }
  for (auto function : quantized.getOps<func::FuncOp>()) {
    auto descriptions = function->getAttrOfType<DictionaryAttr>(kQuantizedWeightsName);
    if (!descriptions)
      continue;
    for (NamedAttribute entry : descriptions)
      addDescription(entry.getName(), llvm::cast<DictionaryAttr>(entry.getValue()));
    function->removeAttr(kQuantizedWeightsName);
  }
}

std::string Report::toText() const {
  llvm::json::Array layerList;
  for (const Layer &layer : layers) {
    llvm::json::Object entry{{"node", layer.node},
                             {"op", layer.op},
                             {"weight_shape", llvm::json::Array(layer.weightShape)},
                             {"float_bytes", layer.floatBytes}};
    if (!layer.quantization.empty())
      entry["quantized"] = llvm::json::Object(layer.quantization);
    layerList.push_back(std::move(entry));
  }
  llvm::json::Object all = root;
  all["layers"] = std::move(layerList);
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << llvm::formatv("{0:2}", llvm::json::Value(std::move(all))) << "\n";
  return text;
}
