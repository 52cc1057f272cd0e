// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/NodeName.h"
#include "halftone/Analysis/WeightContraction.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Numerics/QuantizeTensor.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_QUANTIZEWEIGHTS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::Granularity;
using ::halftone::QuantizedTensor;
using ::halftone::WeightScheme;

/// Zero points as elements of the code type: one if they are all the same.
static ElementsAttr makeZeroPoints(ArrayRef<int32_t> zeroPoints, Type codeType, StringRef name) {
  bool uniform = llvm::all_equal(zeroPoints);
  std::vector<char> bytes;
  for (int32_t zeroPoint : uniform ? zeroPoints.take_front() : zeroPoints)
    bytes.push_back(char(zeroPoint));
  SmallVector<int64_t> shape;
  if (!uniform)
    shape.push_back(zeroPoints.size());
  return makeConstant(RankedTensorType::get(shape, codeType), bytes, name);
}

static Value buildDequantize(OpBuilder &b, const WeightContraction &contraction,
                             const QuantizedTensor &quantized, const WeightScheme &scheme) {
  Location loc = contraction.op->getLoc();
  RankedTensorType type = contraction.getWeightsType();
  Type codeType = getCodeType(b.getContext(), scheme.format);
  std::string name = getNodeName(loc).str();
  SmallVector<int64_t> scaleShape;
  if (scheme.granularity == "channel")
    scaleShape.push_back(type.getDimSize(contraction.channelAxis));
  Value codes = ConstantOp::create(
      b, loc,
      makeConstant(type.clone(codeType), ArrayRef<uint8_t>(quantized.codes), name + ".codes"));
  Value scales =
      ConstantOp::create(b, loc,
                         makeConstant(RankedTensorType::get(scaleShape, b.getF32Type()),
                                      ArrayRef<float>(quantized.scales), name + ".scales"));
  Value zeroPoints = ConstantOp::create(
      b, loc, makeZeroPoints(quantized.zeroPoints, codeType, name + ".zero_points"));
  return DequantizeOp::create(b, loc, type, codes, scales, zeroPoints, contraction.channelAxis);
}

namespace {
struct QuantizeWeights : public mlir::halftone::impl::QuantizeWeightsBase<QuantizeWeights> {
  using Base::Base;

  void runOnOperation() override {
    done.clear(); // One pass object sees many functions.
    WalkResult result = getOperation().walk([&](Operation *op) {
      std::optional<::halftone::Scheme> scheme = getScheme(op);
      std::optional<WeightContraction> contraction = matchWeightContraction(op);
      if (!scheme || !contraction)
        return WalkResult::advance();
      return quantize(*contraction, scheme->weights) ? WalkResult::advance()
                                                     : WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  /// What makes two contractions share codes: the constant, the channel axis and the scheme.
  using Key = std::tuple<const void *, int64_t, std::string, std::string, bool>;

  bool quantize(const WeightContraction &contraction, const WeightScheme &scheme) {
    ElementsAttr weights = contraction.getWeights();
    Key key{weights.getAsOpaquePointer(), contraction.channelAxis, scheme.format,
            scheme.granularity, scheme.symmetric};
    Value &dequantized = done[key];
    if (!dequantized) {
      std::optional<QuantizedTensor> quantized = computeCodes(contraction, scheme, weights);
      if (!quantized)
        return false;
      OpBuilder b = OpBuilder::atBlockBegin(&getOperation().getBody().front());
      dequantized = buildDequantize(b, contraction, *quantized, scheme);
      ++numQuantized;
    }
    contraction.weights->set(dequantized);
    return true;
  }

  static std::optional<QuantizedTensor> computeCodes(const WeightContraction &contraction,
                                                     const WeightScheme &scheme,
                                                     ElementsAttr weights) {
    std::optional<std::vector<float>> values = readFloats(weights);
    if (!values) {
      contraction.op->emitError("the weights have no data in memory");
      return std::nullopt;
    }
    ArrayRef<int64_t> shape = contraction.getWeightsType().getShape();
    Granularity granularity = scheme.granularity == "channel"
                                  ? Granularity::perChannel(shape, contraction.channelAxis)
                                  : Granularity::perTensor(shape);
    llvm::Expected<QuantizedTensor> quantized = ::halftone::quantizeTensor(
        *values, granularity, *::halftone::findFormat(scheme.format), scheme.symmetric);
    if (quantized)
      return std::move(*quantized);
    contraction.op->emitError("cannot quantize the weights: ")
        << llvm::toString(quantized.takeError()) << "; skip this node in the recipe";
    return std::nullopt;
  }

  std::map<Key, Value> done;
};
} // namespace
