// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"

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

/// A tensor inserted into one that is otherwise a single value, and the op that makes it.
struct PaddedResult {
  tensor::InsertSliceOp insert;
  linalg::FillOp fill;
  DestinationStyleOpInterface producer;
  OpOperand *init;
};

bool isStatic(tensor::InsertSliceOp insert) {
  auto isKnown = [](ArrayRef<int64_t> values) {
    return llvm::none_of(values, ShapedType::isDynamic);
  };
  return insert.getType().hasStaticShape() && isKnown(insert.getStaticOffsets()) &&
         isKnown(insert.getStaticSizes()) && insert.hasUnitStride() &&
         insert.getSourceType().getShape() == insert.getStaticSizes();
}

std::optional<PaddedResult> matchPaddedResult(tensor::InsertSliceOp insert,
                                              const DominanceInfo &dominance) {
  PaddedResult match;
  match.insert = insert;
  match.fill = insert.getDest().getDefiningOp<linalg::FillOp>();
  match.producer = insert.getSource().getDefiningOp<DestinationStyleOpInterface>();
  if (!match.fill || !match.producer || !isStatic(insert) || !insert.getSource().hasOneUse())
    return std::nullopt;
  match.init = match.producer.getTiedOpOperand(llvm::cast<OpResult>(insert.getSource()));
  bool ownsResult = bool(match.init->get().getDefiningOp<tensor::EmptyOp>()) &&
                    bool(match.fill.getOutputs()[0].getDefiningOp<tensor::EmptyOp>());
  if (!ownsResult || match.producer->getBlock() != insert->getBlock())
    return std::nullopt;
  Value value = match.fill.getInputs()[0];
  if (!matchPattern(value, m_Constant()) && !dominance.dominates(value, match.producer))
    return std::nullopt;
  return match;
}

/// `tensor` with `value` in the box from `offsets` on.
Value fillBox(RewriterBase &rewriter, Location loc, Value tensor, Value value,
              ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes) {
  if (llvm::is_contained(sizes, 0))
    return tensor;
  auto toFolded = [&](ArrayRef<int64_t> values) {
    return getAsIndexOpFoldResult(rewriter.getContext(), values);
  };
  SmallVector<OpFoldResult> strides(offsets.size(), rewriter.getIndexAttr(1));
  Value box = tensor::ExtractSliceOp::create(rewriter, loc, tensor, toFolded(offsets),
                                             toFolded(sizes), strides);
  Value filled = linalg::FillOp::create(rewriter, loc, value, box).getResult(0);
  return tensor::InsertSliceOp::create(rewriter, loc, filled, tensor, toFolded(offsets),
                                       toFolded(sizes), strides);
}

/// A tensor whose elements outside the inserted box are filled: two boxes for each dimension, which
/// do not overlap.
Value makeBorder(RewriterBase &rewriter, const PaddedResult &match, Value value) {
  tensor::InsertSliceOp insert = match.insert;
  RankedTensorType type = insert.getType();
  Value tensor =
      tensor::EmptyOp::create(rewriter, insert.getLoc(), type.getShape(), type.getElementType());
  SmallVector<int64_t> offsets(type.getRank(), 0), sizes(type.getShape());
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    int64_t begin = insert.getStaticOffsets()[dim], size = insert.getStaticSizes()[dim];
    offsets[dim] = 0;
    sizes[dim] = begin;
    tensor = fillBox(rewriter, insert.getLoc(), tensor, value, offsets, sizes);
    offsets[dim] = begin + size;
    sizes[dim] = type.getDimSize(dim) - begin - size;
    tensor = fillBox(rewriter, insert.getLoc(), tensor, value, offsets, sizes);
    offsets[dim] = begin;
    sizes[dim] = size;
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
                                     insert.getMixedSizes(), insert.getMixedStrides());
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
