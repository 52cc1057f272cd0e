// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Transforms/QuantizeWeights.h"

#include "ColumnProduct.h"
#include "GramRounding.h"
#include "WeightCodes.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/BlockGrid.h"
#include "halftone/Numerics/ErrorMetrics.h"
#include "halftone/Transforms/GramInputs.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/RoundedFile.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_QUANTIZEWEIGHTS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::EncodedTensor;
using ::halftone::EncodeOptions;
using ::halftone::Format;
using ::halftone::WeightScheme;

/// The blocks that share a scale: the recipe's, or those that belong to the format.
static std::pair<std::string, int64_t> getBlocks(const WeightScheme &scheme, const Format &format) {
  if (format.hasFixedGroups())
    return {"group", format.scales.front().group};
  if (scheme.granularity == "block")
    return {llvm::formatv("block {0} x {1}", scheme.channels, scheme.group).str(), 0};
  return {scheme.granularity, scheme.group};
}

namespace {
/// A tensor before and after.
struct Encoding {
  const WeightScheme &scheme;
  const Format &format;
  const EncodeOptions &options;
  ArrayRef<float> values;
  ArrayRef<int64_t> shape;
  const EncodedTensor &encoded;
  /// What it stands for, with the weights that are not codes.
  ArrayRef<float> numbers;
  /// Inputs whose weights are not codes, and the bytes that they take.
  int64_t numWeak, weakBytes;
  /// Rows that stand beside this tensor and stay f32.
  int64_t numOutliers;
};
} // namespace

/// What the codes take and how far they are off, for reports.
static SmallVector<NamedAttribute> describe(Builder b, const Encoding &encoding) {
  int64_t numFloats = encoding.numOutliers * encoding.shape.back();
  auto bytes = int64_t(::halftone::countStoredBytes(encoding.encoded, encoding.format)) +
               encoding.weakBytes + numFloats * 4 + encoding.numOutliers * 8;
  double bits = 8.0 * double(bytes) / double(int64_t(encoding.values.size()) + numFloats);
  double sqnr = ::halftone::measureError(encoding.values, encoding.numbers).sqnr();
  auto [granularity, group] = getBlocks(encoding.scheme, encoding.format);
  SmallVector<NamedAttribute> fields = {
      b.getNamedAttr("format", b.getStringAttr(encoding.scheme.format)),
      b.getNamedAttr("granularity", b.getStringAttr(granularity)),
      b.getNamedAttr("bytes", b.getI64IntegerAttr(bytes)),
      b.getNamedAttr("effective_bits", b.getF64FloatAttr(bits))};
  if (group != 0)
    fields.push_back(b.getNamedAttr("group", b.getI64IntegerAttr(group)));
  if (encoding.numWeak != 0)
    fields.push_back(b.getNamedAttr("weak_inputs", b.getI64IntegerAttr(encoding.numWeak)));
  if (encoding.numOutliers != 0)
    fields.push_back(b.getNamedAttr("outliers", b.getI64IntegerAttr(encoding.numOutliers)));
  if (std::isfinite(sqnr)) // Weights that their codes hold exactly have no noise.
    fields.push_back(b.getNamedAttr("sqnr", b.getF64FloatAttr(sqnr)));
  return fields;
}

/// The numbers that can be drawn, and what choosing ranges has won.
static void describeGrid(Builder b, const Encoding &encoding,
                         SmallVectorImpl<NamedAttribute> &fields) {
  std::vector<float> grid = ::halftone::findWidestGrid(encoding.encoded, encoding.format,
                                                       encoding.options.symmetric, encoding.values);
  fields.push_back(b.getNamedAttr("grid", b.getDenseF32ArrayAttr(grid)));
  EncodeOptions nearest = encoding.options;
  nearest.fit.range = {};
  llvm::Expected<EncodedTensor> plain =
      ::halftone::encodeTensor(encoding.values, encoding.shape, encoding.format, nearest);
  if (!plain) // Its scales are too large for f16, which the chosen ones are not.
    return llvm::consumeError(plain.takeError());
  double sqnr =
      ::halftone::measureError(encoding.values, ::halftone::decodeTensor(*plain, encoding.format))
          .sqnr();
  if (std::isfinite(sqnr))
    fields.push_back(b.getNamedAttr("sqnr_nearest", b.getF64FloatAttr(sqnr)));
}

/// A node that became several ops has a list, one description of each.
static void addDescription(NamedAttrList &descriptions, StringRef node,
                           DictionaryAttr description) {
  Attribute before = descriptions.get(node);
  SmallVector<Attribute> all;
  if (auto list = llvm::dyn_cast_or_null<ArrayAttr>(before))
    llvm::append_range(all, list);
  else if (before)
    all.push_back(before);
  if (all.empty()) {
    descriptions.set(node, description);
    return;
  }
  all.push_back(description);
  descriptions.set(node, ArrayAttr::get(description.getContext(), all));
}

namespace {
struct QuantizeWeights : public mlir::halftone::impl::QuantizeWeightsBase<QuantizeWeights> {
  using Base::Base;
  QuantizeWeights() = default;
  // What a run has computed is not copied.
  QuantizeWeights(const QuantizeWeights &other)
      : QuantizeWeightsBase(other), progress(other.progress) {}
  QuantizeWeights(const QuantizeWeightsOptions &options, WeightProgress progress)
      : QuantizeWeightsBase(options), progress(std::move(progress)) {}

  void runOnOperation() override {
    done.clear(); // One pass object sees many functions.
    NamedAttrList descriptions;
    if (auto before = getOperation()->getAttrOfType<DictionaryAttr>(kQuantizedWeightsName))
      descriptions.append(before.getValue()); // Of an earlier run over other ops.
    SmallVector<WeightContraction> layers = findLayers();
    for (auto [i, layer] : llvm::enumerate(layers)) {
      const Quantized *quantized = quantize(layer, getScheme(layer.op)->weights);
      if (!quantized)
        return signalPassFailure();
      removeGramMatrix(layer.op);
      removeRoundedFile(layer.op);
      if (StringRef node = getNodeName(layer.op->getLoc()); !node.empty())
        addDescription(descriptions, node, quantized->description);
      if (progress)
        progress(int64_t(i + 1), int64_t(layers.size()));
    }
    if (!descriptions.empty())
      getOperation()->setAttr(kQuantizedWeightsName, descriptions.getDictionary(&getContext()));
  }

private:
  /// In the order of the program.
  SmallVector<WeightContraction> findLayers() {
    SmallVector<WeightContraction> layers;
    getOperation().walk([&](Operation *op) {
      std::optional<::halftone::Scheme> scheme = getScheme(op);
      std::optional<WeightContraction> contraction = matchWeightContraction(op);
      if (!contraction)
        contraction = matchEmbedding(op);
      if (scheme && contraction && !scheme->weights.format.empty() &&
          (!observedOnly || isObserved(op)))
        layers.push_back(*contraction);
    });
    return layers;
  }

  /// What makes two contractions share codes: the constant, the channel axis, the scheme and, where
  /// that matters, the inputs, or the file of what they have made of it.
  using Key = std::tuple<const void *, int64_t, const void *, const void *, StringRef>;
  struct Quantized {
    Value numbers;
    /// Inputs whose weights are not codes, and these; null if there are none.
    Value weakInputs, kept;
    DictionaryAttr description;
  };

  /// Null after an error.
  const Quantized *quantize(const WeightContraction &contraction, const WeightScheme &scheme) {
    ElementsAttr gram = scheme.roundsByInputs() ? getGramMatrix(contraction.op) : ElementsAttr();
    Key key{contraction.getWeights().getAsOpaquePointer(), contraction.channelAxis,
            getWeightSchemeAttr(contraction.op).getAsOpaquePointer(),
            gram ? gram.getAsOpaquePointer() : nullptr,
            gram ? StringRef() : getRoundedFile(contraction.op)};
    Quantized &quantized = done[key];
    if (!quantized.numbers && failed(encode(contraction, scheme, quantized)))
      return nullptr;
    contraction.weights->set(quantized.numbers);
    if (quantized.kept)
      addKept(contraction, quantized);
    return &quantized;
  }

  LogicalResult encode(const WeightContraction &contraction, const WeightScheme &scheme,
                       Quantized &quantized) {
    std::optional<std::vector<float>> values = readFloats(contraction.getWeights());
    if (!values)
      return contraction.op->emitError("the weights have no data in memory");
    std::optional<Format> described = scheme.describeFormat();
    if (!described)
      return contraction.op->emitError("its scheme names no format of weights: '")
             << scheme.format << "'";
    const Format &format = *described;
    EncodeOptions options = getEncodeOptions(scheme, contraction.channelAxis);
    RankedTensorType type = contraction.getWeightsType();
    NamedAttrList rounding;
    FailureOr<RoundedWeights> rounded =
        scheme.roundsByInputs()
            ? roundByInputs(contraction, scheme, *values, format, options, rounding)
            : roundToNearest(contraction, *values, format, options);
    if (failed(rounded))
      return failure();
    const EncodedTensor &encoded = rounded->tensor;
    OpBuilder b = OpBuilder::atBlockBegin(&getOperation().getBody().front());
    Location loc = contraction.op->getLoc();
    quantized.numbers = buildDecoding(b, loc, type, encoded, format, options, getNodeName(loc));
    auto numWeak = int64_t(rounded->weakInputs.size());
    auto outliers =
        llvm::dyn_cast_or_null<IntegerAttr>(contraction.op->removeAttr(kNumOutliersName));
    if (numWeak != 0 && failed(buildKept(b, contraction, *rounded, quantized)))
      return failure();
    Encoding encoding{scheme,
                      format,
                      options,
                      *values,
                      type.getShape(),
                      encoded,
                      rounded->numbers,
                      numWeak,
                      /*weakBytes=*/numWeak * 8 + int64_t(rounded->kept.size()) * 2,
                      outliers ? outliers.getInt() : 0};
    SmallVector<NamedAttribute> fields = describe(b, encoding);
    llvm::append_range(fields, rounding.getAttrs());
    if (details)
      describeGrid(b, encoding, fields);
    quantized.description = b.getDictionaryAttr(fields);
    releasePages(contraction.getWeights());
    ++numQuantized;
    return success();
  }

  /// Constants of the weights that are not codes.
  LogicalResult buildKept(OpBuilder &b, const WeightContraction &contraction,
                          const RoundedWeights &rounded, Quantized &quantized) {
    Location loc = contraction.op->getLoc();
    auto numWeak = int64_t(rounded.weakInputs.size());
    int64_t shape[] = {numWeak, contraction.getWeightsType().getDimSize(1)};
    const Format &half = *::halftone::findFormat("f16");
    EncodeOptions options;
    options.channelAxis = 1;
    llvm::Expected<EncodedTensor> kept =
        ::halftone::encodeTensor(rounded.kept, shape, half, options);
    if (!kept)
      return contraction.op->emitError("cannot keep weights in f16: ")
             << llvm::toString(kept.takeError()) << "; skip this node in the recipe";
    std::string name = (getNodeName(loc) + ".kept").str();
    quantized.kept = buildDecoding(b, loc, RankedTensorType::get(shape, b.getF32Type()), *kept,
                                   half, options, name);
    quantized.weakInputs = buildColumnIndices(b, loc, rounded.weakInputs, name + "_inputs");
    return success();
  }

  /// y = x W becomes x W + x' W' with the inputs x' whose weights W' are not codes.
  void addKept(const WeightContraction &contraction, const Quantized &quantized) {
    Operation *product = contraction.op;
    OpBuilder b(product->getContext());
    b.setInsertionPointAfter(product);
    Value weak =
        gatherColumns(b, product->getLoc(), contraction.activations->get(), quantized.weakInputs);
    addColumnProduct(b, product, weak, quantized.kept);
  }

  FailureOr<RoundedWeights> roundToNearest(const WeightContraction &contraction,
                                           ArrayRef<float> values, const Format &format,
                                           const EncodeOptions &options) {
    ArrayRef<int64_t> shape = contraction.getWeightsType().getShape();
    llvm::Expected<EncodedTensor> encoded =
        ::halftone::encodeTensor(values, shape, format, options);
    if (encoded) {
      RoundedWeights rounded;
      rounded.numbers = ::halftone::decodeTensor(*encoded, format);
      rounded.tensor = std::move(*encoded);
      return rounded;
    }
    return LogicalResult(contraction.op->emitError("cannot quantize the weights: ")
                         << llvm::toString(encoded.takeError())
                         << "; skip this node in the recipe");
  }

  /// `fields` say what it has won.
  FailureOr<RoundedWeights> roundByInputs(const WeightContraction &contraction,
                                          const WeightScheme &scheme, ArrayRef<float> values,
                                          const Format &format, const EncodeOptions &options,
                                          NamedAttrList &fields) {
    bool isLoaded = !getGramMatrix(contraction.op) && !getRoundedFile(contraction.op).empty();
    FailureOr<RoundedWeights> rounded =
        isLoaded ? GramRounding::load(contraction, scheme, format, options)
                 : gramRounding.round(contraction, scheme, values, format, options);
    if (failed(rounded))
      return failure();
    Builder b(&getContext());
    fields.append("rounding", b.getStringAttr(scheme.rounding));
    if (rounded->power > 0 && rounded->error > 0) {
      fields.append("output_sqnr", b.getF64FloatAttr(rounded->sqnr()));
      fields.append("output_sqnr_nearest", b.getF64FloatAttr(rounded->nearestSqnr()));
    }
    return rounded;
  }

  std::map<Key, Quantized> done;
  GramRounding gramRounding;
  WeightProgress progress;
};
} // namespace

std::unique_ptr<Pass> mlir::halftone::createQuantizeWeights(const QuantizeWeightsOptions &options,
                                                            WeightProgress progress) {
  return std::make_unique<QuantizeWeights>(options, std::move(progress));
}
