// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// slice: a view where every step is known to be positive, else a gather.
#include "Lowering.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

/// One axis after negative bounds are counted from the end and both are clamped.
struct AxisSlice {
  Value start, step, length;
};

/// `bound` counted from the end where negative, then clamped to [low, high].
Value resolveBound(Lowering &b, Value bound, Value size, Value low, Value high) {
  Value isNegative = b.compare(CmpIPredicate::slt, bound, b.index(0));
  Value counted = b.select(isNegative, b.add(bound, size), bound);
  return b.max(b.min(counted, high), low);
}

AxisSlice resolveForward(Lowering &b, Value start, Value end, Value step, Value size) {
  Value zero = b.index(0), one = b.index(1);
  // A start of 0 needs no clamping; folding cannot see that a size is not negative.
  Value first = getConstantIntValue(start) == 0 ? start : resolveBound(b, start, size, zero, size);
  Value last = resolveBound(b, end, size, zero, size);
  Value span = b.add(b.sub(last, first), b.sub(step, one));
  return {first, step, b.max(b.div(span, step), zero)};
}

AxisSlice resolveBackward(Lowering &b, Value start, Value end, Value step, Value size) {
  Value zero = b.index(0), one = b.index(1), minusOne = b.index(-1);
  Value top = b.sub(size, one);
  Value first = resolveBound(b, start, size, minusOne, top);
  Value last = resolveBound(b, end, size, minusOne, top);
  Value back = b.sub(zero, step);
  Value span = b.add(b.sub(first, last), b.sub(back, one));
  return {first, step, b.max(b.div(span, back), zero)};
}

AxisSlice resolve(Lowering &b, Value start, Value end, Value step, Value size) {
  if (std::optional<int64_t> known = getConstantIntValue(step))
    return *known > 0 ? resolveForward(b, start, end, step, size)
                      : resolveBackward(b, start, end, step, size);
  b.check(b.compare(CmpIPredicate::ne, step, b.index(0)), "slice with a step of 0");
  // Each form is made safe to evaluate where the other one is chosen.
  Value isForward = b.compare(CmpIPredicate::sgt, step, b.index(0));
  AxisSlice forward = resolveForward(b, start, end, b.select(isForward, step, b.index(1)), size);
  AxisSlice backward = resolveBackward(b, start, end, b.select(isForward, b.index(-1), step), size);
  return {b.select(isForward, forward.start, backward.start), step,
          b.select(isForward, forward.length, backward.length)};
}

class ConvertSlice : public LoweringPattern<SliceOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(SliceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t rank = rankOf(input);
    Sizes offsets(rank, b.getIndexAttr(0)), steps(rank, b.getIndexAttr(1)), sizes = b.sizes(input);
    bool isView = true;
    for (auto [position, axis] : llvm::enumerate(op.getAxes())) {
      auto entry = [&, position = position](Value bounds) {
        return b.toIndex(b.element(bounds, position));
      };
      AxisSlice slice = resolve(b, entry(adaptor.getStarts()), entry(adaptor.getEnds()),
                                entry(adaptor.getSteps()), b.index(b.size(input, axis)));
      std::optional<int64_t> step = getConstantIntValue(slice.step);
      isView &= step && *step > 0;
      offsets[axis] = getAsOpFoldResult(slice.start);
      steps[axis] = getAsOpFoldResult(slice.step);
      sizes[axis] = b.sizeOr(cast<OpResult>(op.getOutput()), axis, [&] { return slice.length; });
    }
    Value result =
        isView ? b.slice(input, offsets, sizes, steps) : gather(b, input, offsets, sizes, steps);
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }

private:
  static Value gather(Lowering &b, Value input, ArrayRef<OpFoldResult> offsets,
                      ArrayRef<OpFoldResult> sizes, ArrayRef<OpFoldResult> steps) {
    SmallVector<Value> starts, strides;
    for (auto [offset, step] : llvm::zip_equal(offsets, steps)) {
      starts.push_back(b.index(offset));
      strides.push_back(b.index(step));
    }
    return b.fromIndices(
        sizes, elementType(input), [&](OpBuilder &builder, Location loc, ValueRange indices) {
          SmallVector<Value> positions;
          for (auto [index, start, stride] : llvm::zip_equal(indices, starts, strides)) {
            Value distance = arith::MulIOp::create(builder, loc, index, stride);
            positions.push_back(arith::AddIOp::create(builder, loc, start, distance));
          }
          return tensor::ExtractOp::create(builder, loc, input, positions).getResult();
        });
  }
};

} // namespace

void mlir::halftone::populateSlicePatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                           RewritePatternSet &patterns) {
  patterns.add<ConvertSlice>(converter, patterns.getContext(), facts);
}
