// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelBuilder.h"
#include "halftone/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_SELECTKERNELS
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

LogicalResult selectKernel(KernelBuilder &builder) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(builder.op)
      .Case([&](MatMulOp op) { return selectMatmul(builder, op); })
      .Case([&](MatMulIntegerOp op) { return selectMatmulInteger(builder, op); })
      .Case([&](ConvOp op) { return selectConv(builder, op); })
      .Case([&](ConvIntegerOp op) { return selectConvInteger(builder, op); })
      .Default([&](Operation *) { return selectRows(builder); });
}

/// What was packed lies in memory no longer, if it is in a file.
void releaseWeights(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto constant = llvm::dyn_cast_if_present<ConstantOp>(op))
    return releasePages(constant.getValue());
  if (llvm::isa_and_present<DequantizeOp, LookupOp, BinaryDecodeOp, GatherOp, TransposeOp,
                            UnsqueezeOp>(op))
    llvm::for_each(op->getOperands(), releaseWeights);
}

/// What only decoded codes. Whether it is there still decides whether its operands are.
void eraseDecoders(RewriterBase &rewriter, Operation *op) {
  if (!op || !isOpTriviallyDead(op))
    return;
  SmallVector<Value> operands(op->getOperands());
  rewriter.eraseOp(op);
  for (Value operand : operands)
    eraseDecoders(rewriter, operand.getDefiningOp());
}

struct SelectKernels : mlir::halftone::impl::SelectKernelsBase<SelectKernels> {
  using SelectKernelsBase::SelectKernelsBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    llvm::Expected<CPUTarget> cpu = CPUTarget::get(target);
    if (!cpu) {
      function.emitError() << llvm::toString(cpu.takeError());
      return signalPassFailure();
    }
    FailureOr<ShapeFacts> facts = ShapeFacts::compute(function);
    if (failed(facts))
      return signalPassFailure();

    function.walk([&](AttentionOp op) {
      op.setKernel(chooseContractRow(*cpu, KernelElements::F32, {}).name);
    });
    SmallVector<Operation *> contractions;
    function.walk([&](Operation *op) {
      if (llvm::isa<MatMulOp, MatMulIntegerOp, ConvOp, ConvIntegerOp>(op) || decodesRows(op))
        contractions.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    SmallVector<std::pair<Operation *, Value>> replacements;
    for (Operation *op : contractions) {
      rewriter.setInsertionPoint(op);
      KernelBuilder builder(rewriter, op, *cpu, *facts);
      if (succeeded(selectKernel(builder)))
        replacements.push_back({op, builder.replacement});
      llvm::for_each(op->getOperands(), releaseWeights);
    }
    for (auto [op, value] : replacements) {
      bool areRows = decodesRows(op);
      SmallVector<Value> operands(op->getOperands());
      rewriter.replaceOp(op, value);
      if (areRows)
        for (Value operand : operands)
          eraseDecoders(rewriter, operand.getDefiningOp());
    }
    numSelected += replacements.size();
  }
};

} // namespace
