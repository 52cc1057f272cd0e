// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What passes share that compute convolutions and pools on tensors of another form (a layout, a
// rank, another cut into dimensions) and then move the way back through the ops behind them.
#ifndef HALFTONE_CPU_WINDOWOPS_H
#define HALFTONE_CPU_WINDOWOPS_H

#include "halftone/Dialect/HalftoneDialect.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::halftone {

/// Calls `change(rewriter, op)` for the convolutions and pools of a function, with their own type;
/// how many it has changed.
template <typename Change> int64_t changeWindowOps(Operation *function, Change change) {
  SmallVector<Operation *> ops;
  function->walk([&](Operation *op) {
    if (llvm::isa<ConvOp, ConvIntegerOp, MaxPoolOp, AveragePoolOp>(op))
      ops.push_back(op);
  });
  IRRewriter rewriter(function->getContext());
  return llvm::count_if(ops, [&](Operation *op) -> bool {
    return llvm::TypeSwitch<Operation *, bool>(op)
        .Case<ConvOp, ConvIntegerOp, MaxPoolOp, AveragePoolOp>(
            [&](auto typed) { return change(rewriter, typed); });
  });
}

/// Applies patterns that move something behind one op at a time, as far as they lead.
LogicalResult sinkAll(Operation *function, RewritePatternSet &&patterns);

/// A copy of `op` with other operands, whose results of rank `rank` have the form that `reform`
/// gives their types.
Operation *cloneReformed(RewriterBase &rewriter, Operation *op, ValueRange operands, int64_t rank,
                         llvm::function_ref<RankedTensorType(RankedTensorType)> reform);

/// Replaces the results of `op` by those of `copy`, of which those of rank `rank` are `restore`d.
void replaceReformed(RewriterBase &rewriter, Operation *op, Operation *copy, int64_t rank,
                     llvm::function_ref<Value(Value)> restore);

} // namespace mlir::halftone

#endif // HALFTONE_CPU_WINDOWOPS_H
