// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// matmul and matmul_integer as one linalg.generic whose innermost loop is over the contiguous
// columns.
#include "Contraction.h"

#include "ElementwiseLoop.h"

using namespace mlir;
using namespace mlir::halftone;

//===--- Terms ---===//

Factor Factor::ofFloats(Type type) {
  return {type, getAccumulationType(type), Value(), AffineMap()};
}

Factor Factor::ofCodes(Lowering &b, Type type, Value originalZeroPoint, Value zeroPoint,
                       AffineMap map) {
  Factor factor{type, b.getI32Type(), Value(), AffineMap()};
  std::optional<TypedAttr> uniform = getUniformElement(originalZeroPoint);
  if (uniform && cast<IntegerAttr>(*uniform).getValue().isZero())
    return factor;
  factor.zeroPoint = zeroPoint;
  factor.zeroPointMap = map;
  return factor;
}

static Value buildFactor(OpBuilder &builder, Location loc, const Factor &factor, ValueRange &args) {
  auto next = [&] {
    Value value = args.front();
    args = args.drop_front();
    return buildCastScalar(builder, loc, value, factor.type, factor.accumulator);
  };
  Value value = next();
  if (!factor.zeroPoint)
    return value;
  return arith::SubIOp::create(builder, loc, value, next());
}

Value mlir::halftone::buildContraction(Lowering &b, const Contraction &contraction) {
  const Factor &lhs = contraction.lhsFactor, &rhs = contraction.rhsFactor;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  auto addInput = [&](Value value, AffineMap map) {
    inputs.push_back(value);
    maps.push_back(map);
  };
  addInput(contraction.lhs, contraction.lhsMap);
  if (lhs.zeroPoint)
    addInput(lhs.zeroPoint, lhs.zeroPointMap);
  addInput(contraction.rhs, contraction.rhsMap);
  if (rhs.zeroPoint)
    addInput(rhs.zeroPoint, rhs.zeroPointMap);
  maps.push_back(contraction.outputMap);

  Value init = b.filled(contraction.sizes, b.scalar(lhs.accumulator, 0));
  return b.generic(inputs, maps, init, contraction.iterators,
                   [&](OpBuilder &builder, Location loc, ValueRange args) {
                     Value sum = args.back();
                     Value left = buildFactor(builder, loc, lhs, args);
                     Value right = buildFactor(builder, loc, rhs, args);
                     Value product = isa<FloatType>(lhs.accumulator)
                                         ? Value(arith::MulFOp::create(builder, loc, left, right))
                                         : Value(arith::MulIOp::create(builder, loc, left, right));
                     return buildReorderedSum(builder, loc, product, sum);
                   });
}

Value mlir::halftone::castElements(Lowering &b, Value tensor, Type type) {
  if (elementType(tensor) == type)
    return tensor;
  return b.elementwise(b.sizes(tensor), type, tensor, b.identity(rankOf(tensor)),
                       [&](OpBuilder &builder, Location loc, ValueRange args) {
                         return castFloat(builder, loc, args[0], type);
                       });
}

//===--- Matrix products ---===//

namespace {

/// The loops (batch…, m, k, n) of a product; m and n are missing where an operand has rank 1.
class ProductLoops {
public:
  ProductLoops(Lowering &b, Value lhs, Value rhs)
      : b(b), lhs(lhs), rhs(rhs), lhsRank(rankOf(lhs)), rhsRank(rankOf(rhs)) {
    batch = std::max<int64_t>(std::max(lhsRank, rhsRank) - 2, 0);
    m = batch;
    k = m + (lhsRank > 1);
    n = k + 1;
    loops = n + (rhsRank > 1);
  }

  AffineMap lhsMap() { return map(tensorType(lhs), lhsRank > 1, lhsRank > 1 ? m : -1, k); }
  AffineMap rhsMap() { return map(tensorType(rhs), rhsRank > 1, k, rhsRank > 1 ? n : -1); }

  AffineMap outputMap() {
    SmallVector<AffineExpr> exprs = dimExprs(b.getContext(), 0, batch);
    if (lhsRank > 1)
      exprs.push_back(b.getAffineDimExpr(m));
    if (rhsRank > 1)
      exprs.push_back(b.getAffineDimExpr(n));
    return b.mapOf(loops, exprs);
  }

  Iterators iterators() {
    Iterators result(loops, kParallel);
    result[k] = kReduction;
    return result;
  }

  /// Sizes of the output; checks the dimensions that must agree.
  Sizes computeSizes(Value originalLhs, Value originalRhs) {
    Sizes sizes;
    for (int64_t dim = 0; dim < batch; ++dim)
      sizes.push_back(batchSize(originalLhs, originalRhs, dim));
    checkSame(originalLhs, lhsRank - 1, originalRhs, rhsRank > 1 ? rhsRank - 2 : 0,
              "reduced dimensions of different sizes");
    if (lhsRank > 1)
      sizes.push_back(b.size(lhs, lhsRank - 2));
    if (rhsRank > 1)
      sizes.push_back(b.size(rhs, rhsRank - 1));
    return sizes;
  }

  /// How a zero point of the left (one per row) or right (one per column) operand is read.
  AffineMap zeroPointMap(Value zeroPoint, bool isLhs) {
    auto type = tensorType(zeroPoint);
    if (type.hasStaticShape() && type.getNumElements() == 1)
      return b.mapOf(loops, SmallVector<AffineExpr>(type.getRank(), b.getAffineConstantExpr(0)));
    if (type.getRank() == 1)
      return b.mapOf(loops, b.getAffineDimExpr(isLhs ? m : n));
    return map(type, true, isLhs ? m : -1, isLhs ? -1 : n);
  }

private:
  /// Batch dimensions aligned at the last, then loops `first` and `second`; -1: index 0, or no
  /// dimension of a vector.
  AffineMap map(RankedTensorType type, bool isMatrix, int64_t first, int64_t second) {
    SmallVector<AffineExpr> exprs;
    int64_t own = isMatrix ? type.getRank() - 2 : 0;
    for (int64_t dim = 0; dim < own; ++dim)
      exprs.push_back(type.getDimSize(dim) == 1 ? b.getAffineConstantExpr(0)
                                                : b.getAffineDimExpr(dim + batch - own));
    for (int64_t loop : {first, second})
      if (loop >= 0)
        exprs.push_back(b.getAffineDimExpr(loop));
      else if (isMatrix)
        exprs.push_back(b.getAffineConstantExpr(0));
    return b.mapOf(loops, exprs);
  }

  OpFoldResult batchSize(Value originalLhs, Value originalRhs, int64_t dim) {
    int64_t left = dim - (batch - (lhsRank - 2)), right = dim - (batch - (rhsRank - 2));
    bool hasLeft = lhsRank > 2 && left >= 0 && tensorType(lhs).getDimSize(left) != 1;
    bool hasRight = rhsRank > 2 && right >= 0 && tensorType(rhs).getDimSize(right) != 1;
    if (hasLeft && hasRight)
      checkSame(originalLhs, left, originalRhs, right, "batches of different sizes");
    if (hasLeft)
      return b.size(lhs, left);
    return hasRight ? b.size(rhs, right) : OpFoldResult(b.getIndexAttr(1));
  }

  void checkSame(Value originalLhs, int64_t left, Value originalRhs, int64_t right,
                 StringRef message) {
    if (!b.getFacts().areEqual(originalLhs, left, originalRhs, right))
      b.checkEqual(b.index(b.size(lhs, left)), b.index(b.size(rhs, right)), message);
  }

  Lowering &b;
  Value lhs, rhs;
  int64_t lhsRank, rhsRank;
  int64_t batch, m, k, n, loops;
};

struct ConvertMatMul : LoweringPattern<MatMulOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(MatMulOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    ProductLoops loops(b, adaptor.getLhs(), adaptor.getRhs());
    Factor factor = Factor::ofFloats(elementType(op.getLhs()));
    Contraction contraction{adaptor.getLhs(),
                            adaptor.getRhs(),
                            factor,
                            factor,
                            loops.lhsMap(),
                            loops.rhsMap(),
                            loops.outputMap(),
                            loops.computeSizes(op.getLhs(), op.getRhs()),
                            loops.iterators()};
    Value product = castElements(b, buildContraction(b, contraction), type.getElementType());
    rewriter.replaceOp(op, b.castTo(product, type));
    return success();
  }
};

struct ConvertMatMulInteger : LoweringPattern<MatMulIntegerOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(MatMulIntegerOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    ProductLoops loops(b, adaptor.getLhs(), adaptor.getRhs());
    Value lhsZero = adaptor.getLhsZeroPoint(), rhsZero = adaptor.getRhsZeroPoint();
    Factor lhs = Factor::ofCodes(b, elementType(op.getLhs()), op.getLhsZeroPoint(), lhsZero,
                                 loops.zeroPointMap(lhsZero, /*isLhs=*/true));
    Factor rhs = Factor::ofCodes(b, elementType(op.getRhs()), op.getRhsZeroPoint(), rhsZero,
                                 loops.zeroPointMap(rhsZero, /*isLhs=*/false));
    Contraction contraction{adaptor.getLhs(),
                            adaptor.getRhs(),
                            lhs,
                            rhs,
                            loops.lhsMap(),
                            loops.rhsMap(),
                            loops.outputMap(),
                            loops.computeSizes(op.getLhs(), op.getRhs()),
                            loops.iterators()};
    rewriter.replaceOp(op,
                       b.castTo(buildContraction(b, contraction), convertedType(op.getOutput())));
    return success();
  }
};

} // namespace

void mlir::halftone::populateContractionPatterns(const TypeConverter &converter,
                                                 const ShapeFacts &facts,
                                                 RewritePatternSet &patterns) {
  patterns.add<ConvertMatMul, ConvertMatMulInteger>(converter, patterns.getContext(), facts);
}
