// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_PLACEPADDING
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// Elements of the padded tensor in front of and behind those of a producer, along a dimension.
struct Border {
  int64_t before, after;
};

/// A tensor inserted into one that is otherwise a single value, and the op that makes it.
struct PaddedResult {
  tensor::InsertSliceOp insert;
  linalg::FillOp fill;
  DestinationStyleOpInterface producer;
  OpOperand *init;
  /// Of the producer's result, and what is around it.
  SmallVector<OpFoldResult> sizes;
  SmallVector<Border> borders;
};

/// `larger - smaller`, where that is the same in every run.
std::optional<int64_t> getDifference(MLIRContext *context, OpFoldResult larger,
                                     OpFoldResult smaller) {
  SmallVector<Value> operands;
  auto toExpr = [&](OpFoldResult size) -> AffineExpr {
    if (std::optional<int64_t> constant = getConstantIntValue(size))
      return getAffineConstantExpr(*constant, context);
    operands.push_back(llvm::cast<Value>(size));
    return getAffineDimExpr(unsigned(operands.size() - 1), context);
  };
  AffineExpr difference = toExpr(larger) - toExpr(smaller);
  AffineMap map = AffineMap::get(unsigned(operands.size()), 0, difference);
  affine::fullyComposeAffineMapAndOperands(&map, &operands);
  affine::canonicalizeMapAndOperands(&map, &operands);
  map = simplifyAffineMap(map);
  return map.isSingleConstant() ? std::optional(map.getSingleConstantResult()) : std::nullopt;
}

/// The border around the inserted tensor, if its widths are constants.
std::optional<SmallVector<Border>> findBorders(tensor::InsertSliceOp insert,
                                               ArrayRef<OpFoldResult> outer,
                                               ArrayRef<OpFoldResult> inner) {
  if (!insert.hasUnitStride() || insert.getSourceType().getRank() != insert.getType().getRank())
    return std::nullopt;
  MLIRContext *context = insert.getContext();
  SmallVector<Border> borders;
  for (size_t dim = 0; dim < inner.size(); ++dim) {
    std::optional<int64_t> before = getConstantIntValue(insert.getMixedOffsets()[dim]);
    std::optional<int64_t> both = getDifference(context, outer[dim], inner[dim]);
    std::optional<int64_t> beyond = getDifference(context, insert.getMixedSizes()[dim], inner[dim]);
    bool isSameForm = llvm::isa<Value>(outer[dim]) == llvm::isa<Value>(inner[dim]);
    if (!before || !both || beyond != 0 || *before < 0 || *both < *before || !isSameForm)
      return std::nullopt;
    borders.push_back({*before, *both - *before});
  }
  return borders;
}

std::optional<PaddedResult> matchPaddedResult(tensor::InsertSliceOp insert,
                                              const DominanceInfo &dominance) {
  PaddedResult match;
  match.insert = insert;
  match.fill = insert.getDest().getDefiningOp<linalg::FillOp>();
  match.producer = insert.getSource().getDefiningOp<DestinationStyleOpInterface>();
  if (!match.fill || !match.producer || !insert.getSource().hasOneUse())
    return std::nullopt;
  match.init = match.producer.getTiedOpOperand(llvm::cast<OpResult>(insert.getSource()));
  auto inner = match.init->get().getDefiningOp<tensor::EmptyOp>();
  auto outer = match.fill.getOutputs()[0].getDefiningOp<tensor::EmptyOp>();
  if (!inner || !outer || match.producer->getBlock() != insert->getBlock())
    return std::nullopt;
  match.sizes = inner.getMixedSizes();
  std::optional<SmallVector<Border>> borders =
      findBorders(insert, outer.getMixedSizes(), match.sizes);
  if (!borders)
    return std::nullopt;
  match.borders = std::move(*borders);
  Value value = match.fill.getInputs()[0];
  if (!matchPattern(value, m_Constant()) && !dominance.dominates(value, match.producer))
    return std::nullopt;
  return match;
}

OpFoldResult add(RewriterBase &rewriter, Location loc, OpFoldResult size, int64_t amount) {
  return affine::makeComposedFoldedAffineApply(rewriter, loc, rewriter.getAffineDimExpr(0) + amount,
                                               {size});
}

/// `tensor` with `value` in the box from `offsets` on.
Value fillBox(RewriterBase &rewriter, Location loc, Value tensor, Value value,
              ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  if (llvm::any_of(sizes, isZeroInteger))
    return tensor;
  SmallVector<OpFoldResult> strides(offsets.size(), rewriter.getIndexAttr(1));
  Value box = tensor::ExtractSliceOp::create(rewriter, loc, tensor, offsets, sizes, strides);
  Value filled = linalg::FillOp::create(rewriter, loc, value, box).getResult(0);
  return tensor::InsertSliceOp::create(rewriter, loc, filled, tensor, offsets, sizes, strides);
}

/// A tensor whose elements outside the inserted box are filled: two boxes for each dimension, which
/// do not overlap.
Value makeBorder(RewriterBase &rewriter, const PaddedResult &match, Value value) {
  tensor::InsertSliceOp insert = match.insert;
  Location loc = insert.getLoc();
  size_t rank = match.sizes.size();
  SmallVector<OpFoldResult> sizes, offsets(rank, rewriter.getIndexAttr(0));
  for (auto [size, border] : llvm::zip_equal(match.sizes, match.borders))
    sizes.push_back(add(rewriter, loc, size, border.before + border.after));
  Value tensor = tensor::EmptyOp::create(rewriter, loc, sizes, insert.getType().getElementType());
  for (size_t dim = 0; dim < rank; ++dim) {
    OpFoldResult begin = rewriter.getIndexAttr(match.borders[dim].before);
    sizes[dim] = begin;
    tensor = fillBox(rewriter, loc, tensor, value, offsets, sizes);
    offsets[dim] = add(rewriter, loc, match.sizes[dim], match.borders[dim].before);
    sizes[dim] = rewriter.getIndexAttr(match.borders[dim].after);
    tensor = fillBox(rewriter, loc, tensor, value, offsets, sizes);
    offsets[dim] = begin;
    sizes[dim] = match.sizes[dim];
  }
  return tensor;
}

void placePadding(RewriterBase &rewriter, PaddedResult match) {
  tensor::InsertSliceOp insert = match.insert;
  rewriter.setInsertionPoint(match.producer);
  Value value = match.fill.getInputs()[0];
  if (Operation *constant = value.getDefiningOp(); constant && matchPattern(value, m_Constant()))
    value = rewriter.clone(*constant)->getResult(0);
  Value border = makeBorder(rewriter, match, value);
  Value slot =
      tensor::ExtractSliceOp::create(rewriter, insert.getLoc(), border, insert.getMixedOffsets(),
                                     match.sizes, insert.getMixedStrides());
  rewriter.modifyOpInPlace(match.producer, [&] { match.init->set(slot); });
  rewriter.modifyOpInPlace(insert, [&] { insert.getDestMutable().assign(border); });
  if (match.fill->use_empty())
    rewriter.eraseOp(match.fill);
}

struct PlacePadding : mlir::halftone::impl::PlacePaddingBase<PlacePadding> {
  void runOnOperation() override {
    auto &dominance = getAnalysis<DominanceInfo>();
    SmallVector<PaddedResult> matches;
    getOperation().walk([&](tensor::InsertSliceOp insert) {
      if (std::optional<PaddedResult> match = matchPaddedResult(insert, dominance))
        matches.push_back(*match);
    });
    IRRewriter rewriter(&getContext());
    for (const PaddedResult &match : matches)
      placePadding(rewriter, match);
    numPlaced += matches.size();
  }
};

} // namespace
