// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WeightCodes.h"
#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/ErrorMetrics.h"
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

/// What the codes take and how far they are off, for reports.
static DictionaryAttr describe(MLIRContext *context, const WeightScheme &scheme,
                               const Format &format, const EncodedTensor &encoded,
                               ArrayRef<float> values) {
  Builder b(context);
  int64_t bytes = int64_t(::halftone::countStoredBytes(encoded, format));
  double sqnr = ::halftone::measureError(values, ::halftone::decodeTensor(encoded, format)).sqnr();
  SmallVector<NamedAttribute> fields = {
      b.getNamedAttr("format", b.getStringAttr(scheme.format)),
      b.getNamedAttr("granularity", b.getStringAttr(scheme.granularity)),
      b.getNamedAttr("bytes", b.getI64IntegerAttr(bytes)),
      b.getNamedAttr("effective_bits", b.getF64FloatAttr(8.0 * double(bytes) / values.size()))};
  if (scheme.group != 0)
    fields.push_back(b.getNamedAttr("group", b.getI64IntegerAttr(scheme.group)));
  if (std::isfinite(sqnr)) // Weights that their codes hold exactly have no noise.
    fields.push_back(b.getNamedAttr("sqnr", b.getF64FloatAttr(sqnr)));
  return b.getDictionaryAttr(fields);
}

namespace {
struct QuantizeWeights : public mlir::halftone::impl::QuantizeWeightsBase<QuantizeWeights> {
  using Base::Base;

  void runOnOperation() override {
    done.clear(); // One pass object sees many functions.
    NamedAttrList descriptions;
    WalkResult result = getOperation().walk([&](Operation *op) {
      std::optional<::halftone::Scheme> scheme = getScheme(op);
      std::optional<WeightContraction> contraction = matchWeightContraction(op);
      if (!contraction)
        contraction = matchEmbedding(op);
      if (!scheme || !contraction || scheme->weights.format.empty())
        return WalkResult::advance();
      const Quantized *quantized = quantize(*contraction, scheme->weights);
      if (!quantized)
        return WalkResult::interrupt();
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
  /// What makes two contractions share codes: the constant, the channel axis and the scheme.
  using Key = std::tuple<const void *, int64_t, std::string, std::string, int64_t, bool,
                         std::string, std::string>;
  struct Quantized {
    Value numbers;
    DictionaryAttr description;
  };

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
            scheme.scales};
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
    llvm::Expected<EncodedTensor> encoded =
        ::halftone::encodeTensor(*values, type.getShape(), format, options);
    if (!encoded)
      return contraction.op->emitError("cannot quantize the weights: ")
             << llvm::toString(encoded.takeError()) << "; skip this node in the recipe";
    OpBuilder b = OpBuilder::atBlockBegin(&getOperation().getBody().front());
    Location loc = contraction.op->getLoc();
    quantized.numbers = buildDecoding(b, loc, type, *encoded, format, options, getNodeName(loc));
    quantized.description = describe(&getContext(), scheme, format, *encoded, *values);
    releasePages(contraction.getWeights());
    ++numQuantized;
    return success();
  }

  std::map<Key, Quantized> done;
};
} // namespace
