// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// softmax, layer_norm, instance_norm.
#include "Rows.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// e^(x - max) of every element and its sum over each row, in one pass.
std::pair<Value, Value> buildExponentials(Lowering &b, Rows &rows, Value input, Value largest,
                                          Type type) {
  SmallVector<Value> inits = {b.empty(rows.fullSizes(), type),
                              b.filled(rows.rowSizes(), b.scalar(type, 0))};
  SmallVector<Value> results = b.generics(
      {input, largest}, {rows.fullMap(), rows.rowMap(), rows.fullMap(), rows.rowMap()}, inits,
      rows.getIterators(), [&](OpBuilder &builder, Location loc, ValueRange args) {
        Value x = castFloat(builder, loc, args[0], type);
        Value shifted = arith::SubFOp::create(builder, loc, x, args[1]);
        Value exponential = math::ExpOp::create(builder, loc, shifted);
        Value sum = buildReorderedSum(builder, loc, exponential, args[3]);
        return SmallVector<Value>{exponential, sum};
      });
  return {results[0], results[1]};
}

class ConvertSoftmax : public LoweringPattern<SoftmaxOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(SoftmaxOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t axis = op.getAxis();
    Rows rows(b, input, axis);
    Type type = getAccumulationType(elementType(input));
    Value lowest = b.scalar(type, -std::numeric_limits<double>::infinity());
    Value largest = rows.reduce(lowest, input, {},
                                [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
                                  Value x = castFloat(builder, loc, args[0], type);
                                  return buildAnyZeroMaximum(builder, loc, x, args[1]);
                                });
    Value result = op.getLog() ? buildLogarithm(b, rows, input, largest, type)
                               : buildRatio(b, rows, input, largest, type);
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }

private:
  static Value buildRatio(Lowering &b, Rows &rows, Value input, Value largest, Type type) {
    auto [exponentials, sums] = buildExponentials(b, rows, input, largest, type);
    return rows.perElement(elementType(input), exponentials, sums,
                           [&](OpBuilder &builder, Location loc, ValueRange args) {
                             Value ratio = arith::DivFOp::create(builder, loc, args[0], args[1]);
                             return castFloat(builder, loc, ratio, elementType(input));
                           });
  }

  // x - max - ln(sum e^(x - max)): the exponentials themselves are not kept.
  static Value buildLogarithm(Lowering &b, Rows &rows, Value input, Value largest, Type type) {
    Value sums = rows.reduce(b.scalar(type, 0), input, largest,
                             [&](OpBuilder &builder, Location loc, ValueRange args) {
                               Value x = castFloat(builder, loc, args[0], type);
                               Value shifted = arith::SubFOp::create(builder, loc, x, args[1]);
                               Value exponential = math::ExpOp::create(builder, loc, shifted);
                               return buildReorderedSum(builder, loc, exponential, args[2]);
                             });
    Value logarithms =
        rows.perRow(type, sums, [](OpBuilder &builder, Location loc, ValueRange args) -> Value {
          return math::LogOp::create(builder, loc, args[0]);
        });
    return rows.perElement(elementType(input), input, {largest, logarithms},
                           [&](OpBuilder &builder, Location loc, ValueRange args) {
                             Value x = castFloat(builder, loc, args[0], type);
                             Value shifted = arith::SubFOp::create(builder, loc, x, args[1]);
                             Value result = arith::SubFOp::create(builder, loc, shifted, args[2]);
                             return castFloat(builder, loc, result, elementType(input));
                           });
  }
};

/// Mean and 1 / sqrt(variance + epsilon) of each row, in `type`.
struct Moments {
  /// Null when the mean is taken as 0.
  Value mean;
  Value inverse;
};

Value buildMean(Lowering &b, Rows &rows, Value input, Type type) {
  Value sum = rows.reduce(b.scalar(type, 0), input, {},
                          [&](OpBuilder &builder, Location loc, ValueRange args) {
                            Value x = castFloat(builder, loc, args[0], type);
                            return buildReorderedSum(builder, loc, x, args[1]);
                          });
  Value length = rows.length(type);
  return rows.perRow(type, sum, [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
    return arith::DivFOp::create(builder, loc, args[0], length);
  });
}

/// Two passes: the mean is known before squares are summed, so nothing cancels.
Moments buildMoments(Lowering &b, Rows &rows, Value input, Type type, bool centered,
                     double epsilon) {
  Moments moments;
  if (centered)
    moments.mean = buildMean(b, rows, input, type);
  ValueRange means = centered ? ValueRange(moments.mean) : ValueRange();
  Value squares = rows.reduce(b.scalar(type, 0), input, means,
                              [&](OpBuilder &builder, Location loc, ValueRange args) {
                                Value x = castFloat(builder, loc, args[0], type);
                                if (centered)
                                  x = arith::SubFOp::create(builder, loc, x, args[1]);
                                Value square = arith::MulFOp::create(builder, loc, x, x);
                                return buildReorderedSum(builder, loc, square, args.back());
                              });
  Value length = rows.length(type);
  moments.inverse =
      rows.perRow(type, squares, [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
        Value variance = arith::DivFOp::create(builder, loc, args[0], length);
        Value constant =
            arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, epsilon));
        Value sum = arith::AddFOp::create(builder, loc, variance, constant);
        Value one = arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, 1));
        return arith::DivFOp::create(builder, loc, one, math::SqrtOp::create(builder, loc, sum));
      });
  return moments;
}

/// (x - mean) * inverse * scale + bias; `bias` may be null. Both are read through the given maps.
Value buildNormalized(Rows &rows, Value input, const Moments &moments, Type type, Value scale,
                      AffineMap scaleMap, Value bias, AffineMap biasMap) {
  SmallVector<Value> perRow, others = {scale};
  SmallVector<AffineMap> maps = {scaleMap};
  if (moments.mean)
    perRow.push_back(moments.mean);
  perRow.push_back(moments.inverse);
  if (bias) {
    others.push_back(bias);
    maps.push_back(biasMap);
  }
  return rows.perElement(
      elementType(input), input, perRow,
      [&](OpBuilder &builder, Location loc, ValueRange args) {
        auto next = [&] {
          Value value = castFloat(builder, loc, args.front(), type);
          args = args.drop_front();
          return value;
        };
        Value x = next();
        if (moments.mean)
          x = arith::SubFOp::create(builder, loc, x, next());
        x = arith::MulFOp::create(builder, loc, x, next());
        x = arith::MulFOp::create(builder, loc, x, next());
        if (bias)
          x = arith::AddFOp::create(builder, loc, x, next());
        return castFloat(builder, loc, x, elementType(input));
      },
      others, maps);
}

struct ConvertLayerNorm : LoweringPattern<LayerNormOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(LayerNormOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput(), scale = adaptor.getScale(), bias = adaptor.getBias();
    int64_t rank = rankOf(input);
    int64_t axis = op.getAxis();
    Rows rows(b, input, llvm::to_vector(llvm::seq<int64_t>(axis, rank)));
    Type type = getAccumulationType(elementType(input));
    Moments moments = buildMoments(b, rows, input, type, /*centered=*/!op.getRms(),
                                   op.getEpsilon().convertToDouble());
    ArrayRef<int64_t> shape = tensorType(input).getShape();
    AffineMap scaleMap = b.broadcastMap(tensorType(scale), shape);
    AffineMap biasMap = bias ? b.broadcastMap(tensorType(bias), shape) : AffineMap();
    Value result = buildNormalized(rows, input, moments, type, scale, scaleMap, bias, biasMap);
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

struct ConvertInstanceNorm : LoweringPattern<InstanceNormOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(InstanceNormOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t rank = rankOf(input);
    Rows rows(b, input, llvm::to_vector(llvm::seq<int64_t>(2, rank)));
    Type type = getAccumulationType(elementType(input));
    Moments moments =
        buildMoments(b, rows, input, type, /*centered=*/true, op.getEpsilon().convertToDouble());
    AffineMap channel = b.mapOf(rank, b.getAffineDimExpr(1));
    Value result = buildNormalized(rows, input, moments, type, adaptor.getScale(), channel,
                                   adaptor.getBias(), channel);
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

} // namespace

void mlir::halftone::populateNormalizationPatterns(const TypeConverter &converter,
                                                   const ShapeFacts &facts,
                                                   RewritePatternSet &patterns) {
  patterns.add<ConvertSoftmax, ConvertLayerNorm, ConvertInstanceNorm>(converter,
                                                                      patterns.getContext(), facts);
}
