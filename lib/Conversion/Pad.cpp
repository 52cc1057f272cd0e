// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// pad: a fill and an insertion for a constant, else a gather.
#include "Lowering.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

/// Index of the input element that a padded one repeats; `position` counts from the first element
/// of the input.
Value mirroredPosition(Lowering &l, PadMode mode, Value position, Value size) {
  Value zero = l.index(0), one = l.index(1), last = l.sub(size, one);
  if (mode == PadMode::Edge)
    return l.max(l.min(position, last), zero);
  if (mode == PadMode::Wrap)
    return l.floorMod(position, l.max(size, one));
  // Reflections repeat after 2 (size - 1); one single element reflects onto itself.
  Value period = l.max(l.mul(last, l.index(2)), one);
  Value within = l.floorMod(position, period);
  return l.min(within, l.sub(period, within));
}

class ConvertPad : public LoweringPattern<PadOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(PadOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t rank = rankOf(input);
    Sizes before, after;
    for (int64_t dim = 0; dim < rank; ++dim) {
      before.push_back(getAsOpFoldResult(b.toIndex(b.element(adaptor.getPads(), dim))));
      after.push_back(getAsOpFoldResult(b.toIndex(b.element(adaptor.getPads(), dim + rank))));
    }
    Value result = op.getMode() == PadMode::Constant
                       ? b.padded(input, before, after, b.onlyElement(adaptor.getValue()))
                       : buildGather(b, op, input, before, after, rewriter);
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }

private:
  Value buildGather(Lowering &b, PadOp op, Value input, ArrayRef<OpFoldResult> before,
                    ArrayRef<OpFoldResult> after, ConversionPatternRewriter &rewriter) const {
    Sizes sizes;
    SmallVector<Value> inputSizes, starts;
    for (auto [dim, size] : llvm::enumerate(b.sizes(input))) {
      inputSizes.push_back(b.index(size));
      starts.push_back(b.index(before[dim]));
      Value amount = b.add(starts.back(), b.index(after[dim]));
      sizes.push_back(getAsOpFoldResult(b.add(inputSizes.back(), amount)));
      b.checkAtLeast(sizes.back(), 0, "padding that takes away more elements than there are");
      // Unless nothing is added there has to be something to repeat.
      b.check(b.fold<arith::OrIOp>(b.compare(CmpIPredicate::sgt, inputSizes.back(), b.index(0)),
                                   b.compare(CmpIPredicate::eq, b.index(sizes.back()), b.index(0))),
              "padding of a dimension without elements");
    }
    return b.fromIndices(
        sizes, elementType(input), [&](OpBuilder &builder, Location loc, ValueRange indices) {
          Lowering inner(op, rewriter, facts);
          inner.restoreInsertionPoint(builder.saveInsertionPoint());
          SmallVector<Value> positions;
          for (auto [dim, index] : llvm::enumerate(indices))
            positions.push_back(mirroredPosition(inner, op.getMode(), inner.sub(index, starts[dim]),
                                                 inputSizes[dim]));
          return tensor::ExtractOp::create(inner, input, positions).getResult();
        });
  }
};

} // namespace

void mlir::halftone::populatePadPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                         RewritePatternSet &patterns) {
  patterns.add<ConvertPad>(converter, patterns.getContext(), facts);
}
