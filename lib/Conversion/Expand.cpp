// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expand and tile: the same element at many indices.
#include "Lowering.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

class ConvertExpand : public LoweringPattern<ExpandOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ExpandOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Value input = adaptor.getInput();
    Sizes sizes;
    SmallVector<Access> accesses;
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      sizes.push_back(computeSize(b, op, adaptor, dim));
      int64_t own = dim - (type.getRank() - rankOf(input));
      if (own >= 0)
        accesses.push_back(classify(op, own, dim));
    }
    Value result = llvm::is_contained(accesses, Access::Unknown)
                       ? selectAtRunTime(b, input, sizes, accesses)
                       : broadcast(b, input, sizes, accesses);
    rewriter.replaceOp(op, b.castTo(result, type));
    return success();
  }

private:
  /// How a dimension of the input is read: at the loop's index, at 0, or at whichever fits its
  /// size.
  enum class Access { Index, Zero, Unknown };

  Access classify(ExpandOp op, int64_t own, int64_t dim) const {
    int64_t size = tensorType(op.getInput()).getDimSize(own);
    if (facts.areEqual(op.getInput(), own, op.getOutput(), dim))
      return Access::Index;
    if (size == 1)
      return Access::Zero;
    return ShapedType::isDynamic(size) ? Access::Unknown : Access::Index;
  }

  Value broadcast(Lowering &b, Value input, ArrayRef<OpFoldResult> sizes,
                  ArrayRef<Access> accesses) const {
    int64_t rank = sizes.size(), offset = rank - rankOf(input);
    SmallVector<AffineExpr> exprs;
    for (auto [own, access] : llvm::enumerate(accesses))
      exprs.push_back(access == Access::Index ? b.getAffineDimExpr(own + offset)
                                              : b.getAffineConstantExpr(0));
    return b.elementwise(sizes, elementType(input), input, b.mapOf(rank, exprs),
                         [](OpBuilder &, Location, ValueRange args) { return args[0]; });
  }

  Value selectAtRunTime(Lowering &b, Value input, ArrayRef<OpFoldResult> sizes,
                        ArrayRef<Access> accesses) const {
    int64_t offset = static_cast<int64_t>(sizes.size()) - rankOf(input);
    // Each index times 0 or 1.
    SmallVector<Value> factors;
    for (auto [own, access] : llvm::enumerate(accesses)) {
      Value isOne = b.compare(CmpIPredicate::eq, b.index(b.size(input, own)), b.index(1));
      bool isKnown = access != Access::Unknown;
      factors.push_back(isKnown ? b.index(access == Access::Index)
                                : b.select(isOne, b.index(0), b.index(1)));
    }
    return b.fromIndices(
        sizes, elementType(input), [&](OpBuilder &builder, Location loc, ValueRange indices) {
          SmallVector<Value> positions;
          for (auto [own, factor] : llvm::enumerate(factors))
            positions.push_back(
                builder.createOrFold<arith::MulIOp>(loc, indices[own + offset], factor));
          return tensor::ExtractOp::create(builder, loc, input, positions).getResult();
        });
  }

  OpFoldResult computeSize(Lowering &b, ExpandOp op, OpAdaptor adaptor, int64_t dim) const {
    int64_t rank = rankOf(op.getOutput());
    int64_t own = dim - (rank - rankOf(op.getInput()));
    int64_t position = dim - (rank - tensorType(adaptor.getShape()).getDimSize(0));
    OpFoldResult known = b.knownSize(cast<OpResult>(op.getOutput()), dim);
    bool fits = own < 0 || tensorType(op.getInput()).getDimSize(own) == 1 ||
                facts.areEqual(op.getInput(), own, op.getOutput(), dim);
    if (known && fits)
      return known;
    Value one = b.index(1);
    Value inputSize = own < 0 ? one : b.index(b.size(adaptor.getInput(), own));
    Value wanted = position < 0 ? one : b.toIndex(b.element(adaptor.getShape(), position));
    b.checkAtLeast(wanted, 0, "negative size");
    Value inputIsOne = b.compare(CmpIPredicate::eq, inputSize, one);
    Value wantedIsOne = b.compare(CmpIPredicate::eq, wanted, one);
    Value same = b.compare(CmpIPredicate::eq, inputSize, wanted);
    b.check(b.fold<arith::OrIOp>(b.fold<arith::OrIOp>(inputIsOne, wantedIsOne), same),
            "dimensions cannot be broadcast");
    return known ? known : getAsOpFoldResult(b.select(wantedIsOne, inputSize, wanted));
  }
};

struct ConvertTile : LoweringPattern<TileOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(TileOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    // Each repeated dimension becomes two: which copy, and where in it.
    Sizes sizes;
    SmallVector<int64_t> positions;
    SmallVector<ReassociationIndices> groups;
    for (int64_t dim = 0; dim < rankOf(input); ++dim) {
      OpFoldResult repeats = getAsOpFoldResult(b.toIndex(b.element(adaptor.getRepeats(), dim)));
      b.checkAtLeast(repeats, 0, "negative number of repeats");
      ReassociationIndices &group = groups.emplace_back();
      if (getConstantIntValue(repeats) != 1) {
        group.push_back(sizes.size());
        sizes.push_back(repeats);
      }
      group.push_back(sizes.size());
      positions.push_back(sizes.size());
      sizes.push_back(b.size(input, dim));
    }
    SmallVector<AffineExpr> exprs;
    for (int64_t position : positions)
      exprs.push_back(b.getAffineDimExpr(position));
    Value copies = b.elementwise(sizes, elementType(input), input, b.mapOf(sizes.size(), exprs),
                                 [](OpBuilder &, Location, ValueRange args) { return args[0]; });
    rewriter.replaceOp(op, b.castTo(b.collapse(copies, groups), convertedType(op.getOutput())));
    return success();
  }
};

} // namespace

void mlir::halftone::populateExpandPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                            RewritePatternSet &patterns) {
  patterns.add<ConvertExpand, ConvertTile>(converter, patterns.getContext(), facts);
}
