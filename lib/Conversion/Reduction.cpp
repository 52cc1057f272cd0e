// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// reduce and arg_reduce.
#include "Rows.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace {

bool isUnsigned(Type type) { return type.isUnsignedInteger() || type.isInteger(1); }

/// One reduction while it is built. Values are kept in `type`, a float at least as wide as the
/// elements, or an integer.
struct Reducer {
  Lowering &b;
  Rows &rows;
  Value input;
  /// Original element type of the input.
  Type source;
  Type type;

  Value load(OpBuilder &builder, Location loc, Value element) const {
    return buildCastScalar(builder, loc, element, source, type);
  }

  /// Folds `element(x)` of each row with `combine`, starting from `start`.
  Value fold(Value start, Lowering::Body element,
             llvm::function_ref<Value(OpBuilder &, Location, Value, Value)> combine) const {
    return rows.reduce(start, input, {}, [&](OpBuilder &builder, Location loc, ValueRange args) {
      Value x = load(builder, loc, args[0]);
      return combine(builder, loc, element(builder, loc, x), args[1]);
    });
  }
  Value sumOf(Lowering::Body element) const {
    return fold(b.scalar(type, 0), element, buildReorderedSum);
  }
  Value map(Value values, Lowering::Body body) const { return rows.perRow(type, values, body); }
};

Value square(OpBuilder &builder, Location loc, ValueRange args) {
  if (isa<FloatType>(args[0].getType()))
    return arith::MulFOp::create(builder, loc, args[0], args[0]);
  return arith::MulIOp::create(builder, loc, args[0], args[0]);
}

Value itself(OpBuilder &, Location, ValueRange args) { return args[0]; }

Value magnitude(OpBuilder &builder, Location loc, ValueRange args) {
  Value x = args[0];
  if (isa<FloatType>(x.getType()))
    return math::AbsFOp::create(builder, loc, x);
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(x.getType()));
  return arith::MaxSIOp::create(builder, loc, x, arith::SubIOp::create(builder, loc, zero, x));
}

Value buildExtremum(const Reducer &r, bool isMaximum) {
  Type kept = isa<FloatType>(r.type) ? r.type : r.source;
  Value start = arith::ConstantOp::create(r.b, extremeValue(kept, isMaximum));
  return r.fold(start, itself,
                [&](OpBuilder &builder, Location loc, Value lhs, Value rhs) -> Value {
                  if (isa<FloatType>(r.type))
                    return isMaximum ? Value(arith::MaximumFOp::create(builder, loc, lhs, rhs))
                                     : Value(arith::MinimumFOp::create(builder, loc, lhs, rhs));
                  if (isUnsigned(r.source))
                    return isMaximum ? Value(arith::MaxUIOp::create(builder, loc, lhs, rhs))
                                     : Value(arith::MinUIOp::create(builder, loc, lhs, rhs));
                  return isMaximum ? Value(arith::MaxSIOp::create(builder, loc, lhs, rhs))
                                   : Value(arith::MinSIOp::create(builder, loc, lhs, rhs));
                });
}

Value buildProduct(const Reducer &r) {
  return r.fold(r.b.scalar(r.type, 1), itself,
                [&](OpBuilder &builder, Location loc, Value lhs, Value rhs) -> Value {
                  if (isa<FloatType>(r.type))
                    return arith::MulFOp::create(builder, loc, lhs, rhs);
                  return arith::MulIOp::create(builder, loc, lhs, rhs);
                });
}

Value buildMean(const Reducer &r) {
  bool isFloat = isa<FloatType>(r.type);
  Value length = r.rows.length(r.type);
  // The mean of nothing: NaN for floats, 0 for integers.
  if (!isFloat)
    length = r.b.max(length, r.b.scalar(r.type, 1));
  return r.map(r.sumOf(itself), [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
    if (isFloat)
      return arith::DivFOp::create(builder, loc, args[0], length);
    return isUnsigned(r.source) ? Value(arith::DivUIOp::create(builder, loc, args[0], length))
                                : Value(arith::DivSIOp::create(builder, loc, args[0], length));
  });
}

template <typename Op> Value applyToRows(const Reducer &r, Value values) {
  return r.map(values, [](OpBuilder &builder, Location loc, ValueRange args) -> Value {
    return Op::create(builder, loc, args[0]);
  });
}

// max + ln(sum e^(x - max)); a row whose maximum is infinite keeps it, where the difference would
// be NaN.
Value buildLogSumExp(const Reducer &r) {
  Value largest = buildExtremum(r, /*isMaximum=*/true);
  Value shift = r.map(largest, [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
    Value size = math::AbsFOp::create(builder, loc, args[0]);
    Value infinity =
        arith::ConstantOp::create(builder, loc, extremeValue(r.type, /*lowest=*/false));
    Value isFinite = arith::CmpFOp::create(builder, loc, CmpFPredicate::ONE, size, infinity);
    Value zero = arith::ConstantOp::create(builder, loc, builder.getFloatAttr(r.type, 0));
    return arith::SelectOp::create(builder, loc, isFinite, args[0], zero);
  });
  Value sum = r.rows.reduce(
      r.b.scalar(r.type, 0), r.input, shift,
      [&](OpBuilder &builder, Location loc, ValueRange args) {
        Value x = arith::SubFOp::create(builder, loc, r.load(builder, loc, args[0]), args[1]);
        return buildReorderedSum(builder, loc, math::ExpOp::create(builder, loc, x), args[2]);
      });
  return r.rows.perRow(r.type, {sum, shift},
                       [](OpBuilder &builder, Location loc, ValueRange args) -> Value {
                         Value logarithm = math::LogOp::create(builder, loc, args[0]);
                         return arith::AddFOp::create(builder, loc, logarithm, args[1]);
                       });
}

Value buildReduction(const Reducer &r, ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Sum:
    return r.sumOf(itself);
  case ReduceKind::Mean:
    return buildMean(r);
  case ReduceKind::Max:
    return buildExtremum(r, /*isMaximum=*/true);
  case ReduceKind::Min:
    return buildExtremum(r, /*isMaximum=*/false);
  case ReduceKind::Prod:
    return buildProduct(r);
  case ReduceKind::L1:
    return r.sumOf(magnitude);
  case ReduceKind::L2:
    return applyToRows<math::SqrtOp>(r, r.sumOf(square));
  case ReduceKind::SumSquare:
    return r.sumOf(square);
  case ReduceKind::LogSum:
    return applyToRows<math::LogOp>(r, r.sumOf(itself));
  case ReduceKind::LogSumExp:
    return buildLogSumExp(r);
  }
  llvm_unreachable("covered switch");
}

bool isSum(ReduceKind kind) {
  switch (kind) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
  case ReduceKind::L1:
  case ReduceKind::L2:
  case ReduceKind::SumSquare:
  case ReduceKind::LogSum:
    return true;
  default:
    return false;
  }
}

/// The type a reduction of elements of the original type `source` is evaluated in: a float for
/// roots and logarithms; f64 for sums that add the elements of a row one after the other, because
/// the row is not the last dimension, which is cut into the lanes of vectors. Their error would
/// grow with the length of the row and shows in variances, the small differences of large means.
Type evaluationType(Type source, ReduceKind kind, bool reducesLastDim) {
  if (source.isF32() && isSum(kind) && !reducesLastDim)
    return Float64Type::get(source.getContext());
  bool needsFloat =
      kind == ReduceKind::L2 || kind == ReduceKind::LogSum || kind == ReduceKind::LogSumExp;
  if (isa<IntegerType>(source) && needsFloat)
    return Float64Type::get(source.getContext());
  return getAccumulationType(source);
}

struct ConvertReduce : LoweringPattern<ReduceOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ReduceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Type source = elementType(op.getInput());
    ArrayRef<int64_t> axes = op.getAxes();
    int64_t lastDim = rankOf(adaptor.getInput()) - 1;
    Type evaluated = evaluationType(source, op.getKind(), llvm::is_contained(axes, lastDim));
    Rows rows(b, adaptor.getInput(), axes);
    Reducer reducer{b, rows, adaptor.getInput(), source, getSignlessType(evaluated)};
    Value result = buildReduction(reducer, op.getKind());
    if (elementType(result) != type.getElementType())
      result = rows.perRow(
          type.getElementType(), result, [&](OpBuilder &builder, Location loc, ValueRange args) {
            return buildCastScalar(builder, loc, args[0], evaluated, elementType(op.getOutput()));
          });
    rewriter.replaceOp(op, b.castTo(op.getKeepdims() ? rows.keepDims(result) : result, type));
    return success();
  }
};

class ConvertArgReduce : public LoweringPattern<ArgReduceOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ArgReduceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t axis = op.getAxis();
    Rows rows(b, input, axis);
    Type source = elementType(op.getInput());
    Value worst = arith::ConstantOp::create(b, extremeValue(source, /*lowest=*/!op.getMinimum()));
    Value zero = b.scalar(b.getI64Type(), 0);
    SmallVector<Value> inits = {b.filled(rows.rowSizes(), worst), b.filled(rows.rowSizes(), zero)};
    SmallVector<Value> results = b.generics(
        input, {rows.fullMap(), rows.rowMap(), rows.rowMap()}, inits, rows.getIterators(),
        [&](OpBuilder &builder, Location loc, ValueRange args) {
          Value position = linalg::IndexOp::create(builder, loc, axis);
          Value index = arith::IndexCastOp::create(builder, loc, builder.getI64Type(), position);
          Value wins = isBetter(builder, loc, op, source, args[0], args[1]);
          return SmallVector<Value>{arith::SelectOp::create(builder, loc, wins, args[0], args[1]),
                                    arith::SelectOp::create(builder, loc, wins, index, args[2])};
        });
    Value result = op.getKeepdims() ? rows.keepDims(results[1]) : results[1];
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }

private:
  static Value isBetter(OpBuilder &builder, Location loc, ArgReduceOp op, Type source, Value x,
                        Value best) {
    bool minimum = op.getMinimum(), ties = op.getSelectLast();
    if (isa<FloatType>(source)) {
      auto strict = minimum ? CmpFPredicate::OLT : CmpFPredicate::OGT;
      auto loose = minimum ? CmpFPredicate::OLE : CmpFPredicate::OGE;
      return arith::CmpFOp::create(builder, loc, ties ? loose : strict, x, best);
    }
    auto strict = minimum ? CmpIPredicate::slt : CmpIPredicate::sgt;
    auto loose = minimum ? CmpIPredicate::sle : CmpIPredicate::sge;
    if (isUnsigned(source)) {
      strict = minimum ? CmpIPredicate::ult : CmpIPredicate::ugt;
      loose = minimum ? CmpIPredicate::ule : CmpIPredicate::uge;
    }
    return arith::CmpIOp::create(builder, loc, ties ? loose : strict, x, best);
  }
};

} // namespace

void mlir::halftone::populateReductionPatterns(const TypeConverter &converter,
                                               const ShapeFacts &facts,
                                               RewritePatternSet &patterns) {
  patterns.add<ConvertReduce, ConvertArgReduce>(converter, patterns.getContext(), facts);
}
