// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/HalftoneDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_FUSEEPILOGUES
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

Type elementTypeOf(Value value) { return llvm::cast<ShapedType>(value.getType()).getElementType(); }

/// Elements that vectors of the emitter can hold: whole bytes in memory.
bool isVectorElement(Type type) { return type.isIntOrFloat() && type.getIntOrFloatBitWidth() >= 8; }

/// A projected permutation of the output's dimensions; constants may only be 0.
bool isEpilogueMap(AffineMap map) {
  return map.isProjectedPermutation(/*allowZeroInResults=*/true);
}

LogicalResult matchBody(linalg::GenericOp generic, PatternRewriter &rewriter) {
  for (Operation &op : generic.getBody()->without_terminator()) {
    bool isScalar =
        llvm::all_of(op.getResultTypes(), [](Type type) { return type.isIntOrFloat(); });
    if (llvm::isa<arith::ConstantOp>(op) && isScalar)
      continue;
    if (!OpTrait::hasElementwiseMappableTraits(&op) || !isScalar)
      return rewriter.notifyMatchFailure(generic, "the body cannot be made of vectors");
  }
  return success();
}

LogicalResult matchGeneric(linalg::GenericOp generic, PatternRewriter &rewriter) {
  if (generic.getNumResults() != 1 || generic.getNumDpsInits() != 1)
    return rewriter.notifyMatchFailure(generic, "not one result");
  if (generic.getNumParallelLoops() != generic.getNumLoops())
    return rewriter.notifyMatchFailure(generic, "a loop is a reduction");
  OpOperand *init = generic.getDpsInitOperand(0);
  if (!generic.getMatchingIndexingMap(init).isIdentity() ||
      generic.payloadUsesValueFromOperand(init))
    return rewriter.notifyMatchFailure(generic, "the result is not written in order");
  if (!isVectorElement(elementTypeOf(generic.getResult(0))))
    return rewriter.notifyMatchFailure(generic, "the result has elements of less than a byte");
  for (OpOperand *input : generic.getDpsInputOperands()) {
    if (!llvm::isa<RankedTensorType>(input->get().getType()))
      continue;
    if (!isEpilogueMap(generic.getMatchingIndexingMap(input)))
      return rewriter.notifyMatchFailure(generic, "an operand is read by a map of another kind");
    if (!isVectorElement(elementTypeOf(input->get())))
      return rewriter.notifyMatchFailure(generic, "an operand has elements of less than a byte");
  }
  return matchBody(generic, rewriter);
}

/// The operand of `generic` that is the kernel's result, read by the identity; null if there is
/// none.
OpOperand *findKernelOperand(linalg::GenericOp generic) {
  for (OpOperand *input : generic.getDpsInputOperands()) {
    Operation *kernel = input->get().getDefiningOp();
    // A kernel in front of a loop must not move into it.
    if (kernel && llvm::isa<ContractOp, DepthwiseOp>(kernel) && input->get().hasOneUse() &&
        kernel->getBlock() == generic->getBlock() &&
        generic.getMatchingIndexingMap(input).isIdentity())
      return input;
  }
  return nullptr;
}

/// Appends the body of `generic` to the epilogue in `block`, whose new arguments are the other
/// operands.
void appendBody(PatternRewriter &rewriter, Block &block, linalg::GenericOp generic,
                OpOperand *kernelOperand) {
  auto yield = llvm::cast<YieldOp>(block.getTerminator());
  IRMapping mapping;
  for (OpOperand *input : generic.getDpsInputOperands()) {
    BlockArgument inner = generic.getMatchingBlockArgument(input);
    if (input == kernelOperand)
      mapping.map(inner, yield.getValues().front());
    else if (!llvm::isa<RankedTensorType>(input->get().getType()))
      mapping.map(inner, input->get());
    else
      mapping.map(inner, block.addArgument(inner.getType(), input->get().getLoc()));
  }
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(yield);
  for (Operation &op : generic.getBody()->without_terminator())
    rewriter.clone(op, mapping);
  auto result = llvm::cast<linalg::YieldOp>(generic.getBody()->getTerminator()).getOperand(0);
  YieldOp::create(rewriter, generic.getLoc(), mapping.lookupOrDefault(result));
  rewriter.eraseOp(yield);
}

template <typename KernelOp>
void fuse(PatternRewriter &rewriter, KernelOp kernel, linalg::GenericOp generic,
          OpOperand *kernelOperand) {
  SmallVector<Value> inputs(kernel.getEpilogueInputs());
  SmallVector<Attribute> maps(kernel.getEpilogueMaps().begin(), kernel.getEpilogueMaps().end());
  for (OpOperand *input : generic.getDpsInputOperands()) {
    if (input == kernelOperand || !llvm::isa<RankedTensorType>(input->get().getType()))
      continue;
    inputs.push_back(input->get());
    maps.push_back(AffineMapAttr::get(generic.getMatchingIndexingMap(input)));
  }
  Value init = generic.getDpsInits()[0];
  auto fused = KernelOp::create(
      rewriter, FusedLoc::get(rewriter.getContext(), {kernel.getLoc(), generic.getLoc()}),
      TypeRange{generic.getResult(0).getType()}, kernel.getLhs(), kernel.getRhs(),
      kernel.getDecoderInputs(), inputs, init, kernel.getPacking(), kernel.getWindowAttr(),
      rewriter.getArrayAttr(maps), kernel.getDecoderAttr());
  rewriter.inlineRegionBefore(kernel.getEpilogue(), fused.getEpilogue(), fused.getEpilogue().end());
  appendBody(rewriter, fused.getEpilogue().front(), generic, kernelOperand);
  rewriter.replaceOp(generic, fused.getOutput());
  rewriter.eraseOp(kernel);
}

struct FuseConsumer : OpRewritePattern<linalg::GenericOp> {
  FuseConsumer(MLIRContext *context, llvm::function_ref<void()> onFused)
      : OpRewritePattern(context), onFused(onFused) {}

  LogicalResult matchAndRewrite(linalg::GenericOp generic,
                                PatternRewriter &rewriter) const override {
    OpOperand *operand = findKernelOperand(generic);
    if (!operand)
      return rewriter.notifyMatchFailure(generic, "no operand is a kernel's only use");
    if (failed(matchGeneric(generic, rewriter)))
      return failure(); // matchGeneric has said why.
    Operation *kernel = operand->get().getDefiningOp();
    if (auto contract = llvm::dyn_cast<ContractOp>(kernel))
      fuse(rewriter, contract, generic, operand);
    else
      fuse(rewriter, llvm::cast<DepthwiseOp>(kernel), generic, operand);
    onFused();
    return success();
  }

  llvm::function_ref<void()> onFused;
};

struct FuseEpilogues : mlir::halftone::impl::FuseEpiloguesBase<FuseEpilogues> {
  void runOnOperation() override {
    auto countFused = [&] { ++numFused; };
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseConsumer>(&getContext(), countFused);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
