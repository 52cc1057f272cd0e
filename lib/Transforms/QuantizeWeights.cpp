// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GramRounding.h"
#include "WeightCodes.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/BlockGrid.h"
#include "halftone/Numerics/ErrorMetrics.h"
#include "halftone/Transforms/GramInputs.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_QUANTIZEWEIGHTS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::EncodedTensor;
using ::halftone::EncodeOptions;
using ::halftone::Format;
using ::halftone::GranularityKind;
using ::halftone::WeightScheme;

static EncodeOptions getOptions(const WeightScheme &scheme, int64_t channelAxis) {
  EncodeOptions options;
  options.granularity = scheme.granularity == "tensor"    ? GranularityKind::Tensor
                        : scheme.granularity == "channel" ? GranularityKind::Channel
                                                          : GranularityKind::Group;
  options.group = scheme.group;
  options.channelAxis = unsigned(channelAxis);
  options.symmetric = scheme.symmetric;
  options.leastSquares = scheme.range == "mse";
  options.halfScales = scheme.scales == "f16";
  return options;
}

static double measureSQNR(const EncodedTensor &encoded, const Format &format,
                          ArrayRef<float> values) {
  return ::halftone::measureError(values, ::halftone::decodeTensor(encoded, format)).sqnr();
}

/// The blocks that share a scale: the recipe's, or those that belong to the format.
static std::pair<StringRef, int64_t> getBlocks(const WeightScheme &scheme, const Format &format) {
  if (format.hasFixedGroups())
    return {"group", format.scales.front().group};
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
};
} // namespace

/// What the codes take and how far they are off, for reports.
static SmallVector<NamedAttribute> describe(Builder b, const Encoding &encoding) {
  auto bytes = int64_t(::halftone::countStoredBytes(encoding.encoded, encoding.format));
  double bits = 8.0 * double(bytes) / double(encoding.values.size());
  double sqnr = measureSQNR(encoding.encoded, encoding.format, encoding.values);
  auto [granularity, group] = getBlocks(encoding.scheme, encoding.format);
  SmallVector<NamedAttribute> fields = {
      b.getNamedAttr("format", b.getStringAttr(encoding.scheme.format)),
      b.getNamedAttr("granularity", b.getStringAttr(granularity)),
      b.getNamedAttr("bytes", b.getI64IntegerAttr(bytes)),
      b.getNamedAttr("effective_bits", b.getF64FloatAttr(bits))};
  if (group != 0)
    fields.push_back(b.getNamedAttr("group", b.getI64IntegerAttr(group)));
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
  nearest.leastSquares = false;
  llvm::Expected<EncodedTensor> plain =
      ::halftone::encodeTensor(encoding.values, encoding.shape, encoding.format, nearest);
  if (!plain) // Its scales are too large for f16, which the chosen ones are not.
    return llvm::consumeError(plain.takeError());
  double sqnr = measureSQNR(*plain, encoding.format, encoding.values);
  if (std::isfinite(sqnr))
    fields.push_back(b.getNamedAttr("sqnr_nearest", b.getF64FloatAttr(sqnr)));
}

namespace {
struct QuantizeWeights : public mlir::halftone::impl::QuantizeWeightsBase<QuantizeWeights> {
  using Base::Base;
  QuantizeWeights() = default;
  // What a run has computed is not copied.
  QuantizeWeights(const QuantizeWeights &other) : QuantizeWeightsBase(other) {}

  void runOnOperation() override {
    done.clear(); // One pass object sees many functions.
    NamedAttrList descriptions;
    if (auto before = getOperation()->getAttrOfType<DictionaryAttr>(kQuantizedWeightsName))
      descriptions.append(before.getValue()); // Of an earlier run over other ops.
    WalkResult result = getOperation().walk([&](Operation *op) {
      std::optional<::halftone::Scheme> scheme = getScheme(op);
      std::optional<WeightContraction> contraction = matchWeightContraction(op);
      if (!contraction)
        contraction = matchEmbedding(op);
      if (!scheme || !contraction || scheme->weights.format.empty())
        return WalkResult::advance();
      if (observedOnly && !getGramMatrix(op))
        return WalkResult::advance();
      const Quantized *quantized = quantize(*contraction, scheme->weights);
      if (!quantized)
        return WalkResult::interrupt();
      removeGramMatrix(op);
      if (StringRef node = getNodeName(op->getLoc()); !node.empty())
        descriptions.set(node, quantized->description);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    if (!descriptions.empty())
      getOperation()->setAttr(kQuantizedWeightsName, descriptions.getDictionary(&getContext()));
  }

private:
  /// Of weights that are rounded by their inputs: the Gram matrix and what `gptq` says.
  using RoundingKey = std::tuple<const void *, double, std::string, bool>;
  /// What makes two contractions share codes: the constant, the channel axis and the scheme.
  using Key = std::tuple<const void *, int64_t, std::string, std::string, int64_t, bool,
                         std::string, std::string, RoundingKey>;
  struct Quantized {
    Value numbers;
    DictionaryAttr description;
  };

  static RoundingKey getRoundingKey(Operation *op, const WeightScheme &scheme) {
    if (!scheme.needsInputs())
      return {};
    const void *gram = getGramMatrix(op) ? getGramMatrix(op).getAsOpaquePointer() : nullptr;
    return {gram, scheme.gptq.damping, scheme.gptq.order, scheme.gptq.staticGroups};
  }

  /// Null after an error.
  const Quantized *quantize(const WeightContraction &contraction, const WeightScheme &scheme) {
    ElementsAttr weights = contraction.getWeights();
    Key key{weights.getAsOpaquePointer(),
            contraction.channelAxis,
            scheme.format,
            scheme.granularity,
            scheme.group,
            scheme.symmetric,
            scheme.range,
            scheme.scales,
            getRoundingKey(contraction.op, scheme)};
    Quantized &quantized = done[key];
    if (!quantized.numbers && failed(encode(contraction, scheme, quantized)))
      return nullptr;
    contraction.weights->set(quantized.numbers);
    return &quantized;
  }

  LogicalResult encode(const WeightContraction &contraction, const WeightScheme &scheme,
                       Quantized &quantized) {
    std::optional<std::vector<float>> values = readFloats(contraction.getWeights());
    if (!values)
      return contraction.op->emitError("the weights have no data in memory");
    const Format &format = *::halftone::findFormat(scheme.format);
    EncodeOptions options = getOptions(scheme, contraction.channelAxis);
    RankedTensorType type = contraction.getWeightsType();
    NamedAttrList rounding;
    FailureOr<EncodedTensor> encoded =
        scheme.needsInputs()
            ? roundByInputs(contraction, scheme, *values, format, options, rounding)
            : roundToNearest(contraction, *values, format, options);
    if (failed(encoded))
      return failure();
    OpBuilder b = OpBuilder::atBlockBegin(&getOperation().getBody().front());
    Location loc = contraction.op->getLoc();
    quantized.numbers = buildDecoding(b, loc, type, *encoded, format, options, getNodeName(loc));
    Encoding encoding{scheme, format, options, *values, type.getShape(), *encoded};
    SmallVector<NamedAttribute> fields = describe(b, encoding);
    llvm::append_range(fields, rounding.getAttrs());
    if (details)
      describeGrid(b, encoding, fields);
    quantized.description = b.getDictionaryAttr(fields);
    releasePages(contraction.getWeights());
    ++numQuantized;
    return success();
  }

  FailureOr<EncodedTensor> roundToNearest(const WeightContraction &contraction,
                                          ArrayRef<float> values, const Format &format,
                                          const EncodeOptions &options) {
    ArrayRef<int64_t> shape = contraction.getWeightsType().getShape();
    llvm::Expected<EncodedTensor> encoded =
        ::halftone::encodeTensor(values, shape, format, options);
    if (encoded)
      return std::move(*encoded);
    return LogicalResult(contraction.op->emitError("cannot quantize the weights: ")
                         << llvm::toString(encoded.takeError())
                         << "; skip this node in the recipe");
  }

  /// `fields` say what it has won.
  FailureOr<EncodedTensor> roundByInputs(const WeightContraction &contraction,
                                         const WeightScheme &scheme, ArrayRef<float> values,
                                         const Format &format, const EncodeOptions &options,
                                         NamedAttrList &fields) {
    FailureOr<RoundedWeights> rounded =
        gramRounding.round(contraction, scheme, values, format, options);
    if (failed(rounded))
      return failure();
    Builder b(&getContext());
    fields.append("rounding", b.getStringAttr(scheme.rounding));
    if (rounded->power > 0 && rounded->error > 0) {
      fields.append("output_sqnr", b.getF64FloatAttr(rounded->sqnr()));
      fields.append("output_sqnr_nearest", b.getF64FloatAttr(rounded->nearestSqnr()));
    }
    return std::move(rounded->tensor);
  }

  std::map<Key, Quantized> done;
  GramRounding gramRounding;
};
} // namespace
