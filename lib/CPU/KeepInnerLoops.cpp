// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_KEEPINNERLOOPS
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

// As many lanes as the widest registers have of f32; more iterations than LLVM unrolls.
constexpr int64_t minIterations = 16, maxIterations = 256;

/// Whether neighbouring iterations touch neighbouring elements.
bool isLastIndex(OpOperand &use) {
  ValueRange indices;
  if (auto load = llvm::dyn_cast<memref::LoadOp>(use.getOwner()))
    indices = load.getIndices();
  else if (auto store = llvm::dyn_cast<memref::StoreOp>(use.getOwner()))
    indices = store.getIndices();
  return !indices.empty() && llvm::count(indices, use.get()) == 1 && indices.back() == use.get();
}

bool isWorthVectors(scf::ForOp loop) {
  std::optional<APInt> iterations = loop.getStaticTripCount();
  if (!iterations || iterations->ult(minIterations) || iterations->ugt(maxIterations) ||
      !isConstantIntValue(loop.getStep(), 1) || loop.getNumResults() != 0 ||
      !loop->getParentOfType<scf::ForOp>())
    return false;
  bool hasRegions = false, stores = false;
  for (Operation &op : loop.getBody()->without_terminator()) {
    hasRegions |= op.getNumRegions() != 0;
    stores |= llvm::isa<memref::StoreOp>(op);
  }
  return !hasRegions && stores && llvm::all_of(loop.getInductionVar().getUses(), isLastIndex);
}

struct KeepInnerLoops : halftone::impl::KeepInnerLoopsBase<KeepInnerLoops> {
  void runOnOperation() override {
    auto yes = BoolAttr::get(&getContext(), true);
    auto unroll = LLVM::LoopUnrollAttr::get(&getContext(), /*disable=*/yes, {}, {}, {}, {}, {}, {});
    auto annotation = LLVM::LoopAnnotationAttr::get(&getContext(), {}, {}, {}, unroll, {}, {}, {},
                                                    {}, {}, {}, {}, {}, {}, {}, {});
    getOperation().walk([&](scf::ForOp loop) {
      if (!isWorthVectors(loop))
        return;
      // Under this name the conversion to control flow hands it on to the jump back.
      loop->setAttr("llvm.loop_annotation", annotation);
      ++numKept;
    });
  }
};

} // namespace
