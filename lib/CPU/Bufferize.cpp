// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_BUFFERIZE
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

/// The memory of inputs belongs to the caller.
static void protectInputs(ModuleOp module) {
  BoolAttr no = BoolAttr::get(module.getContext(), false);
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      for (BlockArgument argument : function.getArguments())
        if (llvm::isa<TensorType>(argument.getType()))
          function.setArgAttr(argument.getArgNumber(),
                              bufferization::BufferizationDialect::kWritableAttrName, no);
}

static bufferization::OneShotBufferizationOptions makeOptions() {
  bufferization::OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  // A result that grows from iteration to iteration has another buffer in each.
  options.allowReturnAllocsFromLoops = true;
  // Contiguous unless it is a part of something: the ABI's layout, and what vectorizes.
  options.setFunctionBoundaryTypeConversion(bufferization::LayoutMapOption::IdentityLayoutMap);
  options.unknownTypeConverterFn = [](TensorType type, Attribute memorySpace,
                                      const bufferization::BufferizationOptions &) {
    return bufferization::getMemRefTypeWithStaticIdentityLayout(type, memorySpace);
  };
  return options;
}

/// States of loops are copied to where they came from. Upstream's op insists on being in place,
/// which fails where an initial state is read-only or still needed; a copy may get a new buffer.
static void relaxStateCopies(ModuleOp module) {
  IRRewriter rewriter(module.getContext());
  module.walk([&](bufferization::MaterializeInDestinationOp op) {
    if (!isa<TensorType>(op.getDest().getType()))
      return;
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<linalg::CopyOp>(op, op.getSource(), op.getDest());
  });
}

/// Whether a tensor is a part of another one, perhaps reshaped.
static bool isPart(Value tensor) {
  Operation *op = tensor.getDefiningOp();
  while (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return isa_and_nonnull<tensor::ExtractSliceOp>(op);
}

/// Gives the parts of other tensors among the operands of `terminator` a buffer of their own.
static void copyParts(Operation *terminator) {
  for (OpOperand &operand : terminator->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    if (!type || !isPart(operand.get()))
      continue;
    OpBuilder builder(terminator);
    operand.set(bufferization::AllocTensorOp::create(builder, terminator->getLoc(), type,
                                                     /*dynamicSizes=*/ValueRange(), operand.get()));
  }
}

/// Branches that yield buffers of different layouts would give one that nothing is known about. And
/// results are contiguous: upstream copies parts of a known layout, but takes one whose strides are
/// dynamic to be contiguous as well.
static void copyYieldedParts(ModuleOp module) {
  module.walk([](Operation *op) {
    if (isa<func::ReturnOp>(op) || (isa<scf::YieldOp>(op) && isa<scf::IfOp>(op->getParentOp())))
      copyParts(op);
  });
}

/// Results that start from one tensor without values would seem to share its memory, and the
/// analysis compares all values that might: gives every one a tensor of its own.
static void unshareEmpties(ModuleOp module) {
  module.walk([](tensor::EmptyOp empty) {
    if (empty->use_empty())
      return;
    for (OpOperand &use :
         llvm::make_early_inc_range(llvm::drop_begin(empty->getResult(0).getUses())))
      use.set(OpBuilder(use.getOwner()).clone(*empty)->getResult(0));
  });
}

/// Accumulators that start from one tensor of zeros would each be a copy of it: gives every one a
/// tensor to fill.
static void unshareFills(ModuleOp module) {
  module.walk([](linalg::FillOp fill) {
    auto empty = fill.output().getDefiningOp<tensor::EmptyOp>();
    if (!fill.hasPureTensorSemantics() || !empty)
      return;
    SmallVector<OpOperand *> inits;
    for (OpOperand &use : fill->getUses())
      if (auto user = llvm::dyn_cast<DestinationStyleOpInterface>(use.getOwner());
          user && user.isDpsInit(&use))
        inits.push_back(&use);
    // The fill itself serves one user, which may be the only one.
    if (inits.size() == fill->getResult(0).getNumUses() && !inits.empty())
      inits.pop_back();
    for (OpOperand *use : inits) {
      OpBuilder builder(use->getOwner());
      IRMapping mapping;
      builder.clone(*empty, mapping);
      use->set(builder.clone(*fill, mapping)->getResult(0));
    }
  });
}

namespace {

struct Bufferize : halftone::impl::BufferizeBase<Bufferize> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    protectInputs(module);
    relaxStateCopies(module);
    copyYieldedParts(module);
    unshareEmpties(module);
    unshareFills(module);
    IRRewriter rewriter(&getContext());
    if (failed(bufferization::eliminateEmptyTensors(rewriter, module)))
      return signalPassFailure();
    bufferization::BufferizationState state;
    if (failed(bufferization::runOneShotModuleBufferize(module, makeOptions(), state)))
      return signalPassFailure();
    bufferization::removeBufferizationAttributesInModule(module);
  }
};

} // namespace
