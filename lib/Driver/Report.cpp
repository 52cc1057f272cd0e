// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Report.h"

#include "ReportHistogram.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/ObservedTensors.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
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

ReportLayer *Report::find(StringRef node) {
  auto layer =
      llvm::find_if(data.layers, [&](const ReportLayer &each) { return each.node == node; });
  return layer == data.layers.end() ? nullptr : &*layer;
}

SmallVector<ReportLayer *> Report::findAll(StringRef node) {
  SmallVector<ReportLayer *> found;
  for (ReportLayer &layer : data.layers)
    if (layer.node == node)
      found.push_back(&layer);
  return found;
}

//===--- Layers and their weights ---===//

void Report::addLayers(ModuleOp simplified, bool withHistograms) {
  ObservedTensors tensors;
  for (auto function : simplified.getOps<func::FuncOp>())
    for (auto &[value, name] : nameObservedTensors(function))
      tensors[value] = name;
  simplified.walk([&](Operation *op) {
    std::optional<WeightContraction> contraction = matchWeightContraction(op);
    bool isEmbedding = !contraction;
    if (isEmbedding)
      contraction = matchEmbedding(op);
    if (!contraction)
      return;
    RankedTensorType type = contraction->getWeightsType();
    ReportLayer &layer = data.layers.emplace_back();
    layer.node = getNodeName(op->getLoc()).str();
    layer.op = op->getName().stripDialect().str();
    layer.weightShape = type.getShape().vec();
    layer.floatBytes = getBytes(type);
    if (!isEmbedding)
      layer.activationTensor = tensors.lookup(contraction->activations->get());
    if (!withHistograms)
      return;
    if (std::optional<std::vector<float>> values = readFloats(contraction->getWeights()))
      layer.weights = makeHistogram(*values);
    releasePages(contraction->getWeights());
  });
}

/// The quantized weights stand either behind a dequantize or directly in an integer contraction.
static Value findCodes(Operation *op) {
  if (!llvm::isa<MatMulIntegerOp, ConvIntegerOp, MatMulOp, ConvOp>(op))
    return nullptr;
  Value codes = op->getOperand(1);
  if (llvm::isa<MatMulOp, ConvOp>(op)) {
    auto dequantize = codes.getDefiningOp<DequantizeOp>();
    codes = dequantize ? dequantize.getInput() : nullptr;
  }
  return codes && getConstant(codes) ? codes : nullptr; // Those that a run computes are no weights.
}

static ReportQuantization describeCodes(Operation *op) {
  ReportQuantization quantization;
  auto type = llvm::cast<RankedTensorType>(findCodes(op).getType());
  quantization.codeType = quantization.format = getTypeName(type.getElementType());
  quantization.bytes = getBytes(type);
  quantization.effectiveBits = type.getElementTypeBitWidth();
  quantization.isInteger = llvm::isa<MatMulIntegerOp, ConvIntegerOp>(op);
  if (quantization.isInteger)
    quantization.activations =
        getTypeName(llvm::cast<ShapedType>(op->getOperand(0).getType()).getElementType());
  return quantization;
}

static llvm::json::Value describe(Attribute attribute) {
  if (auto text = llvm::dyn_cast<StringAttr>(attribute))
    return text.getValue();
  if (auto number = llvm::dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto number = llvm::dyn_cast<IntegerAttr>(attribute))
    return number.getInt();
  return getTypeName(llvm::cast<TypedAttr>(attribute).getType());
}

/// What the passes said of a node's weights.
static void addDescription(ReportLayer *layer, DictionaryAttr description) {
  if (!layer->quantization)
    layer->quantization.emplace();
  ReportQuantization &quantization = *layer->quantization;
  for (NamedAttribute field : description) {
    StringRef key = field.getName().getValue();
    Attribute value = field.getValue();
    if (key == "format")
      quantization.format = llvm::cast<StringAttr>(value).str();
    else if (key == "granularity")
      quantization.granularity = llvm::cast<StringAttr>(value).str();
    else if (key == "group")
      quantization.group = llvm::cast<IntegerAttr>(value).getInt();
    else if (key == "bytes")
      quantization.bytes = llvm::cast<IntegerAttr>(value).getInt();
    else if (key == "effective_bits")
      quantization.effectiveBits = llvm::cast<FloatAttr>(value).getValueAsDouble();
    else if (key == "sqnr")
      quantization.sqnr = llvm::cast<FloatAttr>(value).getValueAsDouble();
    else if (key == "sqnr_nearest")
      quantization.nearestSqnr = llvm::cast<FloatAttr>(value).getValueAsDouble();
    else if (key == "grid") {
      if (layer->weights)
        layer->weights->grid = llvm::cast<DenseF32ArrayAttr>(value).asArrayRef().vec();
    } else
      quantization.others[key] = describe(value);
  }
}

void Report::addQuantization(ModuleOp quantized) {
  llvm::StringMap<SmallVector<Operation *>> contractions;
  quantized.walk([&](Operation *op) {
    if (findCodes(op))
      contractions[getNodeName(op->getLoc())].push_back(op);
  });
  for (auto &[node, ops] : contractions) {
    // A node that became several ops has as many rows, in the same order, unless some stay float.
    SmallVector<ReportLayer *> rows = findAll(node);
    for (auto [index, row] : llvm::enumerate(rows))
      row->quantization = describeCodes(ops.size() == rows.size() ? ops[index] : ops.back());
  }
  for (auto function : quantized.getOps<func::FuncOp>()) {
    auto descriptions = function->getAttrOfType<DictionaryAttr>(kQuantizedWeightsName);
    if (!descriptions)
      continue;
    for (NamedAttribute entry : descriptions) {
      SmallVector<Attribute> all = {entry.getValue()};
      if (auto list = llvm::dyn_cast<ArrayAttr>(entry.getValue()))
        all = llvm::to_vector(list);
      for (auto [row, description] : llvm::zip(findAll(entry.getName()), all))
        addDescription(row, llvm::cast<DictionaryAttr>(description));
    }
    function->removeAttr(kQuantizedWeightsName);
  }
}

//===--- Activations, bytes, times ---===//

void Report::addObservations(const ::halftone::Observations &observations,
                             const ::halftone::Recipe &recipe) {
  for (ReportLayer &layer : data.layers) {
    const ::halftone::TensorStatistics *statistics = observations.find(layer.activationTensor);
    if (!statistics || !statistics->getRange())
      continue;
    layer.activations = makeHistogram(*statistics);
    std::optional<::halftone::Scheme> scheme = recipe.schemeFor(layer.node);
    if (scheme && scheme->isStatic())
      layer.activations->grid = makeStaticGrid(*statistics, scheme->activations);
  }
}

void Report::addModuleBytes(ModuleOp lowered) {
  auto nodes = lowered->getAttrOfType<ArrayAttr>(attributes::weightsNodes);
  auto offsets = lowered->getAttrOfType<DenseI64ArrayAttr>(attributes::weightsOffsets);
  auto size = lowered->getAttrOfType<IntegerAttr>(attributes::weightsSize);
  if (!nodes || !offsets || !size)
    return;
  llvm::StringMap<int64_t> bytes;
  for (auto [index, node] : llvm::enumerate(nodes.getAsRange<StringAttr>())) {
    int64_t end = index + 1 < nodes.size() ? offsets[index + 1] : size.getInt();
    bytes[node.getValue()] += end - offsets[index];
  }
  for (ReportLayer &layer : data.layers)
    layer.moduleBytes = bytes.lookup(layer.node);
}

llvm::Error Report::addProfile(StringRef json) {
  llvm::Expected<llvm::json::Value> profile = llvm::json::parse(json);
  if (!profile)
    return profile.takeError();
  const llvm::json::Object *root = profile->getAsObject();
  std::optional<double> total = root ? root->getNumber("ms") : std::nullopt;
  const llvm::json::Array *regions = root ? root->getArray("regions") : nullptr;
  if (!total || *total <= 0 || !regions)
    return llvm::createStringError("not a profile of quant-run --profile=FILE");
  bool matches = false;
  for (const llvm::json::Value &entry : *regions) {
    const llvm::json::Object *region = entry.getAsObject();
    const llvm::json::Array *nodes = region ? region->getArray("nodes") : nullptr;
    std::optional<double> time = region ? region->getNumber("ms") : std::nullopt;
    if (!nodes || !time)
      return llvm::createStringError("a region without nodes or time");
    for (const llvm::json::Value &node : *nodes) {
      ReportLayer *layer = find(node.getAsString().value_or(""));
      if (!layer)
        continue;
      // A region that computes several layers counts for the first.
      layer->timeShare = layer->timeShare.value_or(0) + *time / *total;
      matches = true;
      break;
    }
  }
  if (!matches && !data.layers.empty())
    return llvm::createStringError("the profile has none of this model's layers");
  return llvm::Error::success();
}

std::vector<ModuleLayer> Report::getModuleLayers() const {
  std::vector<ModuleLayer> rows;
  for (const ReportLayer &layer : data.layers) {
    ModuleLayer &row = rows.emplace_back();
    row.node = layer.node;
    row.format = layer.format().str();
    if (layer.quantization) {
      row.granularity = layer.quantization->granularity;
      row.group = layer.quantization->group;
    }
    row.numWeights = layer.numWeights();
    row.bytes = layer.bytes();
    row.moduleBytes = layer.moduleBytes.value_or(0);
  }
  return rows;
}
