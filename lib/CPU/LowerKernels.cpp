// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AttentionEmitter.h"
#include "ContractEmitter.h"
#include "DecodeEmitter.h"
#include "halftone/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_LOWERKERNELS
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

LogicalResult checkOperands(Operation *op) {
  for (Value operand : op->getOperands()) {
    auto type = llvm::dyn_cast<MemRefType>(operand.getType());
    if (!type)
      return op->emitOpError() << "expects memrefs, found " << operand.getType();
    if (type.getRank() > 0 && !type.isLastDimUnitStride())
      return op->emitOpError() << "expects a contiguous last dimension, found " << type;
  }
  return success();
}

LogicalResult lowerKernel(OpBuilder &builder, Operation *op) {
  builder.setInsertionPoint(op);
  if (failed(checkOperands(op)))
    return failure();
  LogicalResult result =
      llvm::TypeSwitch<Operation *, LogicalResult>(op)
          .Case([&](AttentionOp attention) { return lowerAttention(builder, attention); })
          .Case([&](ContractOp contract) { return lowerContract(builder, contract); })
          .Case([&](DecodePanelsOp decode) { return lowerDecodePanels(builder, decode); })
          .Case([&](DecodeRowsOp decode) { return lowerDecodeRows(builder, decode); })
          .Case([&](DepthwiseOp depthwise) { return lowerDepthwise(builder, depthwise); });
  if (succeeded(result))
    op->erase();
  return result;
}

struct LowerKernels : mlir::halftone::impl::LowerKernelsBase<LowerKernels> {
  void runOnOperation() override {
    SmallVector<Operation *> kernels;
    getOperation().walk([&](Operation *op) {
      if (llvm::isa<AttentionOp, ContractOp, DecodePanelsOp, DecodeRowsOp, DepthwiseOp>(op))
        kernels.push_back(op);
    });
    OpBuilder builder(&getContext());
    for (Operation *op : kernels)
      if (failed(lowerKernel(builder, op)))
        return signalPassFailure();
  }
};

} // namespace
