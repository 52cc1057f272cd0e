// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// max_pool and average_pool.
#include "Rows.h"
#include "Window.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

template <typename Op> Window windowOf(Op op) {
  Window window{llvm::to_vector(op.getKernel()), llvm::to_vector(op.getStrides()),
                llvm::to_vector(op.getDilations()), llvm::to_vector(op.getPads())};
  window.layout = op.getLayout();
  return window;
}

/// Folds each window of a padded input with `combine(element, so far)`. The loops are those over
/// the output with the window before the innermost of them, so that this one stays contiguous.
Value foldWindows(Lowering &b, const Window &window, Value padded, ArrayRef<OpFoldResult> sizes,
                  Value start,
                  llvm::function_ref<Value(OpBuilder &, Location, Value, Value)> combine) {
  size_t rank = sizes.size(), spatial = window.spatial(), count = rank + spatial;
  // Before the spatial loops of nchw, before the channel loop of nhwc.
  size_t first = window.layout == Layout::ChannelsFirst ? 2 : rank - 1;
  auto outputLoop = [&](size_t dim) {
    return b.getAffineDimExpr(dim < first ? dim : dim + spatial);
  };
  SmallVector<AffineExpr> taps, positions, outputs;
  for (size_t dim = 0; dim < rank; ++dim) {
    outputs.push_back(outputLoop(dim));
    positions.push_back(outputLoop(dim));
  }
  for (size_t i = 0; i < spatial; ++i) {
    taps.push_back(b.getAffineDimExpr(first + i));
    AffineExpr &position = positions[window.spatialDim(i)];
    position = position * window.strides[i] + taps.back() * window.dilations[i];
  }
  Iterators iterators(count, kParallel);
  for (size_t i = 0; i < spatial; ++i)
    iterators[first + i] = kReduction;
  // Nothing is read from it: its shape gives the loops over the window their sizes.
  Value shape = b.empty(getAsIndexOpFoldResult(b.getContext(), window.kernel), elementType(padded));
  return b.generic(
      {padded, shape}, {b.mapOf(count, positions), b.mapOf(count, taps), b.mapOf(count, outputs)},
      b.filled(sizes, start), iterators, [&](OpBuilder &builder, Location loc, ValueRange args) {
        return combine(builder, loc, args[0], args[2]);
      });
}

Sizes fullSizes(Lowering &b, const Window &window, Value input, ArrayRef<OpFoldResult> spatial) {
  Sizes sizes = b.sizes(input);
  for (auto [i, size] : llvm::enumerate(spatial))
    sizes[window.spatialDim(i)] = size;
  return sizes;
}

struct ConvertMaxPool : LoweringPattern<MaxPoolOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(MaxPoolOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Window window = windowOf(op);
    Value input = adaptor.getInput();
    Type source = elementType(op.getInput());
    Sizes spatial = window.outputSizes(b, input, cast<OpResult>(op.getOutput()), op.getCeilMode());
    Value lowest = arith::ConstantOp::create(b, extremeValue(source, /*lowest=*/true));
    Value padded = window.padTo(b, input, lowest, spatial);
    Value result =
        foldWindows(b, window, padded, fullSizes(b, window, input, spatial), lowest,
                    [&](OpBuilder &builder, Location loc, Value x, Value largest) -> Value {
                      if (isa<FloatType>(source))
                        return arith::MaximumFOp::create(builder, loc, x, largest);
                      if (source.isUnsignedInteger())
                        return arith::MaxUIOp::create(builder, loc, x, largest);
                      return arith::MaxSIOp::create(builder, loc, x, largest);
                    });
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

class ConvertAveragePool : public LoweringPattern<AveragePoolOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(AveragePoolOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Type source = elementType(op.getInput());
    Lowering b(op, rewriter, facts);
    Window window = windowOf(op);
    Value input = adaptor.getInput();
    Sizes spatial = window.outputSizes(b, input, cast<OpResult>(op.getOutput()), op.getCeilMode());
    Sizes sizes = fullSizes(b, window, input, spatial);
    Type type = getAccumulationType(source);
    Value padded = window.padTo(b, input, b.scalar(source, 0), spatial);
    Value sums =
        foldWindows(b, window, padded, sizes, b.scalar(type, 0),
                    [&](OpBuilder &builder, Location loc, Value x, Value sum) {
                      return buildReorderedSum(builder, loc, castFloat(builder, loc, x, type), sum);
                    });
    SmallVector<Value> inputSizes;
    for (size_t i = 0; i < window.spatial(); ++i)
      inputSizes.push_back(b.index(b.size(input, window.spatialDim(i))));
    Value result = b.elementwise(sizes, source, sums, b.identity(sizes.size()),
                                 [&](OpBuilder &builder, Location loc, ValueRange args) {
                                   Value count =
                                       countElements(builder, loc, op, window, inputSizes, type);
                                   Value mean = arith::DivFOp::create(builder, loc, args[0], count);
                                   return castFloat(builder, loc, mean, source);
                                 });
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }

private:
  /// How many elements the window at the loop's indices counts, as a float.
  static Value countElements(OpBuilder &builder, Location loc, AveragePoolOp op,
                             const Window &window, ArrayRef<Value> inputSizes, Type type) {
    bool isPadded = llvm::any_of(window.pads, [](int64_t pad) { return pad != 0; });
    bool countsAll = !op.getCeilMode() && (op.getCountIncludePad() || !isPadded);
    if (countsAll) {
      double count = 1;
      for (int64_t size : window.kernel)
        count *= size;
      return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, count));
    }
    Value count = arith::ConstantIndexOp::create(builder, loc, 1);
    for (size_t i = 0; i < window.spatial(); ++i) {
      Value taps = countTaps(builder, loc, window, i, inputSizes[i], op.getCountIncludePad());
      count = arith::MulIOp::create(builder, loc, count, taps);
    }
    Value integer = arith::IndexCastOp::create(builder, loc, builder.getI64Type(), count);
    return arith::SIToFPOp::create(builder, loc, type, integer);
  }

  /// The taps t with low <= y * stride - before + t * dilation < high along spatial dimension i.
  static Value countTaps(OpBuilder &builder, Location loc, const Window &window, size_t i,
                         Value size, bool includePad) {
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(builder, loc, value);
    };
    auto add = [&](Value lhs, Value rhs) -> Value {
      return arith::AddIOp::create(builder, loc, lhs, rhs);
    };
    auto sub = [&](Value lhs, Value rhs) -> Value {
      return arith::SubIOp::create(builder, loc, lhs, rhs);
    };
    Value zero = constant(0), dilation = constant(window.dilations[i]);
    // Smallest t with t * dilation >= distance.
    auto tapsBefore = [&](Value distance) -> Value {
      Value reached = arith::MaxSIOp::create(builder, loc, distance, zero);
      Value raised = add(reached, constant(window.dilations[i] - 1));
      return arith::DivSIOp::create(builder, loc, raised, dilation);
    };
    Value position = linalg::IndexOp::create(builder, loc, window.spatialDim(i));
    Value scaled = arith::MulIOp::create(builder, loc, position, constant(window.strides[i]));
    Value start = sub(scaled, constant(window.pads[i]));
    Value low = includePad ? constant(-window.pads[i]) : zero;
    Value high = includePad ? add(size, constant(window.pads[i + window.spatial()])) : size;
    Value end = arith::MinSIOp::create(builder, loc, tapsBefore(sub(high, start)),
                                       constant(window.kernel[i]));
    return sub(end, tapsBefore(sub(low, start)));
  }
};

} // namespace

void mlir::halftone::populatePoolingPatterns(const TypeConverter &converter,
                                             const ShapeFacts &facts, RewritePatternSet &patterns) {
  patterns.add<ConvertMaxPool, ConvertAveragePool>(converter, patterns.getContext(), facts);
}
