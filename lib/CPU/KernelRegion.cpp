// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelRegion.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
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

Value mlir::halftone::makeKernelScratch(OpBuilder &builder, Location loc, MemRefType type) {
  IntegerAttr alignment = builder.getI64IntegerAttr(64);
  Operation *parent = builder.getInsertionBlock()->getParentOp();
  if (isa<scf::ForallOp>(parent))
    return memref::AllocaOp::create(builder, loc, type, alignment);
  constexpr StringLiteral marker = "halftone.scratch";
  auto function = dyn_cast<func::FuncOp>(parent);
  Block &entry = (function ? function : parent->getParentOfType<func::FuncOp>()).front();
  for (auto existing : entry.getOps<memref::AllocaOp>())
    if (existing.getType() == type && existing->hasAttr(marker))
      return existing;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&entry);
  auto scratch = memref::AllocaOp::create(builder, loc, type, alignment);
  scratch->setAttr(marker, builder.getUnitAttr());
  return scratch;
}
