// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// shape, size, range, constant_of_shape, trilu, one_hot: elements that are functions of indices.
#include "Lowering.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

Value fromIndex(OpBuilder &builder, Location loc, Value index, Type type) {
  Value integer = arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
  return buildCastScalar(builder, loc, integer, builder.getI64Type(), type);
}

struct ConvertShape : LoweringPattern<ShapeOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ShapeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    if (!type.hasStaticShape())
      return rewriter.notifyMatchFailure(op, "result types are not inferred");
    int64_t rank = rankOf(adaptor.getInput()), start = op.getStart();
    start = std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank);
    SmallVector<Value> elements;
    for (int64_t dim = start; dim < start + type.getDimSize(0); ++dim)
      elements.push_back(b.createOrFold<arith::IndexCastOp>(
          type.getElementType(), b.index(b.size(adaptor.getInput(), dim))));
    rewriter.replaceOpWithNewOp<tensor::FromElementsOp>(op, type, elements);
    return success();
  }
};

struct ConvertSize : LoweringPattern<SizeOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(SizeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Value input = adaptor.getInput();
    Value count = b.count(input, llvm::to_vector(llvm::seq<int64_t>(0, rankOf(input))));
    Value element = b.createOrFold<arith::IndexCastOp>(type.getElementType(), count);
    rewriter.replaceOpWithNewOp<tensor::FromElementsOp>(op, type, element);
    return success();
  }
};

/// max(ceil((limit - start) / delta), 0) elements start + i * delta.
class ConvertRange : public LoweringPattern<RangeOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(RangeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Type element = type.getElementType();
    Value start = b.onlyElement(adaptor.getStart()), delta = b.onlyElement(adaptor.getDelta());
    Value limit = b.onlyElement(adaptor.getLimit());
    Sizes sizes = {b.sizeOr(cast<OpResult>(op.getOutput()), 0, [&] {
      return isa<FloatType>(element) ? countFloats(b, start, limit, delta)
                                     : countIntegers(b, start, limit, delta);
    })};
    Value result = b.fromIndices(
        sizes, element, [&](OpBuilder &builder, Location loc, ValueRange indices) -> Value {
          Value position = fromIndex(builder, loc, indices[0], element);
          if (isa<FloatType>(element)) {
            Value distance = arith::MulFOp::create(builder, loc, position, delta);
            return arith::AddFOp::create(builder, loc, start, distance);
          }
          Value distance = arith::MulIOp::create(builder, loc, position, delta);
          return arith::AddIOp::create(builder, loc, start, distance);
        });
    rewriter.replaceOp(op, b.castTo(result, type));
    return success();
  }

private:
  static Value countFloats(Lowering &b, Value start, Value limit, Value delta) {
    Value span = arith::SubFOp::create(b, limit, start);
    Value ratio = arith::DivFOp::create(b, span, delta);
    Value count = math::CeilOp::create(b, ratio);
    // Saturating, so that neither a negative count nor a division by 0 goes astray.
    Value integer = buildCastScalar(b, b.getLoc(), count, count.getType(), b.getI32Type());
    return b.max(b.toIndex(integer), b.index(0));
  }

  static Value countIntegers(Lowering &b, Value start, Value limit, Value delta) {
    Value first = b.toIndex(start), last = b.toIndex(limit), step = b.toIndex(delta);
    Value zero = b.index(0), one = b.index(1);
    b.check(b.compare(CmpIPredicate::ne, step, zero), "range with a step of 0");
    Value isForward = b.compare(CmpIPredicate::sgt, step, zero);
    Value span = b.select(isForward, b.sub(last, first), b.sub(first, last));
    Value magnitude = b.max(b.max(step, b.sub(zero, step)), one);
    return b.max(b.div(b.add(span, b.sub(magnitude, one)), magnitude), zero);
  }
};

struct ConvertConstantOfShape : LoweringPattern<ConstantOfShapeOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ConstantOfShapeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
    if (!elements || elements.getNumElements() == 0)
      return rewriter.notifyMatchFailure(op, "the value is not a dense attribute");
    if (elements.getElementType() != type.getElementType())
      elements = elements.bitcast(type.getElementType());
    Sizes sizes;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      sizes.push_back(b.sizeOr(cast<OpResult>(op.getOutput()), dim,
                               [&] { return b.toIndex(b.element(adaptor.getShape(), dim)); }));
      b.checkAtLeast(sizes.back(), 0, "negative size");
    }
    Value value = arith::ConstantOp::create(b, cast<TypedAttr>(*elements.value_begin<Attribute>()));
    rewriter.replaceOp(op, b.castTo(b.filled(sizes, value), type));
    return success();
  }
};

struct ConvertTrilu : LoweringPattern<TriluOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(TriluOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    auto type = tensorType(input);
    int64_t rank = type.getRank();
    Value diagonal = b.toIndex(b.onlyElement(adaptor.getK()));
    Value zero = b.scalar(type.getElementType(), 0);
    auto keeps = op.getUpper() ? CmpIPredicate::sge : CmpIPredicate::sle;
    Value result =
        b.elementwise(b.sizes(input), type.getElementType(), input, b.identity(rank),
                      [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
                        Value row = linalg::IndexOp::create(builder, loc, rank - 2);
                        Value column = linalg::IndexOp::create(builder, loc, rank - 1);
                        Value offset = arith::SubIOp::create(builder, loc, column, row);
                        Value inside = arith::CmpIOp::create(builder, loc, keeps, offset, diagonal);
                        return arith::SelectOp::create(builder, loc, inside, args[0], zero);
                      });
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

/// Indices in [-depth, depth) select; all others leave the row at `off`, as ONNX says.
struct ConvertOneHot : LoweringPattern<OneHotOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(OneHotOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Type indexType = elementType(op.getIndices());
    Type depthType = elementType(op.getDepth());
    int64_t rank = type.getRank();
    int64_t axis = op.getAxis();
    auto wholeNumber = [&](OpBuilder &builder, Location loc, Value value, Type from) -> Value {
      Value integer = buildCastScalar(builder, loc, value, from, builder.getI64Type());
      return arith::IndexCastOp::create(builder, loc, builder.getIndexType(), integer);
    };
    Value depth = wholeNumber(b, b.getLoc(), b.onlyElement(adaptor.getDepth()), depthType);
    Value off = b.element(adaptor.getValues(), 0), on = b.element(adaptor.getValues(), 1);

    Sizes sizes = b.sizes(adaptor.getIndices());
    sizes.insert(sizes.begin() + axis, b.sizeOr(cast<OpResult>(op.getOutput()), axis,
                                                [&] { return b.max(depth, b.index(0)); }));
    SmallVector<AffineExpr> exprs = dimExprs(b.getContext(), 0, rank);
    exprs.erase(exprs.begin() + axis);
    Value result = b.elementwise(
        sizes, type.getElementType(), adaptor.getIndices(), b.mapOf(rank, exprs),
        [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
          Value wanted = wholeNumber(builder, loc, args[0], indexType);
          Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
          Value isNegative = arith::CmpIOp::create(builder, loc, CmpIPredicate::slt, wanted, zero);
          Value counted = arith::AddIOp::create(builder, loc, wanted, depth);
          wanted = arith::SelectOp::create(builder, loc, isNegative, counted, wanted);
          Value position = linalg::IndexOp::create(builder, loc, axis);
          Value hit = arith::CmpIOp::create(builder, loc, CmpIPredicate::eq, position, wanted);
          return arith::SelectOp::create(builder, loc, hit, on, off);
        });
    rewriter.replaceOp(op, b.castTo(result, type));
    return success();
  }
};

} // namespace

void mlir::halftone::populateIndexingPatterns(const TypeConverter &converter,
                                              const ShapeFacts &facts,
                                              RewritePatternSet &patterns) {
  patterns.add<ConvertShape, ConvertSize, ConvertRange, ConvertConstantOfShape, ConvertTrilu,
               ConvertOneHot>(converter, patterns.getContext(), facts);
}
