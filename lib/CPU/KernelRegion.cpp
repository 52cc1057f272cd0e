// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelRegion.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

static bool isInside(Operation *op) {
  return op &&
         (isa<scf::ForallOp, scf::ExecuteRegionOp>(op) || op->getParentOfType<scf::ForallOp>() ||
          op->getParentOfType<scf::ExecuteRegionOp>());
}

void mlir::halftone::emitKernelRegion(OpBuilder &builder, Location loc,
                                      llvm::function_ref<void()> body) {
  if (isInside(builder.getInsertionBlock()->getParentOp()))
    return body();
  // Canonicalization would dissolve it.
  auto region = scf::ExecuteRegionOp::create(builder, loc, TypeRange());
  region.setNoInline(true);
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&region.getRegion());
  scf::YieldOp::create(builder, loc);
  builder.setInsertionPoint(region.getRegion().front().getTerminator());
  body();
}
