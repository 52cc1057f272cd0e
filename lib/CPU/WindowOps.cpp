// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "WindowOps.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace mlir::halftone;

static int64_t rankOf(Value value) {
  return llvm::cast<RankedTensorType>(value.getType()).getRank();
}

LogicalResult mlir::halftone::sinkAll(Operation *function, RewritePatternSet &&patterns) {
  GreedyRewriteConfig config;
  // A pattern may apply to every op once for each op above it that it starts from.
  config.setMaxIterations(GreedyRewriteConfig::kNoLimit);
  return applyPatternsGreedily(function, std::move(patterns), config);
}

Operation *
mlir::halftone::cloneReformed(RewriterBase &rewriter, Operation *op, ValueRange operands,
                              int64_t rank,
                              llvm::function_ref<RankedTensorType(RankedTensorType)> reform) {
  Operation *copy = rewriter.clone(*op);
  copy->setOperands(operands);
  for (Value result : copy->getResults())
    if (rankOf(result) == rank)
      result.setType(reform(llvm::cast<RankedTensorType>(result.getType())));
  return copy;
}

void mlir::halftone::replaceReformed(RewriterBase &rewriter, Operation *op, Operation *copy,
                                     int64_t rank, llvm::function_ref<Value(Value)> restore) {
  SmallVector<Value> results;
  for (Value result : copy->getResults())
    results.push_back(rankOf(result) == rank ? restore(result) : result);
  rewriter.replaceOp(op, results);
}
