// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that only rename the indices of a contiguous tensor.
#include "Lowering.h"

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// Consecutive dimensions of the input and of the result with the same number of elements.
struct DimGroup {
  ReassociationIndices input, result;
};

/// The lengths of the shortest prefixes of two shapes with provably equal products.
std::optional<std::pair<size_t, size_t>> matchPrefixes(const ShapeContext &shapes,
                                                       ArrayRef<Dim> input, ArrayRef<Dim> result) {
  for (size_t total = 2; total <= input.size() + result.size(); ++total)
    for (size_t taken = 1; taken < total; ++taken) {
      size_t given = total - taken;
      if (taken > input.size() || given > result.size())
        continue;
      std::optional<Dim> lhs = shapes.product(input.take_front(taken));
      std::optional<Dim> rhs = shapes.product(result.take_front(given));
      if (lhs && rhs && *lhs == *rhs)
        return std::make_pair(taken, given);
    }
  return std::nullopt;
}

/// Cuts both shapes into groups of provably equal products, as fine as possible; nullopt if the
/// whole products are not provably equal.
std::optional<SmallVector<DimGroup>> matchGroups(const ShapeContext &shapes, ArrayRef<Dim> input,
                                                 ArrayRef<Dim> result) {
  SmallVector<DimGroup> groups;
  size_t i = 0, j = 0;
  while (i < input.size() && j < result.size()) {
    auto lengths = matchPrefixes(shapes, input.drop_front(i), result.drop_front(j));
    if (!lengths)
      return std::nullopt;
    DimGroup &group = groups.emplace_back();
    for (size_t end = i + lengths->first; i < end; ++i)
      group.input.push_back(i);
    for (size_t end = j + lengths->second; j < end; ++j)
      group.result.push_back(j);
  }
  // What is left over has size 1, and joins the last group.
  auto isOne = [](Dim dim) { return ShapeContext::asConstant(dim) == 1; };
  if (groups.empty() || !llvm::all_of(input.drop_front(i), isOne) ||
      !llvm::all_of(result.drop_front(j), isOne))
    return std::nullopt;
  for (; i < input.size(); ++i)
    groups.back().input.push_back(i);
  for (; j < result.size(); ++j)
    groups.back().result.push_back(j);
  return groups;
}

ReassociationIndices allDims(int64_t rank) {
  return llvm::to_vector<2>(llvm::seq<int64_t>(0, rank));
}

/// Collapses each group of the input to one dimension, then expands it to those of the result.
Value reshapeByGroups(Lowering &b, Value input, ArrayRef<OpFoldResult> sizes,
                      ArrayRef<DimGroup> groups) {
  SmallVector<ReassociationIndices> collapsed, expanded;
  for (const DimGroup &group : groups) {
    collapsed.push_back(group.input);
    expanded.push_back(group.result);
  }
  return b.expand(b.collapse(input, collapsed), sizes, expanded);
}

class ConvertReshape : public LoweringPattern<ReshapeOp> {
public:
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(ReshapeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    auto type = cast<RankedTensorType>(convertedType(op.getOutput()));
    Sizes sizes = computeSizes(b, op, adaptor);
    rewriter.replaceOp(op, b.castTo(build(b, op, adaptor.getInput(), sizes), type));
    return success();
  }

private:
  Value build(Lowering &b, ReshapeOp op, Value input, ArrayRef<OpFoldResult> sizes) const {
    int64_t rank = rankOf(input), resultRank = sizes.size();
    SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    if (resultRank == 0)
      return b.squeeze(input, all);
    if (rank == 0)
      return b.unsqueeze(input, llvm::to_vector(llvm::seq<int64_t>(0, resultRank)));
    if (auto groups =
            matchGroups(facts.context(), facts.dims(op.getInput()), facts.dims(op.getOutput())))
      return reshapeByGroups(b, input, sizes, *groups);
    checkCount(b, input, sizes);
    Value flat = b.collapse(input, allDims(rank));
    return b.expand(flat, sizes, allDims(resultRank));
  }

  static void checkCount(Lowering &b, Value input, ArrayRef<OpFoldResult> sizes) {
    Value count = b.index(1);
    for (OpFoldResult size : sizes) {
      b.checkAtLeast(size, 0, "negative size");
      count = b.mul(count, b.index(size));
    }
    b.checkEqual(b.count(input, llvm::to_vector(llvm::seq<int64_t>(0, rankOf(input)))), count,
                 "reshape to another number of elements");
  }

  /// The sizes of the result; those that nothing else tells come from the elements of `shape`.
  static Sizes computeSizes(Lowering &b, ReshapeOp op, OpAdaptor adaptor) {
    auto result = cast<OpResult>(op.getOutput());
    int64_t rank = rankOf(op.getOutput());
    Sizes sizes;
    for (int64_t dim = 0; dim < rank; ++dim)
      sizes.push_back(b.knownSize(result, dim));
    if (llvm::all_of(sizes, [](OpFoldResult size) { return !size.isNull(); }))
      return sizes;
    SmallVector<Value> requested;
    for (int64_t dim = 0; dim < rank; ++dim)
      requested.push_back(requestedSize(b, op, adaptor, dim));
    // The size asked for by -1 is what the others leave.
    Value known = b.index(1), minusOne = b.index(-1);
    for (Value size : requested)
      known = b.mul(known, isEqual(b, size, minusOne, b.index(1)));
    Value total = b.count(adaptor.getInput(),
                          llvm::to_vector(llvm::seq<int64_t>(0, rankOf(adaptor.getInput()))));
    Value left = b.div(total, b.max(known, b.index(1)));
    for (int64_t dim = 0; dim < rank; ++dim)
      if (sizes[dim].isNull())
        sizes[dim] = getAsOpFoldResult(isEqual(b, requested[dim], minusOne, left));
    return sizes;
  }

  /// `replacement` where `value` is `special`, else `value`.
  static Value isEqual(Lowering &b, Value value, Value special, Value replacement) {
    return b.select(b.compare(arith::CmpIPredicate::eq, value, special), replacement, value);
  }

  static Value requestedSize(Lowering &b, ReshapeOp op, OpAdaptor adaptor, int64_t dim) {
    Value size = b.toIndex(b.element(adaptor.getShape(), dim));
    if (op.getAllowzero() || dim >= rankOf(adaptor.getInput()))
      return size;
    return isEqual(b, size, b.index(0), b.index(b.size(adaptor.getInput(), dim)));
  }
};

struct ConvertFlatten : LoweringPattern<FlattenOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(FlattenOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    int64_t rank = rankOf(input);
    int64_t axis = op.getAxis();
    SmallVector<int64_t> before = llvm::to_vector(llvm::seq<int64_t>(0, axis));
    SmallVector<int64_t> after = llvm::to_vector(llvm::seq<int64_t>(axis, rank));
    Value result = input;
    if (rank == 0) {
      result = b.unsqueeze(input, {0, 1});
    } else if (before.empty() || after.empty()) {
      // One side is the empty product, a dimension of size 1.
      result = b.collapse(input, allDims(rank));
      result = b.unsqueeze(result, before.empty() ? 0 : 1);
    } else {
      ReassociationIndices left(before.begin(), before.end()), right(after.begin(), after.end());
      result = b.collapse(input, {left, right});
    }
    rewriter.replaceOp(op, b.castTo(result, convertedType(op.getOutput())));
    return success();
  }
};

struct ConvertSqueeze : LoweringPattern<SqueezeOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(SqueezeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    Value input = adaptor.getInput();
    for (int64_t axis : op.getAxes())
      b.checkEqual(b.index(b.size(input, axis)), b.index(1), "squeezed dimension is not 1");
    rewriter.replaceOp(op, b.castTo(b.squeeze(input, op.getAxes()), convertedType(op.getOutput())));
    return success();
  }
};

struct ConvertUnsqueeze : LoweringPattern<UnsqueezeOp> {
  using LoweringPattern::LoweringPattern;
  LogicalResult matchAndRewrite(UnsqueezeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Lowering b(op, rewriter, facts);
    rewriter.replaceOp(
        op, b.castTo(b.unsqueeze(adaptor.getInput(), op.getAxes()), convertedType(op.getOutput())));
    return success();
  }
};

} // namespace

void mlir::halftone::populateReshapePatterns(const TypeConverter &converter,
                                             const ShapeFacts &facts, RewritePatternSet &patterns) {
  patterns.add<ConvertReshape, ConvertFlatten, ConvertSqueeze, ConvertUnsqueeze>(
      converter, patterns.getContext(), facts);
}
