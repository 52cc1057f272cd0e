// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transpose, concat, split, slice, depth_to_space, space_to_depth.
#include "Lowering.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace mlir::halftone;
using arith::CmpIPredicate;

namespace {

//===--- Transposition ---===//

/// Whether only dimensions of size 1 change their place.
bool movesOnlyOnes(RankedTensorType type, ArrayRef<int64_t> permutation) {
  int64_t last = -1;
  for (int64_t dim : permutation) {
    if (type.getDimSize(dim) == 1)
      continue;
    if (dim < last)
      return false;
    last = dim;
  }
  return true;
}

Value buildTranspose(Lowering &b, Value input, ArrayRef<int64_t> permutation) {
  auto type = tensorType(input);
  if (movesOnlyOnes(type, permutation)) {
    SmallVector<int64_t> from, to;
    for (auto [position, dim] : llvm::enumerate(permutation)) {
      if (type.getDimSize(dim) != 1)
        continue;
      from.push_back(dim);
      to.push_back(position);
    }
    llvm::sort(from);
    return b.unsqueeze(b.squeeze(input, from), to);
  }
  Sizes sizes = b.sizes(input);
  applyPermutationToVector(sizes, permutation);
  Value init = b.empty(sizes, type.getElementType());
  return linalg::TransposeOp::create(b, input, init, permutation)->getResult(0);
}

struct ConvertTranspose : LoweringPattern<TransposeOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(TransposeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value result = buildTranspose(b, adaptor.getInput(), op.getPermutation());
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

//===--- Blocks of channels ---===//

/// [N, C, H, W] -> [N, C/b², H·b, W·b].
struct ConvertDepthToSpace : LoweringPattern<DepthToSpaceOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(DepthToSpaceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    OpFoldResult block = b.getIndexAttr(op.getBlocksize());
    Sizes s = b.sizes(input);
    Value area = b.index(op.getBlocksize() * op.getBlocksize());
    OpFoldResult channels = getAsOpFoldResult(b.div(b.index(s[1]), area));
    // DCR: the block index is the slower part of the channel, CRD: the faster.
    Sizes split = op.getCrd() ? Sizes{s[0], channels, block, block, s[2], s[3]}
                              : Sizes{s[0], block, block, channels, s[2], s[3]};
    Value blocks = b.expand(input, split, {{0}, {1, 2, 3}, {4}, {5}});
    SmallVector<int64_t> permutation = op.getCrd() ? SmallVector<int64_t>{0, 1, 4, 2, 5, 3}
                                                   : SmallVector<int64_t>{0, 3, 4, 1, 5, 2};
    Value moved = buildTranspose(b, blocks, permutation);
    Value result = b.collapse(moved, {{0}, {1}, {2, 3}, {4, 5}});
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

/// [N, C, H, W] -> [N, C·b², H/b, W/b].
struct ConvertSpaceToDepth : LoweringPattern<SpaceToDepthOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(SpaceToDepthOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    OpFoldResult block = b.getIndexAttr(op.getBlocksize());
    Sizes s = b.sizes(input);
    auto part = [&](OpFoldResult size) {
      Value whole = b.index(size), step = b.index(block);
      b.checkEqual(b.fold<arith::RemSIOp>(whole, step), b.index(0),
                   "size is no multiple of the block");
      return getAsOpFoldResult(b.div(whole, step));
    };
    Sizes split = {s[0], s[1], part(s[2]), block, part(s[3]), block};
    Value blocks = b.expand(input, split, {{0}, {1}, {2, 3}, {4, 5}});
    Value moved = buildTranspose(b, blocks, {0, 3, 5, 1, 2, 4});
    Value result = b.collapse(moved, {{0}, {1, 2, 3}, {4}, {5}});
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

//===--- Joining and cutting ---===//

struct ConvertConcat : LoweringPattern<ConcatOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ConcatOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    int64_t rank = type.getRank();
    int64_t axis = op.getAxis();
    checkOtherDims(b, op, adaptor.getInputs(), axis);

    Value total = b.index(0);
    SmallVector<Value> begins;
    for (Value input : adaptor.getInputs()) {
      begins.push_back(total);
      total = b.add(total, b.index(b.size(input, axis)));
    }
    Sizes sizes = b.sizes(adaptor.getInputs().front());
    sizes[axis] = getAsOpFoldResult(total);
    Value result = b.empty(sizes, type.getElementType());
    for (auto [input, begin] : llvm::zip_equal(adaptor.getInputs(), begins)) {
      if (tensorType(input).getDimSize(axis) == 0)
        continue;
      Sizes offsets(rank, b.getIndexAttr(0));
      offsets[axis] = getAsOpFoldResult(begin);
      Sizes inputSizes = sizes;
      inputSizes[axis] = b.size(input, axis);
      result = b.insert(withSizes(b, input, inputSizes), result, offsets, inputSizes);
    }
    rewriter.replaceOp(op, b.castTo(result, type));
    return success();
  }

  static void checkOtherDims(Lowering &b, ConcatOp op, ValueRange inputs, int64_t axis) {
    for (auto [original, input] : llvm::drop_begin(llvm::zip_equal(op.getInputs(), inputs)))
      for (int64_t dim = 0; dim < rankOf(input); ++dim)
        if (dim != axis && !b.getFacts().areEqual(op.getInputs().front(), dim, original, dim))
          b.checkEqual(b.index(b.size(inputs.front(), dim)), b.index(b.size(input, dim)),
                       "concatenated tensors of different sizes");
  }

  /// The tensor with exactly the static dimensions that `sizes` has, as insert_slice asks.
  static Value withSizes(Lowering &b, Value input, ArrayRef<OpFoldResult> sizes) {
    SmallVector<int64_t> shape;
    SmallVector<Value> dynamic;
    dispatchIndexOpFoldResults(sizes, dynamic, shape);
    return b.castTo(input, tensorType(input).clone(shape));
  }
};

struct ConvertSplit : LoweringPattern<SplitOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(SplitOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t rank = rankOf(input), begin = 0;
    int64_t axis = op.getAxis();
    SmallVector<Value> pieces;
    for (auto [output, size] : llvm::zip_equal(op.getOutputs(), op.getSizes())) {
      Sizes offsets(rank, b.getIndexAttr(0)), sizes = b.sizes(input);
      offsets[axis] = b.getIndexAttr(begin);
      sizes[axis] = b.getIndexAttr(size);
      pieces.push_back(b.castTo(b.slice(input, offsets, sizes), convertedType(output)));
      begin += size;
    }
    b.checkEqual(b.index(b.size(input, axis)), b.index(begin),
                 "pieces do not add up to the dimension");
    rewriter.replaceOp(op, pieces);
    return success();
  }
};

} // namespace

void mlir::halftone::populateDataMovementPatterns(const TypeConverter &converter,
                                                  const ShapeFacts &facts,
                                                  RewritePatternSet &patterns) {
  patterns
      .add<ConvertTranspose, ConvertDepthToSpace, ConvertSpaceToDepth, ConvertConcat, ConvertSplit>(
          converter, patterns.getContext(), facts);
}
