// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Conversion/Passes.h"

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "halftone/Conversion/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// What it costs to compute an element again.
enum class Cost {
  Free,   ///< Copies, broadcasts, constants, conversions of one element.
  Cheap,  ///< A few instructions.
  Costly, ///< Divisions, roots, functions, loads at computed places, loops.
};

Cost costOf(linalg::GenericOp generic) {
  Cost cost = Cost::Free;
  for (Operation &op : generic.getBody()->without_terminator()) {
    if (isa<arith::ConstantOp, arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::ExtUIOp,
            arith::TruncIOp, arith::SIToFPOp, arith::UIToFPOp, arith::IndexCastOp, linalg::IndexOp>(
            op))
      continue;
    bool isCheap =
        isa<arith::ArithDialect>(op.getDialect()) || isa<math::AbsFOp, math::RoundEvenOp>(op);
    isCheap &= !isa<arith::DivFOp, arith::RemFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp,
                    arith::RemUIOp>(op);
    if (!isCheap)
      return Cost::Costly;
    cost = Cost::Cheap;
  }
  return cost;
}

/// Whether the consumer computes each element of the operand several times: it has a loop that the
/// operand does not depend on.
bool isRepeated(OpOperand *operand) {
  auto consumer = cast<linalg::GenericOp>(operand->getOwner());
  AffineMap map = consumer.getMatchingIndexingMap(operand);
  SmallVector<int64_t> ranges = consumer.getStaticLoopRanges();
  for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
    if (ranges[loop] != 1 && !map.isFunctionOfDim(loop))
      return true;
  return false;
}

bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  if (!producer || !isa<linalg::GenericOp>(operand->getOwner()))
    return false;
  // What a loop finds ready must not be computed in each iteration.
  if (producer->getBlock() != operand->getOwner()->getBlock())
    return false;
  Cost cost = costOf(producer);
  if (cost == Cost::Free)
    return true;
  // A sum of products loads its operands many times; a loop of its own computes them once.
  return producer->hasOneUse() && !isRepeated(operand);
}

/// Whether a kernel op writes one of the operands: it takes the op that follows it into its
/// epilogue, if that reads the result as it is.
bool followsKernel(linalg::GenericOp generic) {
  return llvm::any_of(generic.getInputs(), [](Value input) {
    return isa_and_nonnull<ContractOp, DepthwiseOp>(input.getDefiningOp());
  });
}

/// Reshapes move away from between elementwise ops: a collapse behind its user, an expansion before
/// its producer.
bool shouldMoveReshape(OpOperand *operand) {
  auto isElementwise = [](linalg::GenericOp generic) {
    return generic.getNumParallelLoops() == generic.getNumLoops();
  };
  if (!operand->get().hasOneUse())
    return false;
  if (auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner()))
    return operand->get().getDefiningOp<tensor::CollapseShapeOp>() && isElementwise(consumer);
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  return producer && isa<tensor::ExpandShapeOp>(operand->getOwner()) && isElementwise(producer) &&
         !followsKernel(producer);
}

class FuseElementwise : public halftone::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    IRRewriter rewriter(context);
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());

    RewritePatternSet patterns(context);
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::populateFoldReshapeOpsByExpansionPatterns(patterns, shouldMoveReshape);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::populateInlineConstantOperandsPatterns(patterns);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
    linalg::FillOp::getCanonicalizationPatterns(patterns, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::CastOp::getCanonicalizationPatterns(patterns, context);
    tensor::EmptyOp::getCanonicalizationPatterns(patterns, context);
    tensor::DimOp::getCanonicalizationPatterns(patterns, context);
    context->getLoadedDialect<linalg::LinalgDialect>()->getCanonicalizationPatterns(patterns);
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal();
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }
};

} // namespace
