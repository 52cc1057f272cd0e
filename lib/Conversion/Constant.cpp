// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants and the ops that stay: they only change types.
#include "Lowering.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/DecodeOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::halftone;

/// Constants up to this size are values of `arith`, which folds; larger ones belong to the weights.
static constexpr int64_t kMaxFoldedElements = 16;

bool mlir::halftone::isFoldedIntoArith(ElementsAttr elements) {
  Type type = elements.getElementType();
  bool hasAttribute = isa<IntegerType, Float16Type, BFloat16Type, Float32Type, Float64Type>(type);
  return hasAttribute && (elements.isSplat() || elements.getNumElements() <= kMaxFoldedElements);
}

namespace {

/// Elements narrower than a byte are held in one each, integers extended by their sign.
ElementsAttr widenToBytes(ElementsAttr elements, RankedTensorType type) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    if (!elements.getElementType().isSignlessInteger())
      return DenseResourceElementsAttr::get(type, resource.getRawHandle());
    std::optional<std::vector<int64_t>> codes = readIntegers(elements);
    releasePages(elements);
    if (!codes)
      return nullptr;
    std::vector<int8_t> bytes(codes->begin(), codes->end());
    return makeConstant(type, ArrayRef<int8_t>(bytes), resource.getRawHandle().getKey());
  }
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (!dense || !isa<IntegerType>(elements.getElementType()))
    return dense ? DenseElementsAttr::getFromRawBuffer(type, dense.getRawData())
                 : DenseElementsAttr();
  bool isUnsigned = elements.getElementType().isUnsignedInteger();
  SmallVector<APInt> bytes;
  for (const APInt &value : dense.getValues<APInt>())
    bytes.push_back(isUnsigned ? value.zext(8) : value.sext(8));
  return DenseElementsAttr::get(type, bytes);
}

/// The same elements as `type`.
ElementsAttr retype(ElementsAttr elements, RankedTensorType type) {
  if (elements.getType() == type)
    return elements;
  if (elements.getElementType().getIntOrFloatBitWidth() < type.getElementTypeBitWidth())
    return widenToBytes(elements, type);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    return dense.bitcast(type.getElementType());
  return nullptr;
}

/// Constant elements as an attribute that `arith` folds; null for a resource without data.
DenseElementsAttr toDense(ElementsAttr elements, RankedTensorType type) {
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    return cast<DenseElementsAttr>(retype(dense, type));
  std::optional<std::vector<char>> bytes = copyRawBytes(elements);
  if (!bytes)
    return nullptr;
  if (!type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, *bytes);
  SmallVector<bool> bits(bytes->begin(), bytes->end());
  return DenseElementsAttr::get(type, bits);
}

struct ConvertConstant : LoweringPattern<ConstantOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ConstantOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(convertedType(op.getOutput()));
    if (!type)
      return rewriter.notifyMatchFailure(op, "not a tensor");
    ElementsAttr elements = op.getValue();
    if (elements.getElementType() != type.getElementType())
      elements = retype(elements, type);
    if (!elements)
      return rewriter.notifyMatchFailure(op, "elements cannot be read as signless");
    if (!isFoldedIntoArith(elements)) {
      rewriter.replaceOpWithNewOp<ConstantOp>(op, elements);
      return success();
    }
    DenseElementsAttr dense = toDense(elements, type);
    if (!dense)
      return rewriter.notifyMatchFailure(op, "a resource without data");
    // A large splat would be spelled out in memory, a fill is not.
    if (dense.isSplat() && dense.getNumElements() > kMaxFoldedElements) {
      Lowering b(op, rewriter, facts);
      Value element =
          arith::ConstantOp::create(b, cast<TypedAttr>(dense.getSplatValue<Attribute>()));
      rewriter.replaceOp(op,
                         b.filled(getAsIndexOpFoldResult(getContext(), type.getShape()), element));
      return success();
    }
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, dense);
    return success();
  }
};

/// Small integer tensors whose elements shape inference has traced to dimensions: the arithmetic
/// that computed them dies.
struct ConvertTracedValues : ConversionPattern {
  ConvertTracedValues(const TypeConverter &converter, MLIRContext *context, const ShapeFacts &facts)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/2, context), facts(facts) {}
  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value>,
                                ConversionPatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || !isa_and_nonnull<HalftoneDialect>(op->getDialect()) ||
        isa<ConstantOp, ObserveOp>(op))
      return rewriter.notifyMatchFailure(op, "does not compute a value");
    std::optional<ArrayRef<AffineExpr>> values = facts.values(op->getResult(0));
    auto type =
        dyn_cast<RankedTensorType>(getTypeConverter()->convertType(op->getResult(0).getType()));
    if (!values || !type || !type.hasStaticShape() || !isa<IntegerType>(type.getElementType()) ||
        type.getElementType().isInteger(1))
      return rewriter.notifyMatchFailure(op, "values are not traced");
    if (!llvm::all_of(*values, [&](AffineExpr expr) { return facts.isKnownBefore(op, expr); }))
      return rewriter.notifyMatchFailure(op, "a value is not a function of earlier dimensions");
    Lowering b(op, rewriter, facts);
    SmallVector<Value> elements;
    for (AffineExpr expr : *values) {
      OpFoldResult value = b.expression(expr);
      elements.push_back(b.createOrFold<arith::IndexCastOp>(type.getElementType(), b.index(value)));
    }
    rewriter.replaceOpWithNewOp<tensor::FromElementsOp>(op, type, elements);
    return success();
  }
  const ShapeFacts &facts;
};

/// Any op that stays, with converted types.
struct ConvertTypes : ConversionPattern {
  ConvertTypes(const TypeConverter &converter, StringRef name, MLIRContext *context)
      : ConversionPattern(converter, name, /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                                ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return rewriter.notifyMatchFailure(op, "result types have no conversion");
    OperationState state(op->getLoc(), op->getName(), operands, types, op->getAttrs());
    for (Region &region : op->getRegions()) {
      Region *moved = state.addRegion();
      rewriter.inlineRegionBefore(region, *moved, moved->begin());
      if (failed(rewriter.convertRegionTypes(moved, *getTypeConverter())))
        return rewriter.notifyMatchFailure(op, "region types have no conversion");
    }
    rewriter.replaceOp(op, rewriter.create(state));
    return success();
  }
};

} // namespace

void mlir::halftone::populateConstantPatterns(const TypeConverter &converter,
                                              const ShapeFacts &facts,
                                              RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ConvertConstant, ConvertTracedValues>(converter, context, facts);
  for (StringRef name : {ObserveOp::getOperationName(), ContractOp::getOperationName(),
                         DepthwiseOp::getOperationName(), DecodePanelsOp::getOperationName(),
                         DecodeRowsOp::getOperationName(), YieldOp::getOperationName()})
    patterns.add<ConvertTypes>(converter, name, context);
}
