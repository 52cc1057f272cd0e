// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Numerics/Format.h"
#include "halftone/Numerics/QuantizeTensor.h"
#include "halftone/Numerics/RoundedDivision.h"
#include "halftone/Transforms/Passes.h"
#include "halftone/Transforms/SchemeAttribute.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_QUANTIZEACTIVATIONS
#include "halftone/Transforms/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::ActivationScheme;
using ::halftone::AffineGrid;
using ::halftone::Scheme;

static Value buildScalar(OpBuilder &b, Location loc, Type elementType, Attribute value) {
  auto type = RankedTensorType::get({}, elementType);
  return ConstantOp::create(b, loc, DenseElementsAttr::get(type, value));
}

/// dequantize(quantize(input)) on the grid that covers the observed range.
static Value buildStaticQDQ(OpBuilder &b, ObserveOp observer, const ActivationScheme &scheme) {
  ArrayRef<float> range = *observer.getRange();
  const ::halftone::Format &format = *::halftone::findFormat(scheme.format);
  AffineGrid grid = ::halftone::fitStoredGrid({range[0], range[1]}, format, scheme.symmetric,
                                              ::halftone::findScaleCodec(scheme.scales));
  // A scale that quantizes without a division: the range was estimated far less exactly.
  if (format.isInteger() && format.codec.bits <= 8)
    grid.scale = ::halftone::findExactReciprocal(grid.scale, grid.qmax - grid.qmin);
  Location loc = observer.getLoc();
  Type codeType = getCodeType(b.getContext(), format.codec);
  Value scale = buildScalar(b, loc, b.getF32Type(), b.getF32FloatAttr(grid.scale));
  Attribute zero = format.isInteger() ? Attribute(b.getIntegerAttr(codeType, grid.zeroPoint))
                                      : Attribute(b.getFloatAttr(codeType, 0));
  Value zeroPoint = buildScalar(b, loc, codeType, zero);
  auto type = llvm::cast<RankedTensorType>(observer.getType());
  Value codes =
      QuantizeOp::create(b, loc, type.clone(codeType), observer.getInput(), scale, zeroPoint);
  return DequantizeOp::create(b, loc, type, codes, scale, zeroPoint);
}

/// dequantize(quantize(input)) in a format without scales.
static Value buildPlainQDQ(OpBuilder &b, Location loc, Value input,
                           const ::halftone::Format &format) {
  auto type = llvm::cast<RankedTensorType>(input.getType());
  Type codeType = getCodeType(b.getContext(), format.codec);
  Value scale = buildScalar(b, loc, b.getF32Type(), b.getF32FloatAttr(1));
  Value zeroPoint = buildScalar(b, loc, codeType, b.getFloatAttr(codeType, 0));
  Value codes = QuantizeOp::create(b, loc, type.clone(codeType), input, scale, zeroPoint);
  return DequantizeOp::create(b, loc, type, codes, scale, zeroPoint);
}

/// The dimensions that share one scale: the reduction for one scale per token, else all of them.
static SmallVector<int64_t> getReducedAxes(Operation *contraction, const ActivationScheme &scheme,
                                           int64_t rank) {
  // The window of a convolution mixes rows, so only a scale per tensor leaves its sum.
  if (scheme.granularity == "token" && llvm::isa<MatMulOp>(contraction))
    return {rank - 1};
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

static Value buildDynamicQDQ(OpBuilder &b, Operation *contraction, Value input,
                             const ActivationScheme &scheme) {
  Location loc = contraction->getLoc();
  const ::halftone::Format &format = *::halftone::findFormat(scheme.format);
  if (format.hasNoScale())
    return buildPlainQDQ(b, loc, input, format);
  auto type = llvm::cast<RankedTensorType>(input.getType());
  Type codeType = getCodeType(b.getContext(), format.codec);
  SmallVector<int64_t> axes = getReducedAxes(contraction, scheme, type.getRank());
  SmallVector<int64_t> scaleShape;
  if (int64_t(axes.size()) != type.getRank()) {
    scaleShape = llvm::to_vector(type.getShape());
    for (int64_t axis : axes)
      scaleShape[axis] = 1;
  }
  auto scaleType = RankedTensorType::get(scaleShape, b.getF32Type());
  auto quantized =
      DynamicQuantizeOp::create(b, loc, type.clone(codeType), scaleType, scaleType.clone(codeType),
                                input, axes, scheme.symmetric, codeType);
  Value zeroPoint = quantized.getZeroPoint();
  if (scheme
          .symmetric) // It is no secret then, and as a constant it leaves the sum at compile time.
    zeroPoint = buildScalar(b, loc, codeType,
                            b.getIntegerAttr(codeType, codeType.isUnsignedInteger() ? 128 : 0));
  return DequantizeOp::create(b, loc, type, quantized.getOutput(), quantized.getScale(), zeroPoint);
}

namespace {
struct QuantizeActivations
    : public mlir::halftone::impl::QuantizeActivationsBase<QuantizeActivations> {
  using Base::Base;

  void runOnOperation() override {
    dynamic.clear(); // One pass object sees many functions.
    SmallVector<Operation *> contractions;
    getOperation().walk([&](Operation *op) {
      if (getScheme(op))
        contractions.push_back(op);
    });
    for (Operation *op : contractions)
      if (failed(quantize(op, *getScheme(op))))
        return signalPassFailure();
    for (Operation *op : contractions)
      removeScheme(op);
    getOperation().walk([](ObserveOp observer) {
      observer.replaceAllUsesWith(observer.getInput());
      observer.erase();
    });
  }

private:
  LogicalResult quantize(Operation *contraction, const Scheme &scheme) {
    OpOperand &operand = contraction->getOpOperand(0);
    if (scheme.isDynamic()) {
      operand.set(getOrBuildDynamic(contraction, operand.get(), scheme.activations));
      return success();
    }
    if (!scheme.isStatic() || operand.get().getDefiningOp<DequantizeOp>())
      return success(); // Weight-only, or done together with another user.
    auto observer = operand.get().getDefiningOp<ObserveOp>();
    if (!observer || !observer.getRange()) {
      InFlightDiagnostic diag = contraction->emitError(
          "its input needs a static scale, but no calibration data says which range it has");
      diag.attachNote() << "give calibration data or an observations file, or use a dynamic recipe";
      return diag;
    }
    OpBuilder b(observer);
    observer.replaceAllUsesWith(buildStaticQDQ(b, observer, scheme.activations));
    observer.erase();
    return success();
  }

  /// Contractions that read the same value the same way (query, key and value) share its codes.
  Value getOrBuildDynamic(Operation *contraction, Value input, const ActivationScheme &scheme) {
    if (auto observer = input.getDefiningOp<ObserveOp>())
      input = observer.getInput();
    auto axes =
        getReducedAxes(contraction, scheme, llvm::cast<ShapedType>(input.getType()).getRank());
    Value &shared =
        dynamic[{input.getAsOpaquePointer(), axes.size() == 1, scheme.format, scheme.symmetric}];
    if (!shared) {
      OpBuilder b(contraction->getContext());
      b.setInsertionPointAfterValue(input);
      shared = buildDynamicQDQ(b, contraction, input, scheme);
    }
    return shared;
  }

  std::map<std::tuple<const void *, bool, std::string, bool>, Value> dynamic;
};
} // namespace
