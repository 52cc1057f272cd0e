// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// quantize, dequantize and dynamic_quantize.
#include "Blocks.h"
#include "ElementwiseLoop.h"
#include "Rows.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;

namespace {

/// How a scale or zero point is read: one for all, one per index of `axis`, or broadcast to the
/// input.
AffineMap parameterMap(Lowering &b, Value parameter, RankedTensorType input, int64_t axis) {
  auto type = tensorType(parameter);
  int64_t rank = input.getRank();
  if (type.hasStaticShape() && type.getNumElements() == 1)
    return b.mapOf(rank, SmallVector<AffineExpr>(type.getRank(), b.getAffineConstantExpr(0)));
  if (type.getRank() == 1)
    return b.mapOf(rank, b.getAffineDimExpr(axis < 0 ? axis + rank : axis));
  return b.broadcastMap(type, input.getShape());
}

template <typename Op> class ConvertCodes : public LoweringPattern<Op> {
public:
  using LoweringPattern<Op>::LoweringPattern;
  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (!hasElementwiseScalar(op))
      return rewriter.notifyMatchFailure(op, "codes of more than 16 bits");
    Lowering b(op, rewriter, this->facts);
    auto type = cast<RankedTensorType>(this->convertedType(op.getOutput()));
    Value result = op.getBlocks() ? buildBlocked(b, op, adaptor, type.getElementType())
                                  : buildPlain(b, op, adaptor, type.getElementType());
    rewriter.replaceOp(op, b.castTo(result, type));
    return success();
  }

private:
  static Value buildPlain(Lowering &b, Op op, typename Op::Adaptor adaptor, Type element) {
    Value input = adaptor.getInput();
    auto inputType = tensorType(input);
    ElementwiseLoop loop(b);
    loop.addOperand(op.getInput(), input, b.identity(inputType.getRank()));
    loop.addOperand(op.getScale(), adaptor.getScale(),
                    parameterMap(b, adaptor.getScale(), inputType, op.getAxis()));
    loop.addOperand(op.getZeroPoint(), adaptor.getZeroPoint(),
                    parameterMap(b, adaptor.getZeroPoint(), inputType, op.getAxis()));
    return loop.build(b.sizes(input), element);
  }

  static Value buildBlocked(Lowering &b, Op op, typename Op::Adaptor adaptor, Type element) {
    Value input = adaptor.getInput();
    BlockGrid grid(b, tensorType(input).getShape(), b.sizes(input), *op.getBlocks());
    grid.checkCount(adaptor.getScale(), /*first=*/0);
    ElementwiseLoop loop(b);
    loop.addOperand(op.getInput(), grid.split(input), b.identity(grid.getRank()));
    auto addParameter = [&](Value original, Value parameter) {
      auto type = tensorType(parameter);
      bool isOne = type.hasStaticShape() && type.getNumElements() == 1;
      SmallVector<AffineExpr> zeros(type.getRank(), b.getAffineConstantExpr(0));
      BlockGrid::Operand operand =
          isOne ? BlockGrid::Operand{parameter, b.mapOf(grid.getRank(), zeros)}
                : grid.perBlock(parameter);
      loop.addOperand(original, operand.tensor, operand.map);
    };
    addParameter(op.getScale(), adaptor.getScale());
    addParameter(op.getZeroPoint(), adaptor.getZeroPoint());
    return grid.join(loop.build(grid.getLoopSizes(), element));
  }
};

Value replaceZero(OpBuilder &b, Location loc, Value value, double replacement) {
  Type type = value.getType();
  Value zero = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 0));
  Value isZero = arith::CmpFOp::create(b, loc, CmpFPredicate::OEQ, value, zero);
  Value other = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, replacement));
  return arith::SelectOp::create(b, loc, isZero, other, value);
}

/// The scale and zero point of each row, in the converted types.
struct RowGrid {
  Value scale, zeroPoint;
};

class ConvertDynamicQuantize : public LoweringPattern<DynamicQuantizeOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(DynamicQuantizeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type codeType = op.getTo();
    if (!codeType.isInteger(8))
      return rewriter.notifyMatchFailure(op, "codes of other than 8 bits");
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    Rows rows(b, input, op.getAxes());
    RowGrid grid = op.getSymmetric() ? buildSymmetricGrid(b, rows, input, codeType)
                                     : buildAsymmetricGrid(b, rows, input, codeType);
    Value codes = rows.perElement(getSignlessType(codeType), input, {grid.scale, grid.zeroPoint},
                                  [&](OpBuilder &builder, Location loc, ValueRange args) {
                                    return buildQuantizeScalar(builder, loc, args[0], args[1],
                                                               args[2], codeType);
                                  });
    bool isPerTensor = static_cast<int64_t>(op.getAxes().size()) == rankOf(input);
    auto shaped = [&](Value perRow, Value original) {
      Value kept = isPerTensor ? perRow : rows.keepDims(perRow);
      return b.castTo(kept, convertedType(original));
    };
    rewriter.replaceOp(op, {b.castTo(codes, convertedType(op.getOutput())),
                            shaped(grid.scale, op.getScale()),
                            shaped(grid.zeroPoint, op.getZeroPoint())});
    return success();
  }

private:
  // absmax / 127, for i8 around 0 and for ui8 around 128.
  static RowGrid buildSymmetricGrid(Lowering &b, Rows &rows, Value input, Type codeType) {
    Type f32 = b.getF32Type();
    Value largest = rows.reduce(b.scalar(f32, 0), input, {},
                                [&](OpBuilder &builder, Location loc, ValueRange args) {
                                  Value x = castFloat(builder, loc, args[0], f32);
                                  Value magnitude = math::AbsFOp::create(builder, loc, x);
                                  return buildAnyZeroMaximum(builder, loc, magnitude, args[1]);
                                });
    Value scale = rows.perRow(f32, largest, [&](OpBuilder &builder, Location loc, ValueRange args) {
      Value qmax = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(127));
      Value ratio = arith::DivFOp::create(builder, loc, args[0], qmax);
      return replaceZero(builder, loc, ratio, 1);
    });
    Value zeroPoint = b.scalar(getSignlessType(codeType), codeType.isUnsignedInteger() ? 128 : 0);
    return {scale, b.filled(rows.rowSizes(), zeroPoint)};
  }

  static Value buildExtreme(Lowering &b, Rows &rows, Value input, bool isMinimum) {
    Type f32 = b.getF32Type();
    return rows.reduce(b.scalar(f32, 0), input, {},
                       [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
                         Value x = castFloat(builder, loc, args[0], f32);
                         return isMinimum ? buildAnyZeroMinimum(builder, loc, x, args[1])
                                          : buildAnyZeroMaximum(builder, loc, x, args[1]);
                       });
  }

  // The reductions start at 0, which widens the range to contain it.
  static RowGrid buildAsymmetricGrid(Lowering &b, Rows &rows, Value input, Type codeType) {
    Type f32 = b.getF32Type();
    Value low = buildExtreme(b, rows, input, /*isMinimum=*/true);
    Value high = buildExtreme(b, rows, input, /*isMinimum=*/false);
    Value scale =
        rows.perRow(f32, {low, high}, [](OpBuilder &builder, Location loc, ValueRange args) {
          Value range = arith::SubFOp::create(builder, loc, args[1], args[0]);
          Value levels = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(255));
          return replaceZero(builder, loc, arith::DivFOp::create(builder, loc, range, levels), 1);
        });
    // clamp(round(qmin - low / scale)) is the code of (qmin * scale - low) / scale around 0;
    // rounding to even commutes with adding the integer qmin except at ties, so the quotient is
    // subtracted before it is rounded.
    double qmin = codeType.isUnsignedInteger() ? 0 : -128;
    Value zeroPoint = rows.perRow(
        getSignlessType(codeType), {low, scale},
        [&](OpBuilder &builder, Location loc, ValueRange args) {
          Value quotient = arith::DivFOp::create(builder, loc, args[0], args[1]);
          Value lowest = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(qmin));
          Value position = arith::SubFOp::create(builder, loc, lowest, quotient);
          Value one = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(1));
          Value zero = arith::ConstantOp::create(
              builder, loc, builder.getIntegerAttr(getSignlessType(codeType), 0));
          return buildQuantizeScalar(builder, loc, position, one, zero, codeType);
        });
    return {scale, zeroPoint};
  }
};

} // namespace

void mlir::halftone::populateQuantizationPatterns(const TypeConverter &converter,
                                                  const ShapeFacts &facts,
                                                  RewritePatternSet &patterns) {
  patterns.add<ConvertCodes<QuantizeOp>, ConvertCodes<DequantizeOp>, ConvertDynamicQuantize>(
      converter, patterns.getContext(), facts);
}
