// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/Passes.h"

#include "NarrowBoundary.h"
#include "halftone/Conversion/Patterns.h"
#include "halftone/Conversion/ScalarArithmetic.h"
#include "halftone/Dialect/DecodeOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_CONVERTTOLINALG
#include "halftone/Conversion/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

void mlir::halftone::populateSignlessConversions(TypeConverter &converter) {
  converter.addConversion([](Type type) { return type; });
  converter.addConversion([](IntegerType type) { return getSignlessType(type); });
  converter.addConversion(
      [](RankedTensorType type) { return type.clone(getSignlessType(type.getElementType())); });
}

namespace {

/// Kernels are chosen before this pass and take codes without signs; here their operands lose them
/// too.
struct DropSignCast : OpConversionPattern<UnrealizedConversionCastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(UnrealizedConversionCastOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (adaptor.getInputs().size() != 1 || op.getResultTypes() != adaptor.getInputs().getTypes())
      return rewriter.notifyMatchFailure(op, "not a cast to what the operand is converted to");
    rewriter.replaceOp(op, adaptor.getInputs());
    return success();
  }
};

void populateAllPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                         RewritePatternSet &patterns) {
  populateConstantPatterns(converter, facts, patterns);
  populateElementwisePatterns(converter, facts, patterns);
  populateQuantizationPatterns(converter, facts, patterns);
  populateCodebookPatterns(converter, facts, patterns);
  populateReshapePatterns(converter, facts, patterns);
  populateDataMovementPatterns(converter, facts, patterns);
  populateSlicePatterns(converter, facts, patterns);
  populateExpandPatterns(converter, facts, patterns);
  populatePadPatterns(converter, facts, patterns);
  populateIndexingPatterns(converter, facts, patterns);
  populateGatherPatterns(converter, facts, patterns);
  populatePackedGatherPatterns(converter, facts, patterns);
  populateScatterPatterns(converter, facts, patterns);
  populateReductionPatterns(converter, facts, patterns);
  populateScanPatterns(converter, facts, patterns);
  populateNormalizationPatterns(converter, facts, patterns);
  populateContractionPatterns(converter, facts, patterns);
  populateConvolutionPatterns(converter, facts, patterns);
  populatePoolingPatterns(converter, facts, patterns);
  populateResizePatterns(converter, facts, patterns);
  populateControlFlowPatterns(converter, facts, patterns);
  populateNonMaxSuppressionPatterns(converter, facts, patterns);
  patterns.add<DropSignCast>(converter, patterns.getContext());
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns, converter);
  populateReturnOpTypeConversionPattern(patterns, converter);
  populateCallOpTypeConversionPattern(patterns, converter);
}

/// Ops that take elements as they are, and those that convert them.
bool movesElements(Operation *op) {
  return isa<CastOp, BitCastOp, QuantizeOp, DequantizeOp, LookupOp, WhereOp, ReshapeOp, FlattenOp,
             SqueezeOp, UnsqueezeOp, TransposeOp, ConcatOp, SliceOp, SplitOp, ExpandOp, TileOp,
             ShapeOp, SizeOp, GatherOp, GatherElementsOp, GatherNDOp, DepthToSpaceOp,
             SpaceToDepthOp, IfOp, LoopOp>(op);
}

/// Reports each op on elements that the lowering cannot compute with.
LogicalResult checkElementTypes(func::FuncOp function) {
  bool isSupported = true;
  function.walk([&](Operation *op) {
    if (!isa<HalftoneDialect>(op->getDialect()) || isa<ConstantOp, WeightsViewOp, YieldOp>(op))
      return;
    SmallVector<Type> types(op->getOperandTypes());
    llvm::append_range(types, op->getResultTypes());
    for (Type type : types) {
      Type element = getElementTypeOrSelf(type);
      if (hasArithmetic(element) || (movesElements(op) && hasStorage(element)))
        continue;
      InFlightDiagnostic diag = op->emitOpError("on elements of type ")
                                << element << " is not supported";
      diag.attachNote() << "supported are i1, integers of 8 to 64 bits, f16, bf16, f32 and f64; "
                           "narrower ones can be moved and converted";
      isSupported = false;
      return;
    }
    if (isa<QuantizeOp>(op) && !hasElementwiseScalar(op)) {
      op->emitOpError("to codes of more than 16 bits is not supported");
      isSupported = false;
    }
  });
  return success(isSupported);
}

class ConvertToLinalg : public halftone::impl::ConvertToLinalgBase<ConvertToLinalg> {
  void getDependentDialects(DialectRegistry &registry) const override {
    halftone::impl::ConvertToLinalgBase<ConvertToLinalg>::getDependentDialects(registry);
    registry.insert<bufferization::BufferizationDialect>();
  }

  void runOnOperation() override {
    if (failed(checkElementTypes(getOperation())))
      return signalPassFailure();
    FailureOr<ShapeFacts> facts = ShapeFacts::compute(getOperation());
    if (failed(facts))
      return signalPassFailure();
    FunctionType original = getOperation().getFunctionType();
    TypeConverter converter;
    populateSignlessConversions(converter);

    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([&](Operation *op) { return converter.isLegal(op); });
    target.addIllegalDialect<HalftoneDialect>();
    target.addDynamicallyLegalOp<ConstantOp>([&](ConstantOp op) {
      return converter.isLegal(op.getOperation()) && !isFoldedIntoArith(op.getValue());
    });
    target.addDynamicallyLegalOp<ObserveOp, AttentionOp, ContractOp, DepthwiseOp, DecodePanelsOp,
                                 DecodeRowsOp, YieldOp, WeightsViewOp>(
        [&](Operation *op) { return converter.isLegal(op); });
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return converter.isSignatureLegal(op.getFunctionType()) && converter.isLegal(&op.getBody());
    });

    RewritePatternSet patterns(&getContext());
    populateAllPatterns(converter, *facts, patterns);
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      return signalPassFailure();
    // They have served: equal dimensions are one value now.
    for (unsigned i = 0; i < getOperation().getNumArguments(); ++i)
      getOperation().removeArgAttr(
          i, StringAttr::get(&getContext(), HalftoneDialect::kDimNamesAttrName));
    // Only entries: others are called by functions that hold the elements in the same way.
    if (getOperation().isPublic())
      packNarrowBoundary(getOperation(), original);
  }
};

} // namespace
