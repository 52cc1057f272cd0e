// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// gather, gather_elements, gather_nd: rows are copied whole, single elements by a gathering loop.
#include "IndexAccess.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

class ConvertGather : public LoweringPattern<GatherOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(GatherOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput(), indices = adaptor.getIndices();
    int64_t axis = op.getAxis();
    Value size = checkIndicesAlong(b, op.getIndices(), indices, input, axis);
    Value result;
    auto indexType = tensorType(indices);
    if (indexType.hasStaticShape() && indexType.getNumElements() == 1)
      result = takeOne(b, input, indices, axis, size);
    else if (axis == rankOf(input) - 1)
      result = takeElements(b, input, indices, axis, size);
    else
      result = copyRows(b, input, indices, axis, size);
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }

private:
  /// A single index chooses a view. The dimension goes in a step of its own: upstream folds
  /// constant offsets of rank-reducing slices wrongly.
  static Value takeOne(Lowering &b, Value input, Value indices, int64_t axis, Value size) {
    Value position = buildPosition(b, b.getLoc(), b.onlyElement(indices), size);
    Sizes sizes = b.sizes(input), offsets(sizes.size(), b.getIndexAttr(0));
    offsets[axis] = getAsOpFoldResult(position);
    sizes[axis] = b.getIndexAttr(1);
    Value kept = b.slice(input, offsets, sizes);
    int64_t rank = rankOf(indices);
    if (rank == 0)
      return b.squeeze(kept, axis);
    return b.unsqueeze(kept, llvm::to_vector(llvm::seq<int64_t>(axis + 1, axis + rank)));
  }

  static Sizes resultSizes(Lowering &b, Value input, Value indices, int64_t axis) {
    Sizes inputSizes = b.sizes(input), sizes(inputSizes.begin(), inputSizes.begin() + axis);
    llvm::append_range(sizes, b.sizes(indices));
    sizes.append(inputSizes.begin() + axis + 1, inputSizes.end());
    return sizes;
  }

  static Value takeElements(Lowering &b, Value input, Value indices, int64_t axis, Value size) {
    Sizes sizes = resultSizes(b, input, indices, axis);
    int64_t rank = sizes.size();
    AffineMap map = b.mapOf(rank, dimExprs(b.getContext(), axis, rank));
    return b.elementwise(sizes, elementType(input), indices, map,
                         [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
                           SmallVector<Value> positions;
                           for (int64_t dim = 0; dim < axis; ++dim)
                             positions.push_back(linalg::IndexOp::create(builder, loc, dim));
                           positions.push_back(buildPosition(builder, loc, args[0], size));
                           return tensor::ExtractOp::create(builder, loc, input, positions);
                         });
  }

  static Value copyRows(Lowering &b, Value input, Value indices, int64_t axis, Value size) {
    Sizes sizes = resultSizes(b, input, indices, axis);
    return buildLoopNest(b, b.sizes(indices), b.empty(sizes, elementType(input)),
                         [&](OpBuilder &builder, Location loc, ValueRange at, Value result) {
                           Value index = tensor::ExtractOp::create(builder, loc, indices, at);
                           Value row = extractRow(builder, loc, input, axis,
                                                  buildPosition(builder, loc, index, size));
                           return insertRow(builder, loc, row, result, axis, at);
                         });
  }
};

struct ConvertGatherElements : LoweringPattern<GatherElementsOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(GatherElementsOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput(), indices = adaptor.getIndices();
    int64_t rank = rankOf(input);
    int64_t axis = op.getAxis();
    Value size = checkIndicesAlong(b, op.getIndices(), indices, input, axis);
    Value result = b.elementwise(
        b.sizes(indices), elementType(input), indices, b.identity(rank),
        [&](OpBuilder &builder, Location loc, ValueRange args) -> Value {
          SmallVector<Value> positions;
          for (int64_t dim = 0; dim < rank; ++dim)
            positions.push_back(dim == axis ? buildPosition(builder, loc, args[0], size)
                                            : Value(linalg::IndexOp::create(builder, loc, dim)));
          return tensor::ExtractOp::create(builder, loc, input, positions);
        });
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

class ConvertGatherND : public LoweringPattern<GatherNDOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(GatherNDOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput(), indices = adaptor.getIndices();
    int64_t batch = op.getBatchDims(), outer = rankOf(indices) - 1;
    int64_t depth = tensorType(indices).getDimSize(outer);
    if (ShapedType::isDynamic(depth))
      return rewriter.notifyMatchFailure(op, "the length of the index tuples is dynamic");
    Sizes inputSizes = b.sizes(input), bounds(ArrayRef(inputSizes).slice(batch, depth));
    if (depth > 0)
      checkIndices(b, op.getIndices(), indices, bounds);

    Sizes sizes(ArrayRef(b.sizes(indices)).drop_back());
    llvm::append_range(sizes, ArrayRef(inputSizes).drop_front(batch + depth));
    SmallVector<Value> limits;
    for (OpFoldResult bound : bounds)
      limits.push_back(b.index(bound));
    // The batch indices, then the tuple found at `at`.
    auto positionsAt = [&](OpBuilder &builder, Location loc, ValueRange at) {
      SmallVector<Value> positions(at.take_front(batch));
      llvm::append_range(positions, readTuple(builder, loc, indices, at, limits));
      return positions;
    };
    Value result;
    if (batch + depth == rankOf(input))
      result = b.fromIndices(
          sizes, elementType(input), [&](OpBuilder &builder, Location loc, ValueRange at) -> Value {
            return tensor::ExtractOp::create(builder, loc, input, positionsAt(builder, loc, at));
          });
    else
      result =
          buildLoopNest(b, ArrayRef(sizes).take_front(outer), b.empty(sizes, elementType(input)),
                        [&](OpBuilder &builder, Location loc, ValueRange at, Value result) {
                          Value row =
                              extractRow(builder, loc, input, 0, positionsAt(builder, loc, at));
                          return insertRow(builder, loc, row, result, 0, at);
                        });
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

} // namespace

void mlir::halftone::populateGatherPatterns(const TypeConverter &converter, const ShapeFacts &facts,
                                            RewritePatternSet &patterns) {
  patterns.add<ConvertGather, ConvertGatherElements, ConvertGatherND>(converter,
                                                                      patterns.getContext(), facts);
}
