// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Passes.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_DROPOBSERVERS
#include "halftone/CPU/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

struct DropObservers : halftone::impl::DropObserversBase<DropObservers> {
  void runOnOperation() override {
    getOperation().walk([&](ObserveOp op) {
      op.getOutput().replaceAllUsesWith(op.getInput());
      op.erase();
      ++numDropped;
    });
  }
};

} // namespace
